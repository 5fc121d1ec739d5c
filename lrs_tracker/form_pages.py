"""Pages with one form: a dialog for htmx, a page of its own without scripts."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django_htmx.http import HttpResponseClientRedirect

from lrs_tracker.problems import DomainError, PermissionRefusedError


def submit[Result](form: forms.BaseForm, action: Callable[[], Result]) -> Result | None:
    """Run the domain call of a valid form and return what it returns.

    Return None, with the errors in the form, when the form or the domain refuses. Raise
    PermissionDenied when the role does not allow it.
    """
    if not form.is_valid():
        return None
    try:
        return action()
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None


def show_form(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: str | Promise,
    back: str,
    submit_label: str | Promise = "",
    template: str = "components/edit",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form titled `title`; `back` is the page behind it. A form with errors answers 422."""
    kind = "dialog" if request.htmx else "page"  # type: ignore[attr-defined]  # set by HtmxMiddleware
    return render(
        request,
        f"{template}_{kind}.html",
        {"form": form, "title": title, "back": back, "submit_label": submit_label, **(context or {})},
        status=422 if form.is_bound and form.errors else 200,
    )


def leave_form(request: HttpRequest, to: str, message: str | Promise) -> HttpResponse:
    """Say what was done on the page at `to`."""
    messages.success(request, str(message))
    if request.htmx:  # type: ignore[attr-defined]  # set by HtmxMiddleware
        return HttpResponseClientRedirect(to)
    return redirect(to)
