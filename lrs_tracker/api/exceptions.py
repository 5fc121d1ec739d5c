"""The failures of the API as problem details: REST framework's, Django's and our own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.settings import api_settings

from lrs_tracker.problem_details import FieldProblem, problem_response
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError, StateError

_NO_FIELD = {NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY}


class TooLarge(exceptions.APIException):
    """Refuse a body above the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    """Refuse a body in chunks of unannounced length, which WSGI would read as an empty one."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = _("Send the body with its length in “Content-Length”.")
    default_code = "length_required"


class Stale(exceptions.APIException):
    """Refuse a write that was based on an older version."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "stale"


class Conflict(exceptions.APIException):
    """Refuse what the state of things does not allow; `missing` lists what a gate asks for, `errors` tells more."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Something else stands against this.")
    default_code = "conflict"

    def __init__(
        self,
        detail: Any = None,
        code: str | None = None,
        missing: Sequence[dict[str, str]] = (),
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(detail, code)
        self.default_code = code or self.default_code
        self.missing = missing
        self.errors = errors


class Gone(exceptions.APIException):
    """Tell that what was asked for is not kept any more."""

    status_code = status.HTTP_410_GONE
    default_code = "gone"

    def __init__(self, detail: Any = None, code: str | None = None) -> None:
        super().__init__(detail, code)
        self.default_code = code or self.default_code


class KeyReused(exceptions.APIException):
    """Refuse an idempotency key that was used for another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This key was used for another request.")
    default_code = "idempotency-key-reused"


class Invalid(exceptions.APIException):
    """Refuse values of the request, one problem for each."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("The request was refused; “errors” says which values and why.")
    default_code = "invalid"

    def __init__(self, errors: Sequence[FieldProblem]) -> None:
        super().__init__()
        self.errors = errors


def refuse_idle(messages: Mapping[str, Any]) -> None:
    """Raise Invalid with these messages by member, if any: nothing that is given is dropped silently."""
    if messages:
        raise Invalid([FieldProblem(field=name, code="idle", message=text) for name, text in messages.items()])


def handle_exception(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the problem that tells of an exception, or None for a fault of ours, which Django then records."""
    known = _as_api_exception(exc)
    if known is None:
        return None
    response = problem_response(
        context["request"],
        status=known.status_code,
        code=known.default_code,
        detail=str(known.detail),
        errors=known.errors if isinstance(known, Invalid | Conflict) else (),
        missing=[
            {**one, "link": context["request"].build_absolute_uri(one["link"])}
            for one in (known.missing if isinstance(known, Conflict) else ())
        ],
    )
    if challenge := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    match exc:
        case exceptions.ValidationError():
            return Invalid(list(_flatten(exc.detail)))
        case exceptions.APIException():
            return exc
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case PermissionRefusedError():
            return exceptions.PermissionDenied(exc.message)
        case StaleVersionError():
            return Stale(exc.message)
        case DomainError(code="ref-taken"):
            return Conflict(exc.message, exc.code)
        case DomainError(code="cursor-gone"):
            return Gone(exc.message, exc.code)
        case StateError():
            lines = exc.details or ([exc.message] if exc.field else [])
            errors = [FieldProblem(field=exc.field, code=exc.code, message=str(line)) for line in lines]
            return Conflict(exc.message, exc.code, errors=errors)
        case DomainError():
            lines = [exc.message, *exc.details]
            return Invalid([FieldProblem(field=exc.field, code=exc.code, message=str(line)) for line in lines])
        case ValidationError():
            return Invalid(list(_flatten_model_errors(exc)))
        case RequestDataTooBig():
            return TooLarge()
        case ProtectedError() | RestrictedError():
            return Conflict(_("Other objects belong to this one; it cannot be deleted."), "in_use")
        case IntegrityError():
            return Conflict()
        case DataError():
            return Invalid([FieldProblem(field=None, code="invalid", message=str(_("A value is out of range.")))])
    return None


def _flatten(detail: Any, path: str = "") -> Iterator[FieldProblem]:
    """Yield the problems of a serializer's nested fields, and of its rows, which are numbered."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten(inner, path if name in _NO_FIELD else _step(path, name))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            yield from _flatten(inner, _step(path, number) if isinstance(inner, dict | list) else path)
    else:
        yield FieldProblem(field=path or None, code=detail.code, message=str(detail))


def _step(path: str, name: str | int) -> str:
    return f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}".lstrip(".")


def _flatten_model_errors(error: ValidationError) -> Iterator[FieldProblem]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, errors in by_field.items():
        for one in errors:
            field = None if name in _NO_FIELD else name
            yield FieldProblem(field=field, code=one.code or "invalid", message=" ".join(one.messages))
