"""Runs of a connection: starting one, reading its log, and deciding what it asks."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from crm import tasks
from crm.domain.runs import request_run
from crm.domain.suggestions import accept_suggestion, refuse_suggestion
from crm.enums import UNFINISHED_RUNS, ConflictRule, Outcome, Resource, Way
from crm.filters import LogFilter
from crm.models import PairSuggestion, SyncRun
from crm.views.connections import get_connection
from crm.views.log_rows import log_rows
from lrs_tracker.problems import DomainError

PAGE_SIZE = 50


@login_required
@permission_required("crm.change_crmconnection", raise_exception=True)
@require_POST
def start(request: UserRequest, pk: int) -> HttpResponse:
    """Start a run, dry unless said otherwise, and go to its log."""
    connection = get_connection(request, pk)
    is_dry = request.POST.get("dry", "1") != "0"
    try:
        run = request_run(connection=connection, is_dry=is_dry, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(connection)
    tasks.run.apply_async(kwargs={"run_id": run.pk})
    return redirect(run)


@login_required
@permission_required("crm.view_syncrun", raise_exception=True)
@require_safe
def show_run(request: UserRequest, run_pk: int) -> HttpResponse:
    """Show the log of a run, record by record."""
    run = get_object_or_404(
        SyncRun.objects.visible_to(request.user).select_related("connection__state", "by"), pk=run_pk
    )
    counts = dict(run.records.order_by().values_list("outcome").annotate(count=Count("pk")))
    found = LogFilter(request.GET, queryset=run.records.order_by("pk"), request=request)
    page = Paginator(found.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    offered = run.connection.state.schema.get("stages", [])
    their_stages = {stage["key"]: stage["label"] for stage in offered}
    context = {
        "run": run,
        "connection": run.connection,
        "is_unfinished": run.status in UNFINISHED_RUNS,
        "counts": [(outcome, counts[outcome.value]) for outcome in Outcome if outcome.value in counts],
        "filter": found,
        "page": page,
        "rows": log_rows(page, their_stages=their_stages),
        "resources": Resource.choices,
        "outcomes": Outcome.choices,
        "ways": Way.choices,
        "rule": ConflictRule(run.connection.conflict_rule),
    }
    name = "crm/run.html#progress" if request.GET.get("part") == "progress" else "crm/run.html"
    response = render(request, name, context)
    if name != "crm/run.html" and run.status not in UNFINISHED_RUNS:
        # It is over: the whole page has more to say.
        response["HX-Refresh"] = "true"
    return response


@login_required
@permission_required("crm.change_pairsuggestion", raise_exception=True)
@require_POST
def decide(request: UserRequest, suggestion_pk: int) -> HttpResponse:
    """Say whether two records are the same one."""
    suggestions = PairSuggestion.objects.visible_to(request.user).filter(is_refused=False)
    suggestion = get_object_or_404(suggestions.select_related("connection"), pk=suggestion_pk)
    is_same = request.POST.get("same") == "1"
    try:
        if is_same:
            accept_suggestion(suggestion=suggestion, by=request.user)
        else:
            refuse_suggestion(suggestion=suggestion, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        said = _("Paired. The next run brings them together.") if is_same else _("They stay two.")
        messages.success(request, said)
    return redirect(suggestion.connection)
