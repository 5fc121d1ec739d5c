"""Deals in the admin."""

import datetime as dt
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
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import UserRequest
from deals.domain.deals import change_deal, create_deal
from deals.domain.gates import gates_before
from deals.domain.moves import move_deal, move_needs
from deals.domain.team import set_confidential
from deals.enums import Scope
from deals.models import Deal, Gate, Stage
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_admin import RefusableForm, VisibleAdmin

_CODE = re.compile(r"LRS-(\d{1,18})", re.IGNORECASE)


_NEW = (
    "company",
    "title",
    "stage",
    "owner",
    "is_confidential",
    "scope",
    ("chemistry", "region", "capacity_gwh"),
    ("annual_royalty", "currency"),
    ("next_step", "next_step_on"),
    "reason",
    "waiver_reason",
)


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


class NewDealForm(RefusableForm):
    """The facts that a deal starts with, and what a start further along the path asks for."""

    stage = forms.ModelChoiceField(
        label=_("Stage"),
        queryset=Stage.objects.filter(archived_at__isnull=True, pipeline__archived_at__isnull=True)
        .select_related("pipeline")
        .order_by("pipeline__position", "pipeline_id", "position", "pk"),
    )
    next_step = forms.CharField(label=_("Next step"), max_length=200, required=False)
    next_step_on = forms.DateField(
        label=_("Next step on"), required=False, widget=AdminDateWidget, help_text=_("Empty: today.")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, required=False, help_text=_("If it starts on hold, lost or ended.")
    )
    waiver_reason = forms.CharField(
        label=_("Waive what is missing, because"),
        max_length=1000,
        required=False,
        help_text=_("If it starts further along. Empty: unmet gates refuse it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages: Any = self.fields["stage"]
        stages.label_from_instance = lambda stage: f"{stage.pipeline}: {stage}"


@transaction.atomic
def _create_deal(*, stage: Stage, waiver_reason: str, by: User, at: dt.datetime, today: dt.date, **others: Any) -> Deal:
    waive: set[str] = set()
    if waiver_reason:
        gates = Gate.objects.filter(stage__pipeline=stage.pipeline_id)
        waive = {str(pk) for pk in gates.values_list("pk", flat=True)}
    return create_deal(stage=stage, waive=waive, waiver_reason=waiver_reason, by=by, at=at, today=today, **others)


@transaction.atomic
def _change_deal(
    *, deal: Deal, changes: dict[str, Any], is_confidential: bool, by: User, expected_version: int | None
) -> Deal:
    stored = change_deal(deal=deal, changes=changes, by=by, expected_version=expected_version)
    if stored.is_confidential != is_confidential:
        return set_confidential(deal=stored, is_confidential=is_confidential, by=by)
    return stored


@admin.register(Deal)
class DealAdmin(VisibleAdmin):
    """Deals. They change stage by the action “Move to another stage”, and end instead of being deleted."""

    domain = DomainFunctions(create=_create_deal, change=_change_deal)
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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask of a new deal where it starts and what comes next."""
        if obj is None:
            kwargs["form"] = NewDealForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Deal | None = None) -> tuple[Any, ...]:
        """Show the facts that a deal starts with, later all."""
        return _NEW if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Deal | None = None) -> tuple[str, ...]:
        """Keep what only moves change."""
        return () if obj is None else self.readonly_fields

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
                label=capfirst(db_field.verbose_name),
                choices=Scope,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.action(description=_("Move to another stage"), permissions=["move"])
    def move(self, request: UserRequest, queryset: models.QuerySet) -> HttpResponse | None:
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
                for detail in error.details:
                    form.add_error(None, str(detail))
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
    deals: list[Deal], request: UserRequest, *, target: Stage, reason: str, resume_on: Any, waiver_reason: str
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
