"""A filing: its page, and each step from draft to accepted."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain import filings
from royalties.domain.periods import name_period
from royalties.domain.report_checks import run_checks
from royalties.domain.report_flags import Severity
from royalties.domain.report_lines import FIGURES, needed_figures, total_by_currency
from royalties.domain.report_periods import report_due_on
from royalties.domain.report_versions import compare_with_replaced
from royalties.domain.restatement import preview_filing
from royalties.domain.statement_periods import draft_taking
from royalties.enums import ReportStatus
from royalties.forms.filings import LABELS
from royalties.models import ReportFiling
from sync.domain.timeline import timeline_of

KINDS = {
    ReportStatus.SUBMITTED: "waiting",
    ReportStatus.ACCEPTED: "done",
    ReportStatus.DISPUTED: "late",
    ReportStatus.SUPERSEDED: "",
    ReportStatus.DRAFT: "",
}


def get_filing(request: UserRequest, pk: int, *, permission: str = "royalties.view_reportfiling") -> ReportFiling:
    """Return a filing that exists for the reader, with its agreement and parties.

    Raise Http404 when it does not, then PermissionDenied when the role does not allow what the page is for.
    """
    visible = ReportFiling.objects.visible_to(request.user).select_related(
        "agreement__licensee", "agreement__deal", "created_by", "decided_by", "link"
    )
    filing = get_object_or_404(visible, pk=pk)
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return filing


def trail_of(filing: ReportFiling | None = None) -> list[dict[str, Any]]:
    """Return the way to a page about reports."""
    trail = [
        {"label": _("Royalties"), "url": reverse("royalties:overview")},
        {"label": _("Reports"), "url": reverse("royalties:reports")},
    ]
    if filing is not None:
        trail.append({"label": title_of(filing), "url": filing.get_absolute_url()})
    return trail


def title_of(filing: ReportFiling) -> str:
    """Return the agreement and period of a filing."""
    return f"{filing.agreement.code}, {name_period(filing.period_start, filing.period_end)}"


@login_required
@require_safe
def show_filing(request: UserRequest, pk: int) -> HttpResponse:
    """Show a filing: its lines, what its checks found, what it changes, and what happened to it."""
    filing = get_filing(request, pk)
    return render(request, "royalties/reports/filing.html", _page(request, filing))


def _page(request: UserRequest, filing: ReportFiling) -> dict[str, Any]:
    reports = list(filing.reports.select_related("plant").order_by("month", "plant__name", "chemistry", "field", "pk"))
    bases = filing.agreement.terms.order_by("pk").values_list("basis", flat=True)
    figures = [name for name in FIGURES if name in needed_figures(bases) or any(getattr(row, name) for row in reports)]
    is_open = filing.status in {ReportStatus.DRAFT, ReportStatus.SUBMITTED, ReportStatus.DISPUTED}
    return {
        "filing": filing,
        "title": title_of(filing),
        "period": name_period(filing.period_start, filing.period_end),
        "trail": trail_of(),
        "kind": KINDS[ReportStatus(filing.status)],
        "reports": reports,
        "figures": [{"name": name, "label": LABELS[name]} for name in figures],
        "totals": {name: total_by_currency(reports, name) for name in figures},
        "is_nil": bool(reports) and all(row.is_nil for row in reports),
        "is_estimate": any(row.is_estimate for row in reports),
        "next_draft": draft_taking(filing),
        "due_on": report_due_on(filing.agreement, filing.period_end),
        "checks": _checks(filing) if is_open and reports else [],
        "changes": compare_with_replaced(filing),
        **(_preview(filing) if is_open and reports else {}),
        "plants": {row.plant_id: row.plant for row in reports},
        "entries": timeline_of("filing", filing.pk, viewer=request.user).entries,
    }


def _preview(filing: ReportFiling) -> dict[str, Any]:
    """Return what the next statement would say if the filing were accepted, or why that cannot be calculated yet."""
    try:
        preview = preview_filing(filing)
    except DomainError as error:
        return {"preview_refusal": str(error)}
    return {"preview": preview, "preview_period": name_period(preview.period.starts_on, preview.period.ends_on)}


def _checks(filing: ReportFiling) -> list[dict[str, Any]]:
    """Return what was looked at as a checklist: each remark on its own, each check without any as met."""
    accepted = {entry["key"]: entry for entry in filing.accepted_warnings}
    items: list[dict[str, Any]] = []
    for check in run_checks(filing):
        if not check.flags:
            items.append({"title": check.title, "note": check.note, "state": "met"})
        for flag in check.flags:
            passed = accepted.get(flag.key)
            is_open = flag.severity == Severity.WARNING and passed is None
            items.append(
                {
                    "title": flag.title,
                    "note": flag.text,
                    "state": "open" if is_open else "waived" if passed else "noted",
                    "key": flag.key,
                    "passed": passed,
                    "is_open": is_open,
                }
            )
    return items


@login_required
@require_POST
def submit_one(request: UserRequest, pk: int) -> HttpResponse:
    """Hand in a draft."""
    filing = get_filing(request, pk, permission="royalties.change_reportfiling")
    return _take(
        request,
        filing,
        lambda: filings.submit_filing(filing=filing, by=request.user, at=timezone.now()),
        _("The report is submitted. Look at what its checks found, then accept it."),
    )


@login_required
@require_POST
def accept_one(request: UserRequest, pk: int) -> HttpResponse:
    """Accept a filing in the version that the reader saw."""
    filing = get_filing(request, pk, permission="royalties.accept_report")
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None
    return _take(
        request,
        filing,
        lambda: filings.accept_filing(filing=filing, by=request.user, at=timezone.now(), expected_version=version),
        _("The report is accepted: its lines count from now on."),
    )


@login_required
@require_POST
def accept_warning(request: UserRequest, pk: int) -> HttpResponse:
    """Let one warning of a filing pass."""
    filing = get_filing(request, pk, permission="royalties.accept_report")
    keys = [request.POST.get("key", "")]
    return _take(
        request,
        filing,
        lambda: filings.accept_warnings(filing=filing, keys=keys, by=request.user, at=timezone.now()),
        "",
    )


@login_required
@require_POST
def withdraw_one(request: UserRequest, pk: int) -> HttpResponse:
    """Take a filing back: a draft is deleted."""
    filing = get_filing(request, pk, permission="royalties.change_reportfiling")
    was_draft = filing.status == ReportStatus.DRAFT
    return _take(
        request,
        filing,
        lambda: filings.withdraw_filing(filing=filing, by=request.user, at=timezone.now()),
        _("The draft is deleted.") if was_draft else _("The report is withdrawn."),
        to=reverse("royalties:reports") if was_draft else filing.get_absolute_url(),
    )


class SendBackForm(forms.Form):
    """Why a report goes back."""

    reason = forms.CharField(max_length=4000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("What is to be corrected")
        self.fields["reason"].help_text = _("Whoever sent the report reads this beside the figures.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: UserRequest, pk: int) -> HttpResponse:
    """Send a filing back with the reason."""
    filing = get_filing(request, pk, permission="royalties.accept_report")
    form = SendBackForm(request.POST or None)
    if request.method == "POST":
        sent = submit(
            form,
            lambda: filings.dispute_filing(
                filing=filing, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            ),
        )
        if sent is not None:
            return leave_form(request, filing.get_absolute_url(), _("The report is sent back."))
    return show_form(
        request,
        form,
        title=_("Send the report back"),
        back=filing.get_absolute_url(),
        submit_label=_("Send back"),
    )


def _take(
    request: UserRequest, filing: ReportFiling, step: Callable[[], object], done: str, *, to: str = ""
) -> HttpResponse:
    """Take a step and go back to the filing's page, saying what was done or why not."""
    try:
        step()
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        messages.error(request, " ".join([str(error), *map(str, error.details)]))
        return redirect(filing)
    if done:
        messages.success(request, done)
    return redirect(to or filing.get_absolute_url())
