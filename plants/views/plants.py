"""A plant's page, and creating, changing and archiving plants."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from companies.domain.facts import group_facts
from companies.models import SourcedFact
from lrs_tracker.form_pages import leave_form, show_form, submit
from plants.domain.plants import archive_plant, change_plant, create_plant, restore_plant
from plants.domain.ramp_chart import chart_of
from plants.domain.ramp_curve import full_output_gwh, ramp_months, ramp_years
from plants.domain.ramps import nameplate_of
from plants.domain.timeline import axis_of, marks_of
from plants.enums import MilestoneKind
from plants.forms.plants import PlantForm
from plants.models import MilestoneForecast, Plant, PlantPhase, RampScenario
from plants.panels import panels
from plants.views.directory import MILESTONE_ORDER
from plants.views.key_facts import key_facts
from sync.domain.timeline import timeline_of

CHANGES_SHOWN = 6
FORECAST_MOVES_SHOWN = 20


@login_required
@require_safe
def show_plant(request: UserRequest, pk: int) -> HttpResponse:
    """Show a plant: milestones, ramp, facts, phases and what other apps know of it."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user).select_related("company"), pk=pk)
    phases = list(plant.phases.visible_to(request.user).order_by("number"))
    moves = (
        MilestoneForecast.objects.visible_to(request.user)
        .filter(milestone__plant=plant)
        .select_related("milestone", "by")
        .order_by("-at", "-pk")
    )
    return render(
        request,
        "plants/detail.html",
        {
            "plant": plant,
            "trail": [{"label": _("Plants"), "url": reverse("plants:list")}],
            "key_facts": key_facts(plant),
            "phases": phases,
            "moves": list(moves[:FORECAST_MOVES_SHOWN]),
            "groups": group_facts(SourcedFact.objects.visible_to(request.user).filter(plants=plant)),
            "panels": panels.shown(plant, request.user),
            "entries": timeline_of("plant", plant.pk, viewer=request.user, size=CHANGES_SHOWN).entries,
            **_milestones(request, plant),
            **_ramp(request, plant, phases),
        },
    )


def _milestones(request: UserRequest, plant: Plant) -> dict[str, Any]:
    milestones = sorted(
        plant.milestones.visible_to(request.user), key=lambda milestone: MILESTONE_ORDER[milestone.kind]
    )
    axis = axis_of(milestones, today=request.today)
    marks = {mark.milestone.pk: mark for mark in marks_of(milestones, axis, today=request.today)}
    return {
        "axis": axis,
        "milestones": [(milestone, marks.get(milestone.pk)) for milestone in milestones],
        "sop": next((one for one in milestones if one.kind == MilestoneKind.START_OF_PRODUCTION), None),
        "lacks_milestones": len(milestones) < len(MilestoneKind),
    }


def _ramp(request: UserRequest, plant: Plant, phases: Sequence[PlantPhase]) -> dict[str, Any]:
    ramps = list(plant.ramps.visible_to(request.user).order_by("-number"))
    wanted = request.GET.get("ramp", "")
    ramp: RampScenario | None = next((one for one in ramps if str(one.number) == wanted), ramps[0] if ramps else None)
    nameplate_gwh = nameplate_of(plant, phases)
    if ramp is None or nameplate_gwh is None:
        return {"ramps": ramps, "ramp": ramp, "nameplate_gwh": nameplate_gwh}
    curve: dict[str, Any] = {
        "sop_on": ramp.sop_on,
        "months_to_nameplate": ramp.months_to_nameplate,
        "full_gwh": full_output_gwh(
            nameplate_gwh=nameplate_gwh,
            utilisation_percent=ramp.utilisation_percent,
            yield_percent=ramp.yield_percent,
        ),
    }
    months = ramp_months(**curve)
    return {
        "ramps": ramps,
        "ramp": ramp,
        "nameplate_gwh": nameplate_gwh,
        "months": months,
        "years": ramp_years(**curve),
        "chart": chart_of(months),
    }


@login_required
@permission_required("plants.add_plant", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add_new_plant(request: UserRequest) -> HttpResponse:
    """Create a plant."""
    form = PlantForm(request.POST or None, user=request.user, initial={"company": request.GET.get("company")})
    if request.method == "POST":
        plant = submit(form, lambda: create_plant(values=form.values, by=request.user))
        if plant is not None:
            return leave_form(
                request,
                plant.get_absolute_url(),
                _("%(plant)s is created. Add its milestones next.") % {"plant": plant},
            )
    return show_form(request, form, title=_("New plant"), back=reverse("plants:list"), submit_label=_("Create plant"))


@login_required
@permission_required("plants.change_plant", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_plant(request: UserRequest, pk: int) -> HttpResponse:
    """Change a plant's fields."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    title, back = _("Edit %(plant)s") % {"plant": plant}, plant.get_absolute_url()
    form = PlantForm(request.POST or None, instance=plant, user=request.user)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_plant(
                plant=plant, values=form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if saved is not None:
            return leave_form(request, back, _("%(plant)s is saved.") % {"plant": saved})
    return show_form(request, form, title=title, back=back)


@login_required
@permission_required("plants.change_plant", raise_exception=True)
@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    """Take a plant off the list."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    archive_plant(plant=plant, by=request.user, at=timezone.now())
    messages.success(request, _("%(plant)s is archived. It can be restored here.") % {"plant": plant})
    return redirect(plant)


@login_required
@permission_required("plants.change_plant", raise_exception=True)
@require_POST
def restore(request: UserRequest, pk: int) -> HttpResponse:
    """Put a plant back on the list."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    restore_plant(plant=plant, by=request.user)
    messages.success(request, _("%(plant)s is back on the list.") % {"plant": plant})
    return redirect(plant)
