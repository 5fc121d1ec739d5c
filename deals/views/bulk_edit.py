"""Changing the deals that were picked in the table."""

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import UserRequest
from deals.domain.bulk_edit import bulk_edit, undo_bulk_edit
from deals.filters import DealFilter
from deals.forms.table import BulkEditForm
from deals.models import Deal
from deals.views.table import UNDO_KEY
from lrs_tracker.problems import DomainError

_LONGEST_KEY = 15


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("deals.change_deal", raise_exception=True)
def edit_deals(request: UserRequest) -> HttpResponse:
    """Ask what to change in the deals that the address names, and change it."""
    deals = _picked(request)
    form = BulkEditForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            result = bulk_edit(deals=deals, change=form.change, by=request.user)
        except DomainError as error:
            form.add_error(error.field, error.message)
        else:
            text = ngettext("%(count)s deal changed.", "%(count)s deals changed.", result.deals)
            request.session[UNDO_KEY] = {
                "transaction_id": result.transaction_id,
                "text": text % {"count": result.deals},
            }
            return _back(request)
    context = {"form": form, "count": deals.count(), "back_url": _table_url(request)}
    template = "deals/table_edit.html" if request.htmx else "deals/table_edit_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("deals.change_deal", raise_exception=True)
def undo_edit(request: UserRequest) -> HttpResponse:
    """Take back the bulk edit that the table has just reported."""
    transaction_id = request.POST.get("transaction_id", "")
    try:
        if not _is_key(transaction_id):
            raise DomainError(_("There is nothing left to undo."))
        count = undo_bulk_edit(transaction_id=int(transaction_id), by=request.user)
    except DomainError as error:
        text = str(error.message)
    else:
        text = ngettext("%(count)s deal is as before.", "%(count)s deals are as before.", count) % {"count": count}
    request.session[UNDO_KEY] = {"text": text}
    return redirect(_table_url(request))


def _picked(request: UserRequest) -> "QuerySet[Deal]":
    """Return the picked deals, or all that match the filters with `?all=1`."""
    visible = Deal.objects.visible_to(request.user)
    if request.GET.get("all") == "1":
        return DealFilter(request.GET, deals=visible, user=request.user, at=timezone.now()).qs
    return visible.filter(pk__in=[int(key) for key in request.GET.getlist("deal") if _is_key(key)])


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_KEY


def _table_url(request: UserRequest) -> str:
    query = request.GET.copy()
    for name in ("deal", "all"):
        query.pop(name, None)
    return f"{reverse('deals:table')}?{query.urlencode()}" if query else reverse("deals:table")


def _back(request: UserRequest) -> HttpResponse:
    url = _table_url(request)
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)
