"""The pages where administrators shape a stage and its gates."""

from copy import copy
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import UserRequest
from deals.domain import stage_gates, stages
from deals.forms.settings import EmptyStageForm, FactForm, GateForm, GateWordsForm, StageForm
from deals.models import Gate, Stage
from deals.views.settings_actions import Actions, take_action
from deals.views.settings_gate_words import asked_for
from deals.views.settings_order import save_order
from lrs_tracker.form_pages import submit


@login_required
@permission_required("deals.change_stage", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_stage(request: UserRequest, pk: int) -> HttpResponse:
    """Show a stage with its gates, and change it."""
    stage = _get(request, pk)
    form = StageForm(request.POST or None, instance=copy(stage))
    if request.method == "POST":
        changed = submit(
            form,
            lambda: stages.change_stage(
                stage=stage, **form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if changed is not None:
            messages.success(request, _("Saved."))
            return redirect("deals:settings_pipeline", stage.pipeline.slug)
    return _render_stage(request, stage, form=form)


@login_required
@permission_required("deals.change_stage", raise_exception=True)
@require_POST
def act(request: UserRequest, pk: int, action: str) -> HttpResponse:
    """Archive, restore or delete a stage; say what was done, or why not."""
    stage = _get(request, pk)
    actions: Actions = {
        "archive": (partial(stages.archive_stage, at=timezone.now()), _("“%(name)s” is archived.")),
        "restore": (stages.restore_stage, _("“%(name)s” is in use again.")),
        "delete": (stages.delete_stage, _("“%(name)s” is deleted.")),
    }
    do, said = actions[action]
    return take_action(
        request,
        partial(do, stage=stage, by=request.user),
        said,
        name=stage.name,
        to=reverse("deals:settings_pipeline", args=[stage.pipeline.slug]),
        back=reverse("deals:settings_stage", args=[pk]),
    )


@login_required
@permission_required("deals.change_stage", raise_exception=True)
@require_POST
def empty(request: UserRequest, pk: int) -> HttpResponse:
    """Move every deal of a stage to another one."""
    stage = _get(request, pk)
    form = EmptyStageForm(request.POST, stage=stage)
    count = submit(
        form,
        lambda: stages.empty_stage(
            stage=stage, **form.cleaned_data, by=request.user, at=timezone.now(), today=timezone.localdate()
        ),
    )
    if count is not None:
        target = form.cleaned_data["target"]
        moved = ngettext("%(count)d deal moved to %(name)s.", "%(count)d deals moved to %(name)s.", count)
        messages.success(request, moved % {"count": count, "name": target})
        return redirect("deals:settings_stage", pk)
    return _render_stage(request, stage, empty_form=form)


@login_required
@permission_required("deals.change_gate", raise_exception=True)
@require_POST
def add_gate(request: UserRequest, pk: int) -> HttpResponse:
    """Add a gate to a stage."""
    stage = _get(request, pk)
    form = GateForm(request.POST)
    if submit(form, lambda: _add_gate(stage, form.cleaned_data, by=request.user)) is not None:
        return redirect("deals:settings_stage", pk)
    return _render_stage(request, stage, gate_form=form)


@login_required
@permission_required("deals.change_gate", raise_exception=True)
@require_safe
def preview_gate(request: UserRequest, pk: int) -> HttpResponse:
    """Say how many deals a new gate would block."""
    stage = _get(request, pk)
    form = FactForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=204)
    kind, requirement = form.cleaned_data["fact"]
    count = stage_gates.count_blocked_deals(stage=stage, kind=kind, requirement=requirement, today=timezone.localdate())
    context = {"stage": stage, "count": count, "total": stage.deals.count()}
    return render(request, "deals/settings_stage.html#preview", context)


@login_required
@permission_required("deals.change_gate", raise_exception=True)
@require_POST
def reorder_gates(request: UserRequest, pk: int) -> HttpResponse:
    """Put the gates of a stage into another order."""
    stage = _get(request, pk)
    return save_order(
        request,
        lambda order: stage_gates.reorder_gates(stage=stage, order=order, by=request.user),
        partial="deals/settings_stage.html#gates",
        context=lambda: _gates_context(stage),
        back=reverse("deals:settings_stage", args=[pk]),
    )


@login_required
@permission_required("deals.change_gate", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_gate(request: UserRequest, pk: int) -> HttpResponse:
    """Show a gate, and change its words and when it is due."""
    gate = _get_gate(request, pk)
    form = GateWordsForm(request.POST or None, instance=copy(gate))
    if request.method == "POST":
        reworded = submit(
            form,
            lambda: stage_gates.reword_gate(
                gate=gate, **form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if reworded is not None:
            messages.success(request, _("Saved."))
            return redirect("deals:settings_stage", gate.stage_id)
    context = {"gate": gate, "stage": gate.stage, "asked_for": asked_for(gate), "form": form}
    return render(request, "deals/settings_gate.html", context, status=422 if form.errors else 200)


@login_required
@permission_required("deals.change_gate", raise_exception=True)
@require_POST
def act_on_gate(request: UserRequest, pk: int, action: str) -> HttpResponse:
    """Archive, restore or delete a gate; say what was done, or why not."""
    gate = _get_gate(request, pk)
    actions: Actions = {
        "archive": (partial(stage_gates.archive_gate, at=timezone.now()), _("“%(name)s” is not asked for any more.")),
        "restore": (stage_gates.restore_gate, _("“%(name)s” is asked for again.")),
        "delete": (stage_gates.delete_gate, _("“%(name)s” is deleted.")),
    }
    do, said = actions[action]
    return take_action(
        request,
        partial(do, gate=gate, by=request.user),
        said,
        name=gate.label,
        to=reverse("deals:settings_stage", args=[gate.stage_id]),
        back=reverse("deals:settings_gate", args=[pk]),
    )


def _get(request: UserRequest, pk: int) -> Stage:
    return get_object_or_404(Stage.objects.visible_to(request.user).select_related("pipeline"), pk=pk)


def _get_gate(request: UserRequest, pk: int) -> Gate:
    return get_object_or_404(Gate.objects.visible_to(request.user).select_related("stage__pipeline"), pk=pk)


def _add_gate(stage: Stage, cleaned: dict[str, Any], *, by: User) -> Gate:
    kind, requirement = cleaned["fact"]
    return stage_gates.add_gate(
        stage=stage,
        label=cleaned["label"],
        kind=kind,
        requirement=requirement,
        help=cleaned["help"],
        due_after_days=cleaned["due_after_days"],
        by=by,
    )


def _gates_context(stage: Stage) -> dict[str, Any]:
    gates = [(gate, asked_for(gate)) for gate in stage.gates.order_by("position", "pk")]
    return {
        "stage": stage,
        "gates": [row for row in gates if row[0].archived_at is None],
        "archived": [row for row in gates if row[0].archived_at is not None],
    }


def _render_stage(request: UserRequest, stage: Stage, **shown: BaseForm) -> HttpResponse:
    context = _gates_context(stage) | {
        "form": StageForm(instance=stage),
        "gate_form": GateForm(),
        "empty_form": EmptyStageForm(stage=stage),
        "deal_count": stage.deals.count(),
        "open_count": stage.deals.unclosed().count(),
        **shown,
    }
    has_errors = any(form.errors for form in shown.values())
    return render(request, "deals/settings_stage.html", context, status=422 if has_errors else 200)
