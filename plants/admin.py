"""Plants and what belongs to them in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import RecordAdmin, RefusableForm, VisibleAdmin
from plants.domain.facts import delete_plant_fact
from plants.domain.milestones import add_dated_milestone, set_dates
from plants.domain.phases import add_phase, change_phase, remove_phase
from plants.domain.plants import change_plant, create_plant
from plants.domain.ramps import add_ramp
from plants.models import MilestoneForecast, Plant, PlantFact, PlantMilestone, PlantPhase, RampScenario


@admin.register(Plant)
class PlantAdmin(VisibleAdmin):
    """Sites."""

    domain = DomainFunctions(create=create_plant, change=change_plant)
    list_display = ("name", "company", "status", "country", "chemistry", "nameplate_gwh", "archived_at")
    list_filter = ("status", "region", "chemistry", "is_fictional")
    list_select_related = ("company",)
    search_fields = ("name", "locality", "company__name")
    ordering = ("name", "pk")
    date_hierarchy = "created_at"
    autocomplete_fields = ("company",)
    readonly_fields = ("archived_at", "created_at", "updated_at")


@admin.register(PlantPhase)
class PlantPhaseAdmin(VisibleAdmin):
    """Building phases."""

    domain = DomainFunctions(create=add_phase, change=change_phase, delete=remove_phase)
    list_display = ("plant", "number", "label", "nameplate_gwh")
    list_display_links = ("number",)
    list_select_related = ("plant",)
    search_fields = ("label", "plant__name")
    ordering = ("plant__name", "number", "pk")
    autocomplete_fields = ("plant",)


@admin.register(PlantFact)
class PlantFactAdmin(VisibleAdmin):
    """Which facts are about which plant. A fact leaves with its last plant, unless it is about a company too."""

    domain = DomainFunctions(delete=delete_plant_fact)
    list_display = ("plant", "fact")
    list_select_related = ("plant", "fact")
    search_fields = ("plant__name", "fact__metric")
    ordering = ("plant__name", "pk")
    autocomplete_fields = ("plant", "fact")


class MilestoneForm(RefusableForm):
    """A milestone's dates, with the reason for a new forecast."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("Kept with the move of the forecast.")
    )

    class Meta:
        model = PlantMilestone
        fields = ("plant", "kind", "baseline_on", "forecast_on", "reason", "actual_on", "note")


@admin.register(PlantMilestone)
class PlantMilestoneAdmin(VisibleAdmin):
    """Milestones, whose every forecast is remembered."""

    domain = DomainFunctions(create=add_dated_milestone, change=set_dates)
    form = MilestoneForm
    list_display = ("plant", "kind", "baseline_on", "forecast_on", "actual_on")
    list_display_links = ("kind",)
    list_filter = ("kind",)
    list_select_related = ("plant",)
    search_fields = ("plant__name", "note")
    ordering = ("plant__name", "forecast_on", "pk")
    date_hierarchy = "forecast_on"
    autocomplete_fields = ("plant",)

    def get_readonly_fields(self, request: HttpRequest, obj: PlantMilestone | None = None) -> tuple[str, ...]:
        """Keep what the milestone is, and a baseline once it is set."""
        if obj is None:
            return ()
        return ("plant", "kind", "baseline_on") if obj.baseline_on else ("plant", "kind")


@admin.register(MilestoneForecast)
class MilestoneForecastAdmin(RecordAdmin):
    """How forecasts moved."""

    list_display = ("milestone", "plant", "previous_on", "forecast_on", "reason", "by", "at")
    list_select_related = ("milestone__plant", "by")
    search_fields = ("milestone__plant__name", "reason")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"

    @admin.display(description=_("plant"))
    def plant(self, forecast: MilestoneForecast) -> str:
        """Return the plant's name."""
        return forecast.milestone.plant.name


@admin.register(RampScenario)
class RampScenarioAdmin(VisibleAdmin):
    """From start of production to nameplate: each change is a new version."""

    domain = DomainFunctions(create=add_ramp)
    list_display = ("plant", "number", "label", "sop_on", "months_to_nameplate", "utilisation_percent")
    list_display_links = ("number",)
    list_select_related = ("plant",)
    search_fields = ("label", "plant__name")
    ordering = ("plant__name", "number", "pk")
    date_hierarchy = "sop_on"
    autocomplete_fields = ("plant",)
    readonly_fields = ("number",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False
