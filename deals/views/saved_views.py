"""Saving, changing and deleting views, and the pinned ones of every page."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from deals.domain import saved_views as domain
from deals.forms.saved_views import SavedViewForm
from deals.models import SavedView


def pinned_views(request: HttpRequest) -> dict[str, Any]:
    """Add the reader's pinned views to the context of every page; read only where the sidebar is drawn."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"pinned_views": lambda: tuple((view["name"], view["url"]) for view in domain.pinned_views(user))}


@require_safe
@login_required
def list_views(request: UserRequest) -> HttpResponse:
    """List the views that the reader sees."""
    views = SavedView.objects.visible_to(request.user).select_related("owner").order_by("name", "pk")
    return render(request, "deals/saved_views.html", {"views": views})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("deals.add_savedview", raise_exception=True)
def new_view(request: UserRequest) -> HttpResponse:
    """Name the filters of the page that the reader comes from."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("deals.change_savedview", raise_exception=True)
def change_view(request: UserRequest, pk: int) -> HttpResponse:
    """Rename, share or pin a view of one's own."""
    return _edit(request, get_object_or_404(SavedView, owner=request.user, pk=pk))


@require_POST
@login_required
@permission_required("deals.delete_savedview", raise_exception=True)
def delete_view(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a view of one's own."""
    view = get_object_or_404(SavedView, owner=request.user, pk=pk)
    domain.delete_view(view=view, by=request.user)
    messages.success(request, _("%(view)s deleted.") % {"view": view})
    return redirect("deals:views")


def _edit(request: UserRequest, view: SavedView | None) -> HttpResponse:
    initial = {name: request.GET.get(name, "") for name in ("page", "pipeline_slug", "query")} if view is None else None
    form = SavedViewForm(request.POST or None, instance=view, initial=initial, owner=request.user)
    if request.method != "POST" or not form.is_valid():
        return render(
            request,
            "deals/saved_view_dialog.html" if request.htmx else "deals/saved_view.html",
            {"form": form, "view": view},
            status=422 if request.method == "POST" else 200,
        )
    saved = domain.save_view(view=form.save(commit=False), by=request.user)
    messages.success(request, _("%(view)s saved.") % {"view": saved})
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": saved.get_absolute_url()})
    return redirect(saved)
