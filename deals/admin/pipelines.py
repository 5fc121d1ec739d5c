"""Pipelines, stages and gates in the admin, by the rules of their settings pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain import pipelines, stage_gates, stages
from deals.forms.settings import fact_choices
from deals.models import Gate, Pipeline, Stage
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import RefusableForm, VisibleAdmin


@admin.register(Pipeline)
class PipelineAdmin(VisibleAdmin):
    """Sequences of stages."""

    domain = DomainFunctions(
        create=pipelines.add_pipeline, change=pipelines.rename_pipeline, delete=pipelines.delete_pipeline
    )
    list_display = ("name", "slug", "position", "archived_at")
    search_fields = ("name",)
    ordering = ("position", "pk")
    date_hierarchy = "created_at"
    fields = ("name", "slug", "position", "archived_at")
    readonly_fields = ("slug", "position", "archived_at")


@admin.register(Stage)
class StageAdmin(VisibleAdmin):
    """Columns of the boards."""

    domain = DomainFunctions(create=stages.add_stage, change=stages.change_stage, delete=stages.delete_stage)
    list_display = ("name", "pipeline", "position", "type", "probability_percent", "rot_days", "archived_at")
    list_filter = ("pipeline", "type")
    list_select_related = ("pipeline",)
    search_fields = ("name", "pipeline__name")
    ordering = ("pipeline__position", "pipeline", "position", "pk")
    autocomplete_fields = ("pipeline",)
    fields = ("pipeline", "name", "type", "probability_percent", "rot_days", "position", "archived_at")
    readonly_fields = ("position", "archived_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Stage | None = None) -> tuple[str, ...]:
        """Keep a stage in its pipeline."""
        return self.readonly_fields if obj is None else ("pipeline", *self.readonly_fields)


class GateForm(RefusableForm):
    """A gate, with one choice for kind and requirement."""

    fact = forms.ChoiceField(label=_("Checks"), choices=fact_choices)

    class Meta:
        model = Gate
        fields = ("stage", "label", "help", "due_after_days")


def _add_gate(*, fact: str, by: User, **others: Any) -> Gate:
    kind, _separator, requirement = fact.partition(":")
    return stage_gates.add_gate(kind=kind, requirement=requirement, by=by, **others)


@admin.register(Gate)
class GateAdmin(VisibleAdmin):
    """What must be true to leave a stage."""

    form = GateForm
    domain = DomainFunctions(create=_add_gate, change=stage_gates.reword_gate, delete=stage_gates.delete_gate)
    list_display = ("label", "stage", "kind", "requirement", "due_after_days", "position", "archived_at")
    list_filter = ("kind", "stage__pipeline")
    list_select_related = ("stage",)
    search_fields = ("label", "stage__name")
    ordering = ("stage__pipeline", "stage__position", "position", "pk")
    autocomplete_fields = ("stage",)

    def get_fields(self, request: HttpRequest, obj: Gate | None = None) -> tuple[str, ...]:
        """Choose what is checked once."""
        if obj is None:
            return ("stage", "fact", "label", "help", "due_after_days")
        return ("stage", "kind", "requirement", "label", "help", "due_after_days", "position", "archived_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Gate | None = None) -> tuple[str, ...]:
        """Keep what is checked."""
        return () if obj is None else ("stage", "kind", "requirement", "position", "archived_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Leave out the choice of a fact when a gate is changed."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            form.base_fields.pop("fact", None)
        return form
