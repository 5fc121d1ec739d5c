"""Everything of a resource that the caller may see, streamed: memory stays the same however much it is."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
from django.db import models
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lrs_tracker.api.description import READ, ResourceSchema, answer, choosing, narrowing, query
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.negotiation import AnyType
from lrs_tracker.api.objects import ResourceView
from lrs_tracker.api.reading import TEXT, Reader
from lrs_tracker.problem_details import FieldProblem

_ROWS_AT_ONCE = 1_000
_CONTENT_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
# What a spreadsheet would take as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportView(ResourceView):
    """A whole resource as JSON lines or CSV, as `format` says."""

    content_negotiation_class = AnyType

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return f"export_{self.resource.name}"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return f"Export: {self.resource.title}"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return "Everything that the caller may see, in the order of ids: an object a line, or a table."

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        kinds = {"type": "string", "enum": list(_CONTENT_TYPES), "default": "jsonl"}
        return [
            query("format", "JSON lines or CSV.", kinds),
            *choosing(self.resource, includes=False),
            *narrowing(self.resource),
        ]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return none."""
        return None

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        lines = answer(TEXT, "All objects.")
        return {(200, "application/x-ndjson"): lines, (200, "text/csv"): lines, **schema.problems(READ)}

    @property
    def query_parameters(self) -> list[str]:  # type: ignore[override]  # by resource
        """The parameters that exporting knows."""
        return ["format", "fields", *self.resource.parameters]

    def get(self, request: Request) -> HttpResponseBase:
        """Stream the objects in the order of their ids."""
        kind = request.query_params.get("format", "jsonl")
        if kind not in _CONTENT_TYPES:
            message = _("Give “jsonl” or “csv”.")
            raise Invalid([FieldProblem(field="format", code="invalid", message=message)])
        reader = self.resource.choose(request)
        rows = self.resource.narrow(request, self.resource.visible(request.user)).order_by("pk")
        lines = _json_lines(reader, rows) if kind == "jsonl" else _csv_lines(reader, rows)
        name = f"{self.resource.name}.{kind}"
        return StreamingHttpResponse(
            lines,
            content_type=_CONTENT_TYPES[kind],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _pages(reader: Reader, rows: models.QuerySet[Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the objects by pages; no transaction stays open while the caller reads slowly."""
    last = 0
    while True:
        found, keys = reader.read(rows.filter(pk__gt=last)[:_ROWS_AT_ONCE], extra=["pk"])
        if not found:
            return
        yield found
        last = keys[-1][0]


def _json_lines(reader: Reader, rows: models.QuerySet[Any]) -> Iterator[bytes]:
    for page in _pages(reader, rows):
        yield b"\n".join(map(orjson.dumps, page)) + b"\n"


def _csv_lines(reader: Reader, rows: models.QuerySet[Any]) -> Iterator[bytes]:
    yield _csv([list(reader.members)])
    for page in _pages(reader, rows):
        yield _csv([[_cell(value) for value in one.values()] for one in page])


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
