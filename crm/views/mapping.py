"""The page that says which fields and stages of a CRM stand for ours."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from crm.domain.mappings import set_field_mappings, set_stage_mappings
from crm.enums import Resource
from crm.forms.mapping import FieldsForm, StagesForm
from crm.models import CrmConnection
from crm.tasks import read_fields_and_stages
from crm.views.connections import get_connection
from deals.models import Stage
from lrs_tracker.form_pages import submit


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_safe
def show_mapping(request: UserRequest, pk: int) -> HttpResponse:
    """Show what stands for what."""
    return _render(request, get_connection(request, pk))


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_POST
def map_fields(request: UserRequest, pk: int, resource: str) -> HttpResponse:
    """Say which of their fields stand for those of a company, contact or deal."""
    if resource not in Resource.values:
        raise Http404
    connection, known = get_connection(request, pk), Resource(resource)
    form = FieldsForm(request.POST, connection=connection, resource=known)
    changed = submit(
        form,
        lambda: set_field_mappings(connection=connection, resource=known, fields=form.cleaned_data, by=request.user),
    )
    if changed is None:
        return _render(request, connection, fields=form)
    messages.success(request, _("Saved. The next run compares everything anew."))
    return redirect("crm:mapping", pk)


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_POST
def map_stages(request: UserRequest, pk: int) -> HttpResponse:
    """Say which of their stages stand for ours."""
    connection = get_connection(request, pk)
    form = StagesForm(request.POST, connection=connection, stages=_stages(connection), offered=_offered(connection))
    changed = submit(form, lambda: set_stage_mappings(connection=connection, stages=form.stages, by=request.user))
    if changed is None:
        return _render(request, connection, stages=form)
    messages.success(request, _("Saved. The next run compares everything anew."))
    return redirect("crm:mapping", pk)


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_POST
def read_again(request: UserRequest, pk: int) -> HttpResponse:
    """Have the fields and stages of the CRM read again."""
    connection = get_connection(request, pk)
    read_fields_and_stages.apply_async(kwargs={"connection_id": connection.pk}, expires=3600)
    messages.success(request, _("They are being read. Load this page again in a moment."))
    return redirect("crm:mapping", pk)


def _render(
    request: UserRequest,
    connection: CrmConnection,
    *,
    fields: FieldsForm | None = None,
    stages: StagesForm | None = None,
) -> HttpResponse:
    rows = _stages(connection)
    stages = stages or StagesForm(connection=connection, stages=rows, offered=_offered(connection))
    pipelines: dict[str, list[Any]] = {}
    for stage in rows:
        pipelines.setdefault(stage.pipeline.name, []).append(stages[f"stage-{stage.pk}"])
    context = {
        "connection": connection,
        "state": connection.state,
        "field_forms": [
            fields if fields and fields.resource == resource else FieldsForm(connection=connection, resource=resource)
            for resource in Resource
        ],
        "stages_form": stages,
        "pipelines": pipelines,
        "their_fields": connection.state.schema.get("fields", {}),
        "has_stages": bool(_offered(connection)),
    }
    is_refused = bool((fields and fields.errors) or stages.errors)
    return render(request, "crm/mapping.html", context, status=422 if is_refused else 200)


def _stages(connection: CrmConnection) -> list[Stage]:
    """Return the stages in use, and those archived ones that theirs stand for: they may come back."""
    in_use = Q(archived_at__isnull=True, pipeline__archived_at__isnull=True)
    stages = Stage.objects.filter(in_use | Q(pk__in=connection.stage_mappings.values("stage")))
    return list(stages.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position", "pk"))


def _offered(connection: CrmConnection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = connection.state.schema.get("stages", [])
    return found
