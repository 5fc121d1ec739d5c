"""The API's own description: OpenAPI 3.1, and a page to read and try it."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csp import get_nonce
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView

from lrs_tracker.api.views import KnownParameters
from lrs_tracker.problem_details import CONTENT_TYPE, TYPE_PREFIX

# ReDoc writes the styles of its parts into the page as it draws them, and two that never change without the nonce.
_REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]
_REFERENCE_CSP = cast(dict[str, list[str]], {**settings.SECURE_CSP, "style-src": [CSP.SELF, CSP.NONCE, *_REDOC_STYLES]})
_TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": [f"{TYPE_PREFIX}invalid"]},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": ["string", "null"]}, "code": _TEXT, "message": _TEXT},
                "required": ["field", "code", "message"],
            },
        },
        "missing": {
            "type": "array",
            "description": "What a gate asks for.",
            "items": {"type": "object", "properties": dict.fromkeys(("key", "label", "why", "link"), _TEXT)},
        },
    },
    "required": ["type", "title", "status", "detail", "instance"],
}


def problems(*statuses: int) -> dict[tuple[int, str], dict[str, Any]]:
    """Return the answers by which an operation refuses, for its description."""
    return {(status, CONTENT_TYPE): PROBLEM for status in statuses}


class SchemaView(KnownParameters, SpectacularAPIView):
    """The description as YAML, or as JSON for `Accept: application/vnd.oai.openapi+json`."""


@require_safe
@login_required
def show_docs(request: HttpRequest) -> HttpResponse:
    """Show the description, where requests can be tried as the signed-in user or with a token."""
    return render(request, "api/docs.html")


@require_safe
@login_required
@csp_override(_REFERENCE_CSP)
def show_reference(request: HttpRequest) -> HttpResponse:
    """Show the description as a book, to read."""
    return render(request, "api/reference.html", {"nonce": get_nonce(request)})
