"""Problem details (RFC 9457): how every failure under /api/ is told, whichever layer tells it."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import Text

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:lrs-tracker:problem:"
TITLES = {
    400: _("Bad request"),
    401: _("Not authenticated"),
    403: _("Forbidden"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    409: _("Conflict"),
    410: _("Gone"),
    411: _("Length required"),
    412: _("Changed in the meantime"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Key used for another request"),
    429: _("Too many requests"),
    500: _("Server error"),
}


class FieldProblem(TypedDict):
    """One thing that is wrong at `field`, such as `terms[0].tiers`; None when no single value is to blame."""

    field: str | None
    code: str
    message: str


class Problem(TypedDict):
    """The members of a problem.

    `errors` stands only where single values are to blame, `missing` at an unmet gate, `results` at a refused bulk.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: NotRequired[list[FieldProblem]]
    missing: NotRequired[list[dict[str, str]]]
    results: NotRequired[list[dict[str, Any]]]


def problem_response(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: Text,
    errors: Sequence[FieldProblem] = (),
    missing: Sequence[dict[str, str]] = (),
    results: Sequence[dict[str, Any]] = (),
) -> HttpResponse:
    """Return the answer for a request that failed; `code` names the kind of problem and becomes its type."""
    problem: Problem = {
        "type": TYPE_PREFIX + code.replace("_", "-"),
        "title": str(TITLES[status]),
        "status": status,
        "detail": str(detail),
        "instance": escape_uri_path(request.path),
    }
    if errors:
        problem["errors"] = list(errors)
    if missing:
        problem["missing"] = list(missing)
    if results:
        problem["results"] = list(results)
    return JsonResponse(problem, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})
