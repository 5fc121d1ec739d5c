"""The key facts of a plant, edited in place."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.countries import country_name
from lrs_tracker.form_pages import show_form, submit
from lrs_tracker.formats import format_number
from plants.domain.plants import change_plant
from plants.forms.plants import FACT_FIELDS, PlantForm
from plants.models import Plant

_LABELS = {
    "status": _("Status"),
    "company": _("Operated by"),
    "place": _("Place"),
    "region": _("Region"),
    "position": _("Position"),
    "cells": _("Cells"),
    "nameplate": _("Nameplate"),
}


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One line of the key facts: `part` names it in addresses."""

    part: str
    label: str | Promise
    value: str
    url: str = ""
    hint: str | Promise = ""


def key_facts(plant: Plant) -> list[KeyFact]:
    """Return the key facts of a plant in the order shown."""
    return [key_fact(plant, part) for part in FACT_FIELDS]


def key_fact(plant: Plant, part: str) -> KeyFact:
    """Return one key fact."""
    url, hint = "", ""
    value: str | Promise
    match part:
        case "status":
            value = plant.get_status_display()
        case "company":
            value = plant.company.name if plant.company else ""
            url = plant.company.get_absolute_url() if plant.company else ""
        case "place":
            value = ", ".join(filter(None, [plant.locality, country_name(plant.country) if plant.country else ""]))
        case "region":
            value = plant.get_region_display()
        case "position":
            value = _position(plant)
        case "cells":
            value = " ".join(filter(None, [plant.get_chemistry_display(), plant.get_cell_format_display().lower()]))
        case _:
            value = "" if plant.nameplate_gwh is None else format_number(plant.nameplate_gwh)
            hint = gettext("GWh a year") if value else ""
    return KeyFact(part, _LABELS[part], str(value), url, hint)


def _position(plant: Plant) -> str:
    if plant.latitude is None or plant.longitude is None:
        return ""
    return f"{plant.latitude.normalize():f}, {plant.longitude.normalize():f}"


@login_required
@permission_required("plants.change_plant", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_fact(request: UserRequest, pk: int, part: str) -> HttpResponse:
    """Change one key fact in its place; without scripts, on a page of its own."""
    if part not in FACT_FIELDS:
        raise Http404
    plant = get_object_or_404(Plant.objects.visible_to(request.user).select_related("company"), pk=pk)
    fact = key_fact(plant, part)
    form = PlantForm(request.POST or None, instance=plant, user=request.user, only=FACT_FIELDS[part])
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_plant(
                plant=plant, values=form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if saved is not None:
            return _saved(request, saved, part)
    elif request.htmx and "cancel" in request.GET:
        return render(request, "plants/key_fact.html", {"plant": plant, "fact": fact})
    if not request.htmx:
        return show_form(request, form, title=f"{plant}: {fact.label}", back=plant.get_absolute_url())
    status = 422 if form.errors else 200
    return render(request, "plants/key_fact_form.html", {"plant": plant, "fact": fact, "form": form}, status=status)


def _saved(request: UserRequest, plant: Plant, part: str) -> HttpResponse:
    if not request.htmx:
        return redirect(plant)
    return render(request, "plants/key_fact.html", {"plant": plant, "fact": key_fact(plant, part), "is_new": True})
