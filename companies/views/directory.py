"""The directory of companies: tree, filtered list, files."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.domain.directory import Branch, similar_companies, tree_of
from companies.enums import CompanyKind
from companies.exports import COLUMNS
from companies.filters import CompanyFilter
from companies.models import Company
from companies.panels import panels
from lrs_tracker.countries import country_name
from lrs_tracker.exports import export_response, requested_format

PAGE_SIZE = 50
SORTS = {
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "kind": ("kind", "name", "pk"),
    "-kind": ("-kind", "name", "pk"),
    "country": ("country", "name", "pk"),
    "-country": ("-country", "name", "pk"),
    "updated": ("updated_at", "pk"),
    "-updated": ("-updated_at", "-pk"),
}


@login_required
@require_safe
def list_companies(request: UserRequest) -> HttpResponseBase:
    """Show the companies as a tree or, filtered or sorted, as a flat list; `?export=csv` as a file."""
    visible = Company.objects.visible_to(request.user)
    companies = CompanyFilter({"archived": "false", **request.GET.dict()}, queryset=visible, request=request)
    sort = request.GET.get("sort", "name")
    sort = sort if sort in SORTS else "name"
    rows = companies.qs.select_related("parent").order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, COLUMNS, name="companies", file_format=file_format, today=request.today)

    is_tree = sort == "name" and not companies.is_narrowed
    # A company whose parent is archived stands at the top, or it would be nowhere.
    roots = rows.exclude(parent__isnull=False, parent__archived_at__isnull=True) if is_tree else rows
    page = Paginator(roots, PAGE_SIZE).get_page(request.GET.get("page"))
    branches = _branches(page, visible if is_tree else None)
    countries = visible.exclude(country="").order_by("country").values_list("country", flat=True).distinct()
    return render(
        request,
        "companies/list.html",
        {
            "page": page,
            "branches": branches,
            "counts": panels.counted([branch.company.pk for branch in branches], request.user),
            "panels": [panel for panel in panels if panel.counts],
            "filters": [panel for panel in panels if panel.having],
            "filter": companies,
            "is_tree": is_tree,
            "sort": sort,
            "kinds": [{"value": value, "label": label} for value, label in CompanyKind.choices],
            "countries": sorted(
                ({"value": code, "label": country_name(code)} for code in countries), key=lambda one: one["label"]
            ),
        },
    )


def _branches(page: Page, tree: QuerySet[Company] | None) -> list[Branch]:
    if tree is None:
        return [Branch(company, 0, False) for company in page]
    return tree_of(list(page), companies=tree.filter(archived_at__isnull=True))


@login_required
@require_safe
def suggest_similar(request: UserRequest) -> HttpResponseBase:
    """Show the companies whose names resemble `?name=`, while one is typed."""
    name = request.GET.get("name", "").replace("\0", "").strip()[:200]
    similar = similar_companies(name=name, user=request.user) if len(name) > 2 else []
    return render(request, "companies/similar.html", {"similar": similar})
