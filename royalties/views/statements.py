"""The list of statements."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Sum
from django.db.models.functions import ExtractYear
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.models import Company
from lrs_tracker.exports import export_response, requested_format
from royalties.enums import StatementStatus
from royalties.exports.statements import COLUMNS
from royalties.filters.statements import StatementFilter
from royalties.models import Agreement, Statement

PAGE_SIZE = 50
MOST_CHOICES = 50
SORTS: dict[str, tuple[Any, ...]] = {
    "period": ("period_end", "agreement_id", "pk"),
    "-period": ("-period_end", "agreement_id", "-pk"),
    "agreement": ("agreement__deal_id", "agreement__number", "period_end", "pk"),
    "-agreement": ("-agreement__deal_id", "-agreement__number", "-period_end", "-pk"),
    "licensee": ("agreement__licensee__name", "-period_end", "pk"),
    "-licensee": ("-agreement__licensee__name", "-period_end", "pk"),
    "status": ("status", "-period_end", "pk"),
    "-status": ("-status", "-period_end", "pk"),
    "due": (F("due_on").asc(nulls_last=True), "pk"),
    "-due": (F("due_on").desc(nulls_last=True), "pk"),
    "payable": ("currency", "payable", "pk"),
    "-payable": ("currency", "-payable", "pk"),
}


@login_required
@permission_required("royalties.view_statement", raise_exception=True)
@require_safe
def list_statements(request: UserRequest) -> HttpResponseBase:
    """Show the statements, with totals per currency; `?export=csv` as a file."""
    visible = Statement.objects.visible_to(request.user)
    statements = StatementFilter(request.GET, queryset=visible, request=request)
    sort = request.GET.get("sort", "-period")
    sort = sort if sort in SORTS else "-period"
    rows = statements.qs.select_related("agreement__licensee").defer("terms_used", "previous_lines")
    rows = rows.order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, COLUMNS, name="statements", file_format=file_format, today=request.today)
    return render(
        request,
        "royalties/statements.html",
        {
            "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
            "filter": statements,
            "sort": sort,
            "totals": statements.qs.order_by("currency")
            .values("currency")
            .annotate(count=Count("pk"), earned=Sum("earned"), payable=Sum("payable")),
            "statuses": [{"value": value, "label": label} for value, label in StatementStatus.choices],
            **_choices(request),
        },
    )


def _choices(request: UserRequest) -> dict[str, Any]:
    visible = Statement.objects.visible_to(request.user).order_by()
    agreements = Agreement.objects.visible_to(request.user).filter(pk__in=visible.values("agreement"))
    licensees = Company.objects.visible_to(request.user).filter(pk__in=agreements.values("licensee"))
    currencies = visible.values_list("currency", flat=True).distinct().order_by("currency")
    years = visible.annotate(year=ExtractYear("period_end")).values_list("year", flat=True).distinct()
    return {
        "licensees": [
            {"value": pk, "label": name}
            for pk, name in licensees.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]
        ],
        "agreements": [
            {"value": agreement.pk, "label": str(agreement)}
            for agreement in agreements.order_by("deal_id", "number")[:MOST_CHOICES]
        ],
        "currencies": [{"value": code, "label": code} for code in currencies[:MOST_CHOICES]],
        "years": [{"value": year, "label": year} for year in years.order_by("-year")[:MOST_CHOICES]],
    }
