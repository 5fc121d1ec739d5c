"""The rules that are on from the start, one or more for each kind of subject."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from reminders.enums import Channel, DayCount, RecipientKind, SubjectKind
from reminders.models import ReminderRule

_OWNER = [RecipientKind.OWNER]
_OWNER_AND_TEAM = [RecipientKind.OWNER, RecipientKind.TEAM]
_FINANCE: dict[str, Any] = {"recipients": [RecipientKind.ROLE], "role": Role.FINANCE}
_MAIL = [Channel.EMAIL]
_BUSINESS: dict[str, Any] = {"day_count": DayCount.BUSINESS}

# Name, kind, days from the date, and what differs from the model's defaults.
DEFAULT_RULES: tuple[tuple[Any, SubjectKind, list[int], dict[str, Any]], ...] = (
    (_("Next steps"), SubjectKind.TASK_DUE, [0, 1, 3], {**_BUSINESS, "escalate_after_days": 5}),
    (_("Deals without a next step"), SubjectKind.DEAL_WITHOUT_STEP, [3, 10], _BUSINESS),
    (_("Stuck deals"), SubjectKind.DEAL_STUCK, [1, 15, 30], {"escalate_after_days": 10}),
    (_("Gate items"), SubjectKind.GATE_DUE, [-5, 0, 5], _BUSINESS),
    (
        _("Approvals to file"),
        SubjectKind.APPROVAL_FILING,
        [-10, -3, 0, 1],
        {**_BUSINESS, "recipients": _OWNER_AND_TEAM, "is_urgent": True, "escalate_after_days": 2},
    ),
    (_("Decisions of authorities"), SubjectKind.APPROVAL_DECISION, [-5, 0, 3], _BUSINESS),
    (_("Approvals that expire"), SubjectKind.APPROVAL_EXPIRY, [-90, -30, -7, 0], {"recipients": _OWNER_AND_TEAM}),
    (_("Documents that expire"), SubjectKind.DOCUMENT_EXPIRY, [-60, -30, -7, 0], {}),
    (_("Milestones ahead"), SubjectKind.MILESTONE_DUE, [-30, -7, 0, 7], {}),
    (
        _("Slipped milestones"),
        SubjectKind.MILESTONE_SLIPPED,
        [0],
        {"recipients": [RecipientKind.OWNER, RecipientKind.MANAGER]},
    ),
    (
        _("Production reports"),
        SubjectKind.REPORT_DUE,
        [-7, 0, 3, 10],
        {"recipients": [RecipientKind.OWNER, RecipientKind.ROLE], "role": Role.FINANCE},
    ),
    (_("Statements to issue"), SubjectKind.STATEMENT_DUE, [5, 15], {**_FINANCE, **_BUSINESS}),
    (_("Invoices due"), SubjectKind.INVOICE_DUE, [-5, 1, 14, 30], _FINANCE),
    (
        _("Minimums at risk"),
        SubjectKind.MINIMUM_AT_RISK,
        [-90, -30],
        {"recipients": [RecipientKind.OWNER, RecipientKind.ROLE], "role": Role.FINANCE},
    ),
    (
        _("Notice dates"),
        SubjectKind.AGREEMENT_NOTICE,
        [-180, -90, -30, -7, 0],
        {"recipients": [RecipientKind.OWNER, RecipientKind.MANAGER], "is_urgent": True},
    ),
    (_("Agreements that expire"), SubjectKind.AGREEMENT_EXPIRY, [-180, -90, -30], {}),
    (_("Deals on hold"), SubjectKind.HOLD_RESUME, [-5, 0, 5], {}),
    (_("Weekly digest of managers"), SubjectKind.WEEKLY_DIGEST, [0], {}),
)


@transaction.atomic
def create_default_rules(*, today: dt.date) -> list[ReminderRule]:
    """Create the default rules, on from a day, unless there ever was a rule."""
    if ReminderRule.objects.exists():
        return []
    return ReminderRule.objects.bulk_create(
        ReminderRule(
            name=str(name),
            kind=kind,
            offsets=offsets,
            enabled_on=today,
            **{"recipients": _OWNER, "channels": _MAIL, **values},
        )
        for name, kind, offsets, values in DEFAULT_RULES
    )
