"""The look of reminders."""

from django import template

from reminders.enums import SubjectKind

register = template.Library()

_ICONS = {
    SubjectKind.DEAL_STUCK: "clock",
    SubjectKind.DEAL_WITHOUT_STEP: "flag",
    SubjectKind.TASK_DUE: "list-check",
    SubjectKind.GATE_DUE: "lock",
    SubjectKind.APPROVAL_FILING: "shield-check",
    SubjectKind.APPROVAL_DECISION: "gavel",
    SubjectKind.APPROVAL_EXPIRY: "shield-lock",
    SubjectKind.DOCUMENT_EXPIRY: "file",
    SubjectKind.MILESTONE_DUE: "building-factory-2",
    SubjectKind.MILESTONE_SLIPPED: "alert-triangle",
    SubjectKind.REPORT_DUE: "chart-bar",
    SubjectKind.STATEMENT_DUE: "file-text",
    SubjectKind.INVOICE_DUE: "coin",
    SubjectKind.MINIMUM_AT_RISK: "battery-2",
    SubjectKind.AGREEMENT_NOTICE: "bookmark",
    SubjectKind.AGREEMENT_EXPIRY: "calendar",
    SubjectKind.HOLD_RESUME: "player-play",
    SubjectKind.WEEKLY_DIGEST: "mail",
}


@register.filter
def kind_icon(kind: str) -> str:
    """Return the icon of a kind of subject."""
    return _ICONS[SubjectKind(kind)]
