"""The connections to CRMs, among the settings."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from crm.domain import pairs
from crm.domain.connections import change_connection, connect_crm, remove_connection, switch_connection
from crm.domain.our_fields import MODELS
from crm.enums import UNFINISHED_RUNS, CrmKind, Resource, RunStatus
from crm.forms.connections import ConnectionForm
from crm.models import CrmConnection, RecordState, SyncRun
from crm.tasks import read_fields_and_stages
from deals.models import Stage
from lrs_tracker.form_pages import leave_form, show_form, submit
from sync.models import ExternalRef

RUNS_SHOWN, KEPT_BACK_SHOWN, SUGGESTIONS_SHOWN = 15, 25, 25


@login_required
@permission_required("crm.view_crmconnection", raise_exception=True)
@require_safe
def list_connections(request: UserRequest) -> HttpResponse:
    """List the connections, and the CRMs that can be connected."""
    connections = list(
        _connections(request)
        .annotate(open_suggestions=Count("suggestions", filter=Q(suggestions__is_refused=False)))
        .order_by("name", "pk")
    )
    taken = {connection.kind for connection in connections}
    context = {
        "connections": connections,
        "free": [kind for kind in CrmKind if kind not in taken],
        "now": timezone.now(),
    }
    return render(request, "crm/connections.html", context)


@login_required
@permission_required("crm.add_crmconnection", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, kind: str) -> HttpResponse:
    """Connect a CRM."""
    if kind not in CrmKind.values:
        raise Http404
    known = CrmKind(kind)
    form = ConnectionForm(request.POST or None, kind=known)
    if request.method == "POST":
        connection = submit(
            form,
            lambda: connect_crm(kind=known, values=form.values, secret=form.cleaned_data["secret"], by=request.user),
        )
        if connection is not None:
            read_fields_and_stages.apply_async(kwargs={"connection_id": connection.pk}, expires=3600)
            said = _("“%(name)s” is connected, and off. Map the stages, then try a dry run.") % {"name": connection}
            return leave_form(request, connection.get_absolute_url(), said)
    title = _("Connect %(crm)s") % {"crm": known.label}
    return show_form(request, form, title=title, back=reverse("crm:connections"), submit_label=_("Connect"))


@login_required
@permission_required("crm.view_crmconnection", raise_exception=True)
@require_safe
def show(request: UserRequest, pk: int) -> HttpResponse:
    """Show what a connection does, what it asks, what it keeps back, and its runs."""
    connection = get_connection(request, pk)
    state = connection.state
    runs = connection.runs.select_related("by").annotate(
        record_count=Count("records"),
        trouble_count=Count("records", filter=Q(records__outcome__in=("held", "failed", "suggested"))),
    )
    kept_back = connection.record_states.filter(needs_retry=True).exclude(problem="").order_by("-updated_at", "-pk")
    mapped = connection.stage_mappings.values("stage")
    unmapped = Stage.objects.filter(archived_at__isnull=True, pipeline__archived_at__isnull=True).exclude(pk__in=mapped)
    refs = ExternalRef.objects.filter(system=connection.kind, resource__in=Resource.values).order_by()
    counts = dict(refs.values_list("resource").annotate(count=Count("pk")))
    context = {
        "connection": connection,
        "state": state,
        "now": timezone.now(),
        "runs": runs.order_by("-pk")[:RUNS_SHOWN],
        "is_busy": connection.runs.filter(status__in=UNFINISHED_RUNS).exists(),
        "kept_back": _named(list(kept_back[:KEPT_BACK_SHOWN]), request),
        "kept_back_count": kept_back.count(),
        "suggestions": connection.suggestions.filter(is_refused=False).order_by("resource", "our_label", "pk")[
            :SUGGESTIONS_SHOWN
        ],
        "suggestion_count": connection.suggestions.filter(is_refused=False).count(),
        "pair_counts": [(_plural(resource), counts.get(resource.value, 0)) for resource in Resource],
        "directions": [(_plural(resource), connection.direction_of(resource)) for resource in Resource],
        "unmapped_stages": unmapped.order_by("pipeline__position", "position", "pk"),
    }
    return render(request, "crm/connection.html", context)


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a connection."""
    connection = get_connection(request, pk)
    form = ConnectionForm(request.POST or None, instance=copy(connection), kind=CrmKind(connection.kind))
    if request.method == "POST":
        changed = submit(
            form,
            lambda: change_connection(
                connection=connection,
                values=form.values,
                secret=form.cleaned_data["secret"],
                expected_version=form.stored_version,
                by=request.user,
            ),
        )
        if changed is not None:
            read_fields_and_stages.apply_async(kwargs={"connection_id": changed.pk}, expires=3600)
            return leave_form(request, changed.get_absolute_url(), _("“%(name)s” is saved.") % {"name": changed})
    title = _("Edit %(name)s") % {"name": connection}
    return show_form(request, form, title=title, back=connection.get_absolute_url())


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_POST
def switch(request: UserRequest, pk: int) -> HttpResponse:
    """Switch a connection on or off."""
    is_enabled = request.POST.get("on") == "1"
    connection = switch_connection(connection=get_connection(request, pk), is_enabled=is_enabled, by=request.user)
    said = _("“%(name)s” is on.") if is_enabled else _("“%(name)s” is off.")
    messages.success(request, said % {"name": connection})
    return redirect(connection)


@login_required
@permission_required("crm.delete_crmconnection", raise_exception=True)
@require_POST
def remove(request: UserRequest, pk: int) -> HttpResponse:
    """Take a connection away."""
    connection = get_connection(request, pk)
    name = connection.name
    remove_connection(connection=connection, by=request.user)
    messages.success(request, _("“%(name)s” is removed. The records stay on both sides.") % {"name": name})
    return redirect("crm:connections")


def get_connection(request: UserRequest, pk: int) -> CrmConnection:
    """Return a connection that the user may know of, 404 for any other."""
    connection: CrmConnection = get_object_or_404(_connections(request), pk=pk)
    return connection


def _plural(resource: Resource) -> str:
    return capfirst(str(MODELS[resource]._meta.verbose_name_plural))


def _connections(request: UserRequest) -> QuerySet[CrmConnection]:
    """Return the connections, each with the `failure` of its last run, none when that went well."""
    last = SyncRun.objects.filter(
        connection=OuterRef("pk"), ended_at=OuterRef("state__last_run_at"), is_dry=False, status=RunStatus.FAILED
    )
    connections = CrmConnection.objects.visible_to(request.user).select_related("state", "acting_user")
    return connections.annotate(failure=Subquery(last.order_by("-pk").values("problem")[:1]))


def _named(states: list[RecordState], request: UserRequest) -> list[dict[str, Any]]:
    """Return what is kept back, each with the row that it is on our side."""
    rows = {
        resource: pairs.rows_of(
            resource,
            [state.object_id for state in states if state.resource == resource and state.object_id],
            user=request.user,
        )
        for resource in Resource
    }
    return [{"state": state, "row": rows[Resource(state.resource)].get(state.object_id or 0)} for state in states]
