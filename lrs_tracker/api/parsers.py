"""How bodies are read: strict JSON, and no more than the limit."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from lrs_tracker import strict_json
from lrs_tracker.api.exceptions import TooLarge


class StrictJsonParser(BaseParser):
    """Read a body of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes as strict JSON."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value; raise TooLarge or ParseError."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(_("The body is larger than the limit of %(limit)s MB.") % {"limit": limit // 1024**2})
        try:
            return strict_json.parse(body)
        except strict_json.StrictJsonError as error:
            raise ParseError(str(error)) from error
