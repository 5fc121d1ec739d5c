"""Words for refusals without any, such as Django's answer to a wrong method: browsers show a blank page for them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from lrs_tracker.errors import bad_request, method_not_allowed

_PAGES: dict[int, Callable[[HttpRequest], HttpResponse]] = {400: bad_request, 405: method_not_allowed}


class BlankRefusalMiddleware:
    """Give a refusal without content a page when a person opens it; scripts and programs get it as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; fill the answer in when it is such a refusal."""
        response = self.get_response(request)
        page = _PAGES.get(response.status_code)
        if page is not None and isinstance(response, HttpResponse) and not response.content and is_by_person(request):
            filled = page(request)
            response.content = filled.content
            response["Content-Type"] = filled["Content-Type"]
        return response


def is_by_person(request: HttpRequest) -> bool:
    """Tell a browser that opens an address or sends a form from a script, which takes anything or asks for JSON."""
    return "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
