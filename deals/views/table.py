"""The table of deals."""

import datetime as dt
from operator import attrgetter

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.enums import Region
from deals.domain.table import DealRow, every_row, known_sort, rows_between
from deals.domain.totals import stage_totals
from deals.enums import StageType
from deals.filters import DealFilter
from deals.models import Deal, SavedView
from deals.views.board_bar import rates_note
from deals.views.table_bar import filters_html, heads_html
from deals.views.table_rows import rows_html
from lrs_tracker.exports import Column, export_response, requested_format
from plants.enums import Chemistry

PER_PAGE = 50
UNDO_KEY = "bulk_edit_done"

COLUMNS: tuple[Column[DealRow], ...] = (
    Column(_("Code"), attrgetter("code")),
    Column(_("Company"), attrgetter("company")),
    Column(_("Title"), attrgetter("title")),
    Column(_("Pipeline"), attrgetter("pipeline")),
    Column(_("Stage"), attrgetter("stage")),
    Column(_("Stage type"), lambda row: StageType(row.stage_type).label),
    Column(_("Owner"), attrgetter("owner")),
    Column(_("Region"), lambda row: Region(row.region).label if row.region else None),
    Column(_("Chemistry"), lambda row: Chemistry(row.chemistry).label if row.chemistry else None),
    Column(_("Capacity, GWh a year"), attrgetter("capacity_gwh")),
    Column(_("Royalty a year"), attrgetter("royalty")),
    Column(_("Currency"), attrgetter("currency")),
    Column(_("Probability, %"), attrgetter("probability_percent")),
    Column(_("Next step"), attrgetter("step")),
    Column(_("Next step on"), attrgetter("step_on")),
    Column(_("Days in stage"), attrgetter("days_in_stage")),
    Column(_("Stuck"), lambda row: _("Yes") if row.is_stuck else None),
    Column(_("Confidential"), lambda row: _("Yes") if row.is_confidential else None),
    Column(_("Updated"), attrgetter("updated_at")),
)


@require_safe
@login_required
@permission_required("deals.view_deal", raise_exception=True)
def show_table(request: UserRequest) -> HttpResponseBase:
    """Show the deals that match the filters, 50 a page, or send all of them as a file."""
    user, at, today = request.user, timezone.now(), request.today
    visible = Deal.objects.visible_to(user)
    narrowed = DealFilter(request.GET, deals=visible, user=user, at=at)
    sort = known_sort(request.GET.get("sort", ""))
    if (file_format := requested_format(request)) is not None:
        rows = every_row(narrowed.qs, sort=sort, at=at, today=today)
        return export_response(rows, COLUMNS, name="deals", file_format=file_format, today=today)

    totals = stage_totals(narrowed.qs, currency=user.currency, today=today)
    total = totals.of(totals.by_stage, user.currency)
    page = _page(narrowed.qs, count=total.deals, number=request.GET.get("page", ""), sort=sort, at=at, today=today)
    context = {
        "page": page,
        "rows": rows_html(page.object_list, can_pick=user.has_perm("deals.change_deal")),
        "sort": sort,
        "total": total,
        "rates_note": rates_note(totals, total, today=today),
        "views": list(SavedView.objects.visible_to(user).select_related("owner").order_by("name", "pk")),
        "filters": filters_html(narrowed, visible),
        "heads": heads_html(request.GET.urlencode(), sort),
        "problems": narrowed.problems,
        "is_filtered": bool(narrowed.active),
        "done": request.session.pop(UNDO_KEY, None) if UNDO_KEY in request.session else None,
    }
    return render(request, "deals/table.html", context)


class _CountedPaginator(Paginator):
    """A paginator over rows whose number is known."""

    def __init__(self, count: int) -> None:
        super().__init__([], PER_PAGE)
        self.count = count


def _page(
    deals: "QuerySet[Deal]", *, count: int, number: str, sort: str, at: dt.datetime, today: dt.date
) -> Page[DealRow]:
    page = _CountedPaginator(count).get_page(number)
    start = (page.number - 1) * PER_PAGE
    rows = rows_between(deals, sort=sort, start=start, end=start + PER_PAGE, at=at, today=today) if count else []
    return Page(rows, page.number, page.paginator)
