"""What a page that is still open hears when its reader was signed out meanwhile."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from lrs_tracker.blank_refusals import is_by_person
from lrs_tracker.errors import signed_out


class SignedOutMiddleware:
    """Answer scripts and forms with 401 where a person is sent to log in.

    The page that asks for a password would end the way back to a form and to what was typed there. A script
    follows a redirect unasked: it would take that page for its answer, put it in the place of a card, or
    empty the form whose note was never saved.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, without the redirect if a script asks or a form was sent."""
        response = self.get_response(request)
        if not _leads_to_login(response) or request.user.is_authenticated:
            return response
        if _is_by_script(request):
            return HttpResponse(status=401)
        return signed_out(request) if request.method == "POST" and is_by_person(request) else response


def _leads_to_login(response: HttpResponseBase) -> bool:
    """Tell a page that asks to log in first from one that ends there, such as that of logging out."""
    return response.status_code == 302 and response["Location"].startswith(f"{resolve_url(settings.LOGIN_URL)}?next=")


def _is_by_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or request.headers.get("Accept", "") == "application/json"
