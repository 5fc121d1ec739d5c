"""The reports due: each agreement's periods with the state of their reports."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.models import Company
from lrs_tracker.exports import Column, export_response, requested_format
from royalties.domain.report_calendar import OPEN_STATES, DuePeriod, PeriodState, due_periods, reporting_agreements
from royalties.models import Agreement

PAGE_SIZE = 50
MOST_CHOICES = 50
SPANS = {"6": _("6 months"), "12": _("12 months"), "24": _("2 years"), "60": _("5 years"), "all": _("All")}
KINDS = {
    PeriodState.LATE: "late",
    PeriodState.DUE: "waiting",
    PeriodState.SUBMITTED: "info",
    PeriodState.DISPUTED: "blocked",
    PeriodState.ESTIMATE: "waiting",
    PeriodState.NIL: "done",
    PeriodState.ACCEPTED: "done",
}
# What needs someone first; of what is open the oldest, of the rest the latest.
URGENCY = (
    PeriodState.LATE,
    PeriodState.DISPUTED,
    PeriodState.SUBMITTED,
    PeriodState.ESTIMATE,
    PeriodState.DUE,
    PeriodState.NOT_OVER,
    PeriodState.ACCEPTED,
    PeriodState.NIL,
    PeriodState.NOT_EXPECTED,
)
SORTS: dict[str, Callable[[DuePeriod], Any]] = {
    "due": lambda row: (row.due_on, row.agreement.code),
    "agreement": lambda row: (row.agreement.deal_id, row.agreement.number, row.period.ends_on),
    "licensee": lambda row: (row.agreement.licensee.name.casefold(), row.agreement.code, row.period.ends_on),
    "state": lambda row: (URGENCY.index(row.state), row.due_on.toordinal() * (1 if row.state in OPEN_STATES else -1)),
}
COLUMNS = [
    Column[DuePeriod](_("Agreement"), lambda row: row.agreement.code),
    Column[DuePeriod](_("Title"), lambda row: row.agreement.title),
    Column[DuePeriod](_("Licensee"), lambda row: row.agreement.licensee.name),
    Column[DuePeriod](_("From"), lambda row: row.period.starts_on),
    Column[DuePeriod](_("To"), lambda row: row.period.ends_on),
    Column[DuePeriod](_("Due"), lambda row: row.due_on),
    Column[DuePeriod](_("State"), lambda row: row.state.label),
    Column[DuePeriod](_("Days late"), lambda row: row.days_late or None),
    Column[DuePeriod](_("Submitted"), lambda row: row.filing.submitted_at if row.filing else None),
]


@login_required
@permission_required("royalties.view_reportfiling", raise_exception=True)
@require_safe
def list_reports(request: UserRequest) -> HttpResponseBase:
    """Show which reports are due, late, waiting or in; `?export=csv` as a file."""
    visible = reporting_agreements(Agreement.objects.visible_to(request.user))
    agreements = _narrow(visible, request).select_related("licensee", "deal").order_by("deal_id", "number", "pk")
    span = request.GET.get("span", "12")
    since = dt.date.min if span == "all" else request.today - dt.timedelta(days=31 * int(span if span in SPANS else 12))
    rows = due_periods(agreements, since=since, today=request.today)
    state = request.GET.get("state", "")
    shown = [
        row for row in rows if state == row.state or (state == "open" and row.state in OPEN_STATES) or not _is(state)
    ]
    sort = request.GET.get("sort", "state")
    sort = sort if sort.removeprefix("-") in SORTS else "state"
    shown.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(shown, COLUMNS, name="reports", file_format=file_format, today=request.today)
    counts = {each: sum(row.state == each for row in rows) for each in PeriodState}
    is_of_one = "agreement" in request.GET
    licensees = Company.objects.visible_to(request.user).filter(pk__in=visible.values("licensee"))
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "royalties/reports/list.html",
        {
            "page": page,
            "rows": [(row, KINDS.get(row.state, "")) for row in page],
            "sort": sort,
            "states": [
                {"value": "open", "label": _("To do")},
                *({"value": each.value, "label": each.label} for each in PeriodState),
            ],
            "spans": [{"value": value, "label": label} for value, label in SPANS.items()],
            "span": span if span in SPANS else "12",
            "late": counts[PeriodState.LATE],
            "waiting": counts[PeriodState.SUBMITTED],
            "is_narrowed": _is(state) or not {"q", "licensee", "agreement"}.isdisjoint(request.GET),
            "agreements": [{"value": one.pk, "label": one.code} for one in (agreements if is_of_one else ())],
            "licensees": [
                {"value": pk, "label": name}
                for pk, name in licensees.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]
            ],
        },
    )


def _is(state: str) -> bool:
    return state == "open" or state in PeriodState.values


def _narrow(agreements: Any, request: UserRequest) -> Any:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    if words:
        agreements = agreements.filter(Q(title__icontains=words) | Q(licensee__name__icontains=words))
    for name, column in (("licensee", "licensee_id"), ("agreement", "pk")):
        typed = request.GET.get(name, "")
        if typed.isascii() and typed.isdecimal() and len(typed) < 10:
            agreements = agreements.filter(**{column: int(typed)})
    return agreements
