"""The pages shown when a request fails: what happened in words, the request id, and nothing else of the inside."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from lrs_tracker.appearance import read_theme, script_words


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that makes no sense."""
    return _error_page(request, 400, _("This request could not be understood."))


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


def request_too_large(request: HttpRequest) -> HttpResponse:
    """Return the page for a request above the size limit."""
    limit_mb = settings.REQUEST_MAX_BYTES // 1024**2
    return _error_page(request, 413, _("This is larger than the limit of %(limit)s MB.") % {"limit": limit_mb})


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for a fault of ours."""
    return _error_page(request, 500, _("Something went wrong on our side. It has been recorded."))


def _error_page(request: HttpRequest, status: int, message: str, *, template: str = "") -> HttpResponse:
    """Render without the request, so that a fault in a context processor or the database cannot strike twice."""
    context = {
        "status": status,
        "message": message,
        "request_id": getattr(request, "request_id", ""),
        "theme": read_theme(request),
        "script_words": script_words,
    }
    try:
        page = render_to_string(template or f"errors/{status}.html", context)
    except TemplateDoesNotExist:
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(page, status=status)
