"""A limit to the size of a request, checked before anything of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lrs_tracker.errors import request_too_large


class RequestSizeMiddleware:
    """Refuse a request larger than REQUEST_MAX_BYTES with a page that names the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request unless it announces too much."""
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > settings.REQUEST_MAX_BYTES:
            return request_too_large(request)
        return self.get_response(request)
