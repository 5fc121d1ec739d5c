"""Plants and what belongs to them in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visible_admin import RecordAdmin, RefusableForm, VisibleAdmin
from plants.domain import milestones
from plants.models import MilestoneForecast, Plant, PlantFact, PlantMilestone, PlantPhase, RampScenario


@admin.register(Plant)
class PlantAdmin(VisibleAdmin):
    """Sites."""

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

    list_display = ("plant", "number", "label", "nameplate_gwh")
    list_display_links = ("number",)
    list_select_related = ("plant",)
    search_fields = ("label", "plant__name")
    ordering = ("plant__name", "number", "pk")
    autocomplete_fields = ("plant",)


@admin.register(PlantFact)
class PlantFactAdmin(VisibleAdmin):
    """Which facts are about which plant."""

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

    def save_model(self, request: HttpRequest, obj: PlantMilestone, form: Any, change: bool) -> None:
        """Write each date by its own function."""
        given = {name: form.cleaned_data.get(name) for name in ("baseline_on", "forecast_on", "actual_on")}
        if change:
            PlantMilestone.objects.filter(pk=obj.pk).update(note=obj.note)
        else:
            new = PlantMilestone.objects.create(plant=obj.plant, kind=obj.kind, note=obj.note)
            obj.pk = new.pk
        stored = PlantMilestone.objects.get(pk=obj.pk)
        if given["baseline_on"] not in (None, stored.baseline_on):
            milestones.set_baseline(milestone=stored, baseline_on=given["baseline_on"], by=request.user)
        if given["forecast_on"] != stored.forecast_on:
            milestones.move_forecast(
                milestone=stored,
                forecast_on=given["forecast_on"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        if given["actual_on"] != stored.actual_on:
            milestones.reach_milestone(
                milestone=stored, actual_on=given["actual_on"], by=request.user, today=timezone.localdate()
            )


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
    """From start of production to nameplate."""

    list_display = ("plant", "number", "label", "sop_on", "months_to_nameplate", "utilisation_percent")
    list_display_links = ("number",)
    list_select_related = ("plant",)
    search_fields = ("label", "plant__name")
    ordering = ("plant__name", "number", "pk")
    date_hierarchy = "sop_on"
    autocomplete_fields = ("plant",)
