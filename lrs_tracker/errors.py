"""What is answered when a request fails: what happened in words, the request id, and nothing else of the inside.

People get a page; programs, whose requests go to the API, get problem details.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from lrs_tracker.appearance import read_theme, script_words
from lrs_tracker.problem_details import API_PREFIX, problem_response

# The kinds of problem that are found before a view of the API, or in spite of it.
_CODES = {
    400: "bad_request",
    403: "permission_denied",
    404: "not_found",
    413: "too_large",
    429: "throttled",
    500: "server_error",
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for a request that makes no sense."""
    return _error_page(request, 400, _("This request could not be understood."))


def signed_out(request: HttpRequest) -> HttpResponse:
    """Return the page for a form of someone who was signed out meanwhile."""
    message = _(
        "Nothing was saved. Log in in another tab, then go back with the browser's own button and send the form "
        "again: what you typed is still there."
    )
    return _error_page(request, 401, message)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for something the user may not do."""
    return _error_page(request, 403, _("You may not do this. Ask an administrator for the right."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form without a valid token."""
    message = _("This form is no longer valid. Go back, reload the page and send it again.")
    return _error_page(request, 403, message, template="errors/csrf.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for an address that leads nowhere, or to something the user may not see."""
    return _error_page(request, 404, _("There is nothing at this address, or you may not see it."))


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """Return the page for an address that was opened but only takes forms, or the other way round."""
    message = (
        _("A button or form of another page sends something here; it cannot be opened by itself. Nothing was changed.")
        if request.method in {"GET", "HEAD"}
        else _("This address takes nothing in. Nothing was changed.")
    )
    return _error_page(request, 405, message, way_on=page_above(request.path_info))


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Return the page for someone who tried something too often; django-allauth asks for it."""
    return _error_page(request, 429, _("Wait a few minutes, then try again."))


def request_too_large(request: HttpRequest) -> HttpResponse:
    """Return the page for a request above the size limit."""
    limit_mb = settings.REQUEST_MAX_BYTES // 1024**2
    message = _("This is larger than the limit of %(limit)s MB. Nothing was saved.") % {"limit": limit_mb}
    return _error_page(request, 413, message, way_on=page_above(f"{request.path_info}x"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for a fault of ours."""
    return _error_page(request, 500, _("Something went wrong on our side. It has been recorded."))


def page_above(path: str) -> str:
    """Return the nearest address above a path that leads anywhere, such as a deal's page for one of its buttons."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        break
    return path


def _error_page(
    request: HttpRequest, status: int, message: str, *, template: str = "", way_on: str = "/"
) -> HttpResponse:
    """Render the page in the frame for those who are signed in.

    A fault of ours, or whatever was found before the session was read, is rendered without the request, so
    that a fault in a context processor or the database cannot strike twice.
    """
    if request.path_info.startswith(API_PREFIX):
        return problem_response(request, status=status, code=_CODES[status], detail=message)
    is_framed = status != 500 and hasattr(request, "user") and request.user.is_authenticated
    context = {
        "status": status,
        "message": message,
        "way_on": way_on,
        "request_id": getattr(request, "request_id", ""),
        "is_framed": is_framed,
        "frame": "base.html" if is_framed else "entrance.html",
        "theme": read_theme(request),
        "script_words": script_words,
    }
    try:
        page = render_to_string(template or f"errors/{status}.html", context, request if is_framed else None)
    except TemplateDoesNotExist:
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(page, status=status)
