"""What the pages of a deal and of its parts share: loading the deal, showing a form, answering a change."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget, trigger_client_event

from accounts.requests import UserRequest
from deals.domain.workspace import read_for_workspace
from deals.models import Deal
from deals.views.workspace_parts import workspace_context
from lrs_tracker.problems import DomainError, PermissionRefusedError

type DealView[**P] = Callable[Concatenate[UserRequest, Deal, P], HttpResponseBase]


def deal_view[**P](*methods: str, permission: str = "") -> Callable[[DealView[P]], Callable[..., HttpResponseBase]]:
    """Give a view the deal of its address: 404 for whom it does not exist, 403 without the permission."""

    def decorate(view: DealView[P]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def load(request: UserRequest, pk: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            deals = Deal.objects.visible_to(request.user).select_related("company", "stage__pipeline", "owner")
            deal = get_object_or_404(deals, pk=pk)
            if permission and not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, deal, *args, **kwargs)

        return login_required(require_http_methods(methods)(load))

    return decorate


def submit[Result](form: forms.BaseForm, action: Callable[[], Result]) -> Result | None:
    """Run the domain call of a valid form and return its result, or True when it has none.

    Return None, with the errors in the form, when the form or the domain refuses; raise PermissionDenied when the
    role does not allow it.
    """
    if not form.is_valid():
        return None
    try:
        return action()
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    except ValidationError as error:
        _add_errors(form, error)
    return None


def _add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


def show_form(
    request: UserRequest,
    deal: Deal,
    form: forms.BaseForm,
    *,
    title: str | Promise,
    submit_label: str | Promise,
    template: str = "deals/workspace/form",
    **context: Any,
) -> HttpResponse:
    """Show a form as a dialog for htmx, else as a page; one with errors answers 422."""
    kind = "dialog" if request.htmx else "page"
    return render(
        request,
        f"{template}_{kind}.html",
        {"deal": deal, "form": form, "title": title, "submit_label": submit_label, **context},
        status=422 if form.is_bound and form.errors else 200,
    )


def answer(request: UserRequest, deal: Deal, text: str | Promise, *, tab: str = "timeline") -> HttpResponse:
    """Say what was done and show the workspace as it is now: in place for htmx, else by a redirect to a tab.

    A reader who has just left the circle of a confidential deal is sent to the table.
    """
    if not request.htmx:
        messages.success(request, str(text))
        return _redirect(request, deal, tab)
    fresh = read_for_workspace(request.user, pk=deal.pk)
    if fresh is None:
        messages.success(request, str(text))
        return HttpResponse(status=204, headers={"HX-Redirect": "/deals/"})
    shown = _tab_shown(request) or tab
    context = workspace_context(request, fresh, tab=shown) | {"is_answer": True}
    response = TemplateResponse(request, "deals/workspace.html#workspace", context)
    retarget(response, "#workspace")
    reswap(response, "outerMorph")  # type: ignore[arg-type]  # new in htmx 4, django-htmx lists those of 2
    trigger_client_event(response, "dialog:close", {})
    return trigger_client_event(response, "toast", {"text": str(text), "kind": "done"})


def _redirect(request: UserRequest, deal: Deal, tab: str) -> HttpResponse:
    if not Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists():
        return redirect("deals:table")
    return redirect(f"{deal.get_absolute_url()}?tab={tab}")


def _tab_shown(request: UserRequest) -> str:
    address = request.htmx.current_url or ""
    return parse_qs(urlsplit(address).query).get("tab", [""])[0]
