"""The pages where administrators shape pipelines."""

from copy import copy
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from deals.domain import pipelines, stages
from deals.domain.default_pipeline import DEFAULT_SLUG, create_default_pipeline
from deals.forms.settings import PipelineForm, StageForm
from deals.models import Pipeline
from deals.views.settings_actions import Actions, take_action
from deals.views.settings_order import save_order
from lrs_tracker.form_pages import submit

# Both forms of the page have a name.
_NEW_STAGE_IDS = "id_new_%s"


@login_required
@permission_required("deals.change_pipeline", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def list_pipelines(request: UserRequest) -> HttpResponse:
    """List the pipelines, and add one."""
    form = PipelineForm(request.POST or None)
    if request.method == "POST":
        pipeline = submit(form, lambda: pipelines.add_pipeline(**form.values, by=request.user))
        if pipeline is not None:
            return redirect("deals:settings_pipeline", pipeline.slug)
    context = _list_context(request) | {"form": form}
    return render(request, "deals/settings_pipelines.html", context, status=422 if form.errors else 200)


@login_required
@permission_required("deals.change_pipeline", raise_exception=True)
@require_POST
def add_default(request: UserRequest) -> HttpResponse:
    """Create the pipeline that a licence desk starts with."""
    pipeline = create_default_pipeline()
    return redirect("deals:settings_pipeline", pipeline.slug)


@login_required
@permission_required("deals.change_pipeline", raise_exception=True)
@require_POST
def reorder(request: UserRequest) -> HttpResponse:
    """Put the pipelines into another order."""
    return save_order(
        request,
        lambda order: pipelines.reorder_pipelines(order=order, by=request.user),
        partial="deals/settings_pipelines.html#pipelines",
        context=lambda: _list_context(request),
        back=reverse("deals:settings_pipelines"),
    )


@login_required
@permission_required("deals.change_pipeline", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_pipeline(request: UserRequest, slug: str) -> HttpResponse:
    """Show a pipeline's stages, and rename it."""
    pipeline = _get(request, slug)
    form = PipelineForm(request.POST or None, instance=copy(pipeline))
    if request.method == "POST":
        renamed = submit(
            form,
            lambda: pipelines.rename_pipeline(
                pipeline=pipeline, **form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if renamed is not None:
            messages.success(request, _("Saved."))
            return redirect("deals:settings_pipeline", slug)
    return _render_pipeline(request, pipeline, form=form)


@login_required
@permission_required("deals.change_pipeline", raise_exception=True)
@require_POST
def act(request: UserRequest, slug: str, action: str) -> HttpResponse:
    """Archive, restore or delete a pipeline; say what was done, or why not."""
    pipeline = _get(request, slug)
    actions: Actions = {
        "archive": (partial(pipelines.archive_pipeline, at=timezone.now()), _("“%(name)s” is archived.")),
        "restore": (pipelines.restore_pipeline, _("“%(name)s” is in use again.")),
        "delete": (pipelines.delete_pipeline, _("“%(name)s” is deleted.")),
    }
    do, said = actions[action]
    return take_action(
        request,
        partial(do, pipeline=pipeline, by=request.user),
        said,
        name=pipeline.name,
        to=reverse("deals:settings_pipelines"),
        back=reverse("deals:settings_pipeline", args=[slug]),
    )


@login_required
@permission_required("deals.change_stage", raise_exception=True)
@require_POST
def add_stage(request: UserRequest, slug: str) -> HttpResponse:
    """Add a stage to a pipeline."""
    pipeline = _get(request, slug)
    form = StageForm(request.POST, auto_id=_NEW_STAGE_IDS)
    stage = submit(form, lambda: stages.add_stage(pipeline=pipeline, **form.values, by=request.user))
    if stage is not None:
        messages.success(request, _("“%(name)s” is added.") % {"name": stage})
        return redirect("deals:settings_pipeline", slug)
    return _render_pipeline(request, pipeline, stage_form=form)


@login_required
@permission_required("deals.change_stage", raise_exception=True)
@require_POST
def reorder_stages(request: UserRequest, slug: str) -> HttpResponse:
    """Put the stages of a pipeline into another order."""
    pipeline = _get(request, slug)
    return save_order(
        request,
        lambda order: stages.reorder_stages(pipeline=pipeline, order=order, by=request.user),
        partial="deals/settings_pipeline.html#stages",
        context=lambda: _stages_context(pipeline),
        back=reverse("deals:settings_pipeline", args=[slug]),
    )


def _get(request: UserRequest, slug: str) -> Pipeline:
    return get_object_or_404(Pipeline.objects.visible_to(request.user), slug=slug)


def _list_context(request: UserRequest) -> dict[str, Any]:
    found = Pipeline.objects.visible_to(request.user).annotate(
        stage_count=Count("stages", filter=Q(stages__archived_at__isnull=True), distinct=True),
        deal_count=Count("stages__deals", distinct=True),
    )
    ordered = list(found.order_by("position", "pk"))
    return {
        "pipelines": [pipeline for pipeline in ordered if pipeline.archived_at is None],
        "archived": [pipeline for pipeline in ordered if pipeline.archived_at is not None],
        "has_default": any(pipeline.slug == DEFAULT_SLUG for pipeline in ordered),
    }


def _stages_context(pipeline: Pipeline) -> dict[str, Any]:
    found = pipeline.stages.annotate(
        gate_count=Count("gates", filter=Q(gates__archived_at__isnull=True), distinct=True),
        deal_count=Count("deals", distinct=True),
    )
    ordered = list(found.order_by("position", "pk"))
    active = [stage for stage in ordered if stage.archived_at is None]
    return {
        "pipeline": pipeline,
        "path": [stage for stage in active if stage.is_on_path],
        "aside": [stage for stage in active if not stage.is_on_path],
        "archived": [stage for stage in ordered if stage.archived_at is not None],
    }


def _render_pipeline(
    request: UserRequest, pipeline: Pipeline, *, form: PipelineForm | None = None, stage_form: StageForm | None = None
) -> HttpResponse:
    context = _stages_context(pipeline) | {
        "form": form or PipelineForm(instance=pipeline),
        "stage_form": stage_form or StageForm(auto_id=_NEW_STAGE_IDS),
    }
    has_errors = any(shown is not None and shown.errors for shown in (form, stage_form))
    return render(request, "deals/settings_pipeline.html", context, status=422 if has_errors else 200)
