"""Deals in the admin."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminDateWidget
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deals.domain.gates import gates_before
from deals.domain.moves import move_deal, move_needs
from deals.enums import Scope
from deals.models import Deal, Stage
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_admin import VisibleAdmin

_CODE = re.compile(r"LRS-(\d{1,18})", re.IGNORECASE)


class MoveForm(forms.Form):
    """Where chosen deals go, and what such a move asks for."""

    target = forms.ModelChoiceField(label=_("Move to"), queryset=Stage.objects.none())
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, required=False, help_text=_("For moves back, on hold, lost or ended.")
    )
    resume_on = forms.DateField(label=_("Resume on"), required=False, widget=AdminDateWidget)
    waiver_reason = forms.CharField(
        label=_("Waive what is missing, because"),
        max_length=1000,
        required=False,
        help_text=_("Empty: unmet gates stop the move."),
    )

    def __init__(self, *args: Any, pipeline_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = Stage.objects.filter(pipeline_id=pipeline_id, archived_at__isnull=True).order_by("position")
        self.fields["target"].queryset = targets  # type: ignore[attr-defined]  # a choice of models


@admin.register(Deal)
class DealAdmin(VisibleAdmin):
    """Deals. They change stage by the action “Move to another stage”, and end instead of being deleted."""

    list_display = ("code", "company", "title", "stage", "owner", "region", "capacity_gwh", "is_confidential")
    list_filter = ("stage__pipeline", "stage__type", "region", "chemistry", "is_confidential")
    list_select_related = ("company", "stage", "owner")
    search_fields = ("title", "company__name", "owner__name")
    ordering = ("-updated_at", "-pk")
    date_hierarchy = "created_at"
    autocomplete_fields = ("company", "owner")
    readonly_fields = ("stage", "entered_stage_at", "closed_on", "outcome_reason", "resume_on", "version")
    actions = ("move",)
    fields = (
        "company",
        "title",
        ("stage", "entered_stage_at"),
        "owner",
        "is_confidential",
        "scope",
        ("chemistry", "region", "capacity_gwh"),
        ("annual_royalty", "currency", "probability_percent"),
        "plant_concept",
        ("opened_on", "expected_effective_on", "expected_sop_on"),
        ("signed_on", "effective_on", "royalty_start_on"),
        ("closed_on", "resume_on", "outcome_reason"),
        "version",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a deal begins on the page for new deals, with its first transition."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a deal ends by a move, and its history stays."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Find a deal by its code too."""
        code = _CODE.fullmatch(search_term.strip())
        if code:
            return queryset.filter(pk=min(int(code[1]), models.BigAutoField.MAX_BIGINT)), False
        return super().get_search_results(request, queryset, search_term)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the parts of the scope as boxes."""
        if db_field.name == "scope":
            return forms.MultipleChoiceField(
                label=db_field.verbose_name, choices=Scope, required=False, widget=forms.CheckboxSelectMultiple
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Deal, form: Any, change: bool) -> None:
        """Write the facts that changed, and never the stage."""
        changed = [name for name in form.changed_data if name in form.fields]
        if changed:
            obj.save(update_fields=changed)

    @admin.action(description=_("Move to another stage"), permissions=["move"])
    def move(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Ask where to and why, then move each deal by the rules of moves; all or none."""
        deals = list(queryset.select_related("stage", "company"))
        pipelines = {deal.stage.pipeline_id for deal in deals}
        if len(pipelines) != 1:
            self.message_user(request, gettext("Choose deals of one pipeline."), messages.ERROR)
            return None
        is_answer = "target" in request.POST
        form = MoveForm(request.POST if is_answer else None, pipeline_id=pipelines.pop())
        if is_answer and form.is_valid():
            try:
                _move_all(deals, request, **form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
                for state in getattr(error, "missing", []):
                    form.add_error(None, str(state.gate.label))
            else:
                moved = ", ".join(deal.code for deal in deals)
                self.message_user(
                    request,
                    gettext("%(codes)s moved to %(stage)s.") % {"codes": moved, "stage": form.cleaned_data["target"]},
                    messages.SUCCESS,
                )
                return None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Move to another stage"),
            "opts": self.opts,
            "deals": deals,
            "form": form,
            "media": self.media + form.media,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/deals/deal/move.html", context)

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may move deals."""
        return request.user.has_perm("deals.move_deal")


def _move_all(
    deals: list[Deal], request: HttpRequest, *, target: Stage, reason: str, resume_on: Any, waiver_reason: str
) -> None:
    with transaction.atomic():
        for deal in deals:
            source = move_needs(deal=deal, target=target).gates_from
            gates = gates_before(source=source, target=target) if source and waiver_reason else []
            move_deal(
                deal=deal,
                target=target,
                by=request.user,
                at=timezone.now(),
                today=timezone.localdate(),
                reason=reason,
                resume_on=resume_on,
                waive={str(gate.pk) for gate in gates},
                waiver_reason=waiver_reason,
            )
