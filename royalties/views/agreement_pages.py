"""What the pages of an agreement share: loading it, its parts and the amendment that a change is made by."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from royalties.models import Agreement, Amendment

type AgreementView[**P] = Callable[Concatenate[UserRequest, Agreement, P], HttpResponseBase]


def agreement_view[**P](
    *methods: str, permission: str = "royalties.view_agreement"
) -> Callable[[AgreementView[P]], Callable[..., HttpResponseBase]]:
    """Give a view the agreement of its address: 404 for whom it does not exist, 403 without the permission."""

    def decorate(view: AgreementView[P]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def load(request: UserRequest, pk: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            agreements = Agreement.objects.visible_to(request.user)
            agreement = get_object_or_404(
                agreements.select_related("deal__company", "licensee", "licensor", "document"), pk=pk
            )
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, agreement, *args, **kwargs)

        return login_required(require_http_methods(methods)(load))

    return decorate


def part_or_404[Row: Model](parts: QuerySet[Row], agreement: Agreement, pk: int) -> Row:
    """Return a part of an agreement with the agreement in it."""
    part = get_object_or_404(parts.filter(agreement=agreement), pk=pk)
    part.agreement = agreement  # type: ignore[attr-defined]  # every part has one
    return part


def amendment_of(request: UserRequest, agreement: Agreement) -> Amendment | None:
    """Return the amendment that `?amendment=` names, by which a change is made; 404 for one of another agreement."""
    named = request.GET.get("amendment")
    if named is None:
        return None
    if not (named.isascii() and named.isdigit() and len(named) < 10):
        raise Http404
    return part_or_404(Amendment.objects.all(), agreement, int(named))


def page_of(agreement: Agreement, tab: str, amendment: Amendment | None = None) -> str:
    """Return the address of an agreement's tab; what an amendment changed is shown with it."""
    return f"{agreement.get_absolute_url()}?tab={tab if amendment is None else 'amendments'}"


def answer_form(
    request: UserRequest,
    form: forms.BaseForm,
    action: Callable[[], Any],
    *,
    title: str | Promise,
    done: str | Promise,
    back: str,
    submit_label: str | Promise = "",
    template: str = "components/edit",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, or run its action and go back with a message; `done` may name what came of it as %(row)s."""
    if request.method == "POST":
        result = submit(form, action)
        if result is not None:
            return leave_form(request, back, str(done) % {"row": result})
    return show_form(
        request, form, title=title, back=back, submit_label=submit_label, template=template, context=context
    )
