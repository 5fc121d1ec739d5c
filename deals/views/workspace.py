"""The workspace of a deal."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from deals.domain.workspace import read_for_workspace
from deals.views.workspace_parts import tab_context, workspace_context


@login_required
@require_safe
def show_deal(request: UserRequest, pk: int) -> HttpResponse:
    """Show a deal; htmx asks for a tab alone."""
    deal = read_for_workspace(request.user, pk=pk)
    if deal is None:
        raise Http404
    tab = request.GET.get("tab", "timeline")
    if (request.htmx.target or "").endswith("#tab"):
        return render(request, "deals/workspace.html#tab", tab_context(request, deal, tab=tab))
    return render(request, "deals/workspace.html", workspace_context(request, deal, tab=tab))
