"""What every view of the API does first."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from lrs_tracker.api.exceptions import Invalid, LengthRequired
from lrs_tracker.errors import page_not_found
from lrs_tracker.problem_details import FieldProblem


class KnownParameters(APIView):
    """A view that refuses what it would not read, such as unknown query parameters, instead of dropping it silently."""

    http_method_names = ("get", "post", "put", "patch", "delete", "head")
    query_parameters: ClassVar[Iterable[str]] = ()
    # Those that may be given several times.
    repeatable_parameters: ClassVar[Collection[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in, then see whether all that was sent will be read."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            # Nothing that comes with it could make it right.
            raise MethodNotAllowed(str(request.method))
        if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        _refuse_broken_text(request)
        allowed = ", ".join(sorted(self.query_parameters))
        message = _("Unknown. Allowed: %(names)s.") % {"names": allowed} if allowed else _("No parameter is allowed.")
        unknown = sorted(set(request.query_params) - set(self.query_parameters))
        if unknown:
            raise Invalid([FieldProblem(field=name, code="unknown_parameter", message=message) for name in unknown])
        given = {name: values for name, values in request.query_params.lists() if len(values) > 1}
        if repeated := sorted(set(given) - set(self.repeatable_parameters)):
            message = _("Give this once.")
            raise Invalid([FieldProblem(field=name, code="repeated", message=message) for name in repeated])


@csrf_exempt
def tell_nothing_is_here(request: HttpRequest) -> HttpResponse:
    """Answer that there is nothing at an address of the API, whoever asks and by whatever method."""
    return page_not_found(request, Http404())


def _refuse_broken_text(request: Request) -> None:
    """Raise Invalid for parameters that are not UTF-8, in which Django would read another character instead."""
    # WSGI gives each byte as a character.
    query = request.META.get("QUERY_STRING", "").encode("latin-1")
    problems = []
    for pair in query.split(b"&"):
        name, _sign, value = (unquote_to_bytes(part) for part in pair.partition(b"="))
        try:
            (name + b"=" + value).decode()
        except UnicodeDecodeError:
            field = name.decode(errors="replace")
            problems.append(FieldProblem(field=field, code="not_utf_8", message=_("This is not valid UTF-8.")))
    if problems:
        raise Invalid(problems)
