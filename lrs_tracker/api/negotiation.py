"""Which type a caller gets, where the address says it already."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnyType(BaseContentNegotiation):
    """Answer in the one type that there is, whatever the Accept header prefers."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the parser of the body's type, or None."""
        return next((parser for parser in parsers if request.content_type.startswith(parser.media_type)), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str | None]:
        """Return the first renderer."""
        first = next(iter(renderers))
        return first, first.media_type
