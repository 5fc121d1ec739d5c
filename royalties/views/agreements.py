"""The list of agreements."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.models import Company
from lrs_tracker.exports import export_response, requested_format
from royalties.enums import AgreementStatus
from royalties.exports.agreements import COLUMNS
from royalties.filters.agreements import AgreementFilter
from royalties.models import Agreement

PAGE_SIZE = 50
MOST_CHOICES = 50
_LAST_DAY = Coalesce("ended_on", "expires_on")
SORTS: dict[str, tuple[Any, ...]] = {
    "code": ("deal_id", "number", "pk"),
    "-code": ("-deal_id", "-number", "pk"),
    "licensee": ("licensee__name", "deal_id", "number", "pk"),
    "-licensee": ("-licensee__name", "deal_id", "number", "pk"),
    "status": ("status", "deal_id", "number", "pk"),
    "-status": ("-status", "deal_id", "number", "pk"),
    "effective": (F("effective_on").asc(nulls_last=True), "deal_id", "number", "pk"),
    "-effective": (F("effective_on").desc(nulls_last=True), "deal_id", "number", "pk"),
    "last_day": (_LAST_DAY.asc(nulls_last=True), "deal_id", "number", "pk"),
    "-last_day": (_LAST_DAY.desc(nulls_last=True), "deal_id", "number", "pk"),
    "notice": (F("notice_on").asc(nulls_last=True), "deal_id", "number", "pk"),
    "-notice": (F("notice_on").desc(nulls_last=True), "deal_id", "number", "pk"),
}


@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
@require_safe
def list_agreements(request: UserRequest) -> HttpResponseBase:
    """Show the agreements; `?export=csv` as a file."""
    visible = Agreement.objects.visible_to(request.user)
    agreements = AgreementFilter(request.GET, queryset=visible, request=request)
    sort = request.GET.get("sort", "-code")
    sort = sort if sort in SORTS else "-code"
    rows = agreements.qs.select_related("licensee", "licensor", "deal").prefetch_related("plants")
    rows = rows.order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, COLUMNS, name="agreements", file_format=file_format, today=request.today)
    return render(
        request,
        "royalties/agreements.html",
        {
            "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
            "filter": agreements,
            "sort": sort,
            "statuses": [{"value": value, "label": label} for value, label in AgreementStatus.choices],
            **_choices(request),
        },
    )


def _choices(request: UserRequest) -> dict[str, Any]:
    visible = Agreement.objects.visible_to(request.user).order_by()
    licensees = Company.objects.visible_to(request.user).filter(pk__in=visible.values("licensee"))
    currencies = visible.values_list("currency", flat=True).distinct().order_by("currency")[:MOST_CHOICES]
    return {
        "licensees": [
            {"value": pk, "label": name}
            for pk, name in licensees.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]
        ],
        "currencies": [{"value": code, "label": code} for code in currencies],
    }
