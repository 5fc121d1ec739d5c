"""The plants as table, timeline and map, and as files."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import F, Prefetch, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.enums import Region
from companies.models import Company
from lrs_tracker.exports import export_response, requested_format
from plants.domain.directory import dots_of, with_start_of_production
from plants.domain.timeline import axis_of, marks_of
from plants.domain.world import HEIGHT, WIDTH
from plants.enums import Chemistry, MilestoneKind, PlantStatus
from plants.exports import COLUMNS
from plants.filters import PlantFilter
from plants.models import Plant, PlantMilestone
from plants.panels import panels

PAGE_SIZE = 50
MAP_SIZE = 300
SORTS = {
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "company": (F("company__name").asc(nulls_last=True), "name", "pk"),
    "-company": (F("company__name").desc(nulls_last=True), "name", "pk"),
    "status": ("status", "name", "pk"),
    "-status": ("-status", "name", "pk"),
    "nameplate": (F("nameplate_gwh").asc(nulls_last=True), "name", "pk"),
    "-nameplate": (F("nameplate_gwh").desc(nulls_last=True), "name", "pk"),
    "sop": (F("sop_on").asc(nulls_last=True), "name", "pk"),
    "-sop": (F("sop_on").desc(nulls_last=True), "name", "pk"),
}
MILESTONE_ORDER = {kind: place for place, kind in enumerate(MilestoneKind.values)}


@login_required
@require_safe
def list_plants(request: UserRequest) -> HttpResponseBase:
    """Show the plants as `?view=table`, `timeline` or `map`; `?export=csv` as a file."""
    visible = Plant.objects.visible_to(request.user)
    plants = PlantFilter({"archived": "false", **request.GET.dict()}, queryset=visible, request=request)
    sort = request.GET.get("sort", "name")
    sort = sort if sort in SORTS else "name"
    rows = with_start_of_production(plants.qs).select_related("company").order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, COLUMNS, name="plants", file_format=file_format, today=request.today)

    view = request.GET.get("view", "")
    show = _VIEWS.get(view, _show_table)
    return render(
        request,
        "plants/list.html",
        {
            "filter": plants,
            "sort": sort,
            "view": view if view in _VIEWS else "table",
            "filters": [panel for panel in panels if panel.having],
            "statuses": _choices(PlantStatus.choices),
            "regions": _choices(Region.choices),
            "chemistries": _choices(Chemistry.choices),
            "companies": [
                {"value": pk, "label": name}
                for pk, name in Company.objects.visible_to(request.user)
                .filter(pk__in=visible.values("company_id"))
                .order_by("name", "pk")
                .values_list("pk", "name")[:PAGE_SIZE]
            ],
            **show(request, rows),
        },
    )


def _choices(choices: Any) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in choices]


def _page(request: UserRequest, rows: QuerySet[Plant], size: int = PAGE_SIZE) -> Page:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def _show_table(request: UserRequest, rows: QuerySet[Plant]) -> dict[str, Any]:
    page = _page(request, rows)
    counts = panels.counted([plant.pk for plant in page], request.user)
    return {"page": page, "counts": counts, "panels": [panel for panel in panels if panel.counts]}


def _show_timeline(request: UserRequest, rows: QuerySet[Plant]) -> dict[str, Any]:
    milestones = Prefetch("milestones", PlantMilestone.objects.visible_to(request.user), to_attr="steps")
    page = _page(request, rows.prefetch_related(milestones))
    for plant in page:
        plant.steps.sort(key=lambda step: MILESTONE_ORDER[step.kind])
    axis = axis_of((step for plant in page for step in plant.steps), today=request.today)
    return {
        "page": page,
        "axis": axis,
        "lanes": [(plant, marks_of(plant.steps, axis, today=request.today)) for plant in page],
    }


def _show_map(request: UserRequest, rows: QuerySet[Plant]) -> dict[str, Any]:
    page = _page(request, rows, MAP_SIZE)
    dots = dots_of(page)
    placed = {dot.plant.pk for dot in dots}
    return {
        "page": page,
        "dots": dots,
        "elsewhere": [plant for plant in page if plant.pk not in placed],
        "width": WIDTH,
        "height": HEIGHT,
    }


_VIEWS = {"table": _show_table, "timeline": _show_timeline, "map": _show_map}
