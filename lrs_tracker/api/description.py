"""How the operations of resources are described: from what the resources say of themselves."""

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from lrs_tracker.api.pages import DEFAULT_LIMIT, MOST
from lrs_tracker.api.reading import DATE, ID, INSTANT, TEXT, Schema, object_schema, or_null
from lrs_tracker.api.schema import PROBLEM
from lrs_tracker.problem_details import CONTENT_TYPE

if TYPE_CHECKING:
    from lrs_tracker.api.resources import Resource

JSON = "application/json"
# 405: in place of an id stands a word, such as “bulk”, that takes other methods.
READ = (400, 401, 404, 405, 406, 429)
WRITE = (400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 422, 429)
_ETAG_IN = {
    "If-None-Match": "The entity tag of the answer that the caller has: 304 when it is still the same.",
    "If-Match": "The entity tag of the object as it was read: 412 when it was changed since.",
    "Idempotency-Key": "Up to 200 characters of one's own: the first answer is kept for a day, and given again.",
}

# Answers that are kept for a key: other refusals come before the work, or are mended and sent again.
_REPLAYABLE = ("200", "201", "204", "400", "404", "409", "412")
_HEADERS = {
    "Challenge": {"schema": TEXT, "description": "How to authenticate (RFC 6750).", "required": True},
    "Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "The answer was given before to a request with this key; a first answer lacks it.",
    },
}


class FieldWithSchema(OpenApiSerializerFieldExtension):
    """Fields of bodies that say their own schema."""

    target_class = "lrs_tracker.api.writing.Described"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """Return the schema of the field; null, where it is allowed, is added by spectacular."""
        schema: Schema = self.target.schema
        return schema


class DistinctListSchema(OpenApiSerializerFieldExtension):
    """Lists in which nothing comes twice."""

    target_class = "lrs_tracker.api.writing.DistinctList"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """Return the schema of the list, which says so."""
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return {**schema, "uniqueItems": True}


class ResourceSchema(AutoSchema):
    """The description of an operation of a resource; each view says what it does in `operation`."""

    @property
    def _resource(self) -> "Resource":
        view: Any = self.view
        found: Resource = view.resource
        return found

    def _says(self, what: str) -> Any:
        """Return what the view says of this method: its `describe_<what>`, or nothing."""
        return getattr(self.view, f"describe_{what}")(self.method, self)

    def get_operation_id(self) -> str:
        """Return the name of the operation."""
        return str(self._says("operation_id"))

    def get_summary(self) -> str:
        """Return what it does."""
        return str(self._says("summary"))

    def get_description(self) -> str:  # type: ignore[override]  # as spectacular has it
        """Return more of what it does."""
        return str(self._says("description"))

    def get_tags(self) -> list[str]:
        """Return the resource, or what the view says instead."""
        if hasattr(self.view, "describe_tags"):
            return list(self._says("tags"))
        return [self._resource.name]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of path, query and header."""
        return list(self._says("parameters"))

    def get_request_serializer(self) -> Any:
        """Return the body."""
        return self._says("body")

    def get_response_serializers(self) -> Any:
        """Return the answers, by status and type."""
        return self._says("answers")

    def get_examples(self) -> list[OpenApiExample]:
        """Return none: the schemas have examples."""
        return []

    def component(self, name: str, schema: Schema) -> Schema:
        """Return a reference to a named schema."""
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component.ref

    def object_of(self, resource: "Resource") -> Schema:
        """Return a reference to the schema of a resource's objects."""
        return self.component(resource.component_name, object_schema(resource.members))

    def created(self, resource: "Resource") -> Schema:
        """Return a reference to the schema of a resource's objects with what is told of them once."""
        if not resource.shown_once:
            return self.object_of(resource)
        schema = object_schema(resource.members)
        once = dict.fromkeys(resource.shown_once, TEXT)
        whole = {**schema, "properties": {**schema["properties"], **once}, "required": [*schema["required"], *once]}
        return self.component(f"{resource.component_name}Created", whole)

    def problems(self, statuses: Iterable[int]) -> dict[tuple[int, str], Any]:
        """Return the answers by which an operation refuses."""
        problem = self.component("Problem", PROBLEM)
        return {(status, CONTENT_TYPE): problem for status in statuses}


def leave_choices_in_place(result: Any, **_context: Any) -> Any:
    """Take the marks out of the description by which choices would become schemas of their own."""
    if isinstance(result, dict):
        return {name: leave_choices_in_place(inner) for name, inner in result.items() if name != "x-spec-enum-id"}
    return [leave_choices_in_place(inner) for inner in result] if isinstance(result, list) else result


def link_operations(result: Any, **_context: Any) -> Any:
    """Say of each answer with an object, or a list of them, what can be done next: every operation of its id."""
    paths = result["paths"]
    for address, methods in paths.items():
        below = sorted(
            one["operationId"]
            for other, others in paths.items()
            if other == f"{address}/{{id}}" or other.startswith(f"{address}/{{id}}/")
            for one in others.values()
        )
        for method, status, where in (("post", "201", "/id"), ("get", "200", "/results/0/id")):
            made = methods.get(method, {}).get("responses", {}).get(status)
            if made and below:
                made["links"] = {
                    name: {"operationId": name, "parameters": {"id": f"$response.body#{where}"}} for name in below
                }
    return result


def name_headers(result: Any, **_context: Any) -> Any:
    """Say with which headers every operation answers: a challenge, and that an answer was given before."""
    for one in (one for methods in result["paths"].values() for one in methods.values()):
        takes_key = any(parameter["name"] == "Idempotency-Key" for parameter in one.get("parameters", ()))
        for status, made in one["responses"].items():
            if status == "401":
                made.setdefault("headers", {})["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
            elif takes_key and status in _REPLAYABLE:
                made.setdefault("headers", {})["Idempotency-Replayed"] = {"$ref": "#/components/headers/Replayed"}
    result["components"]["headers"] = _HEADERS
    return result


def path(name: str, text: str, schema: Schema = TEXT) -> OpenApiParameter:
    """Return a parameter in the path."""
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True, description=text)


def query(name: str, text: str, schema: Schema = TEXT, *, explode: bool | None = None) -> OpenApiParameter:
    """Return a parameter in the query."""
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=text, explode=explode)


def header(name: str, text: str = "") -> OpenApiParameter:
    """Return a header that the caller may send, with another text than the usual one."""
    return OpenApiParameter(name, TEXT, OpenApiParameter.HEADER, description=text or _ETAG_IN[name])


def etag(*statuses: int) -> OpenApiParameter:
    """Return the entity tag of an answer."""
    text = "Changes whenever the answer does."
    return OpenApiParameter("ETag", TEXT, OpenApiParameter.HEADER, description=text, response=list(statuses))


def answer(schema: Any, text: str) -> OpenApiResponse:
    """Return an answer with its description."""
    return OpenApiResponse(schema, description=text)


def list_schema(item: Schema) -> Schema:
    """Return the schema of a page."""
    return {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": item},
            "next": or_null({"type": "string", "format": "uri", "description": "Where the next page is."}),
            "changes_cursor": {"type": "string", "description": "With snapshot=true: where to follow changes from."},
        },
        "required": ["results", "next"],
        "additionalProperties": False,
    }


def partial(schema: Schema, embedded: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object of which a caller chooses the members."""
    properties = dict(schema["properties"])
    if embedded:
        properties["embedded"] = {"type": "object", "properties": dict(embedded), "additionalProperties": False}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def narrowing(resource: "Resource") -> list[OpenApiParameter]:
    """Return the parameters that narrow a list."""
    found = [_filter(name, one) for name, one in resource.filter_fields.items()]
    if "updated_since" in resource.parameters:
        found.append(query("updated_since", "Changed at this instant or later.", INSTANT))
    return found


def paging(resource: "Resource") -> list[OpenApiParameter]:
    """Return the parameters of pages."""
    orders = [sign + name for name in sorted(resource.order_columns) for sign in ("", "-")]
    limits = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
    return [
        query("limit", "How many rows a page has.", limits),
        query("cursor", "Where the page begins: from the address in “next”."),
        query("ordering", "The order, with “-” in front for descending.", {"type": "string", "enum": orders}),
        query("snapshot", "Whether to answer the cursor of the change feed for this list.", {"type": "boolean"}),
    ]


def choosing(resource: "Resource", *, includes: bool = True) -> list[OpenApiParameter]:
    """Return the parameters that choose members and embedded objects."""
    found = [query("fields", "The members to answer, all unless given.", _names(resource.members), explode=False)]
    if resource.includes and includes:
        text = "Objects that are answered in “embedded”."
        found.append(query("include", text, _names(resource.includes), explode=False))
    return found


def _names(known: Iterable[str]) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list(known)}, "minItems": 1}


def _filter(name: str, one: django_filters.Filter) -> OpenApiParameter:
    text = str(one.label or name)
    if (schema := getattr(one, "schema", None)) is not None:
        return query(name, text, schema)
    # A filter keeps its first field, and everybody's filters are copies of this one: here all rows may be chosen.
    field = copy.deepcopy(one).field
    if isinstance(one, django_filters.BooleanFilter):
        return query(name, text, {"type": "boolean"})
    if isinstance(field, forms.ModelMultipleChoiceField):
        return query(name, text, {"type": "array", "items": ID})
    if isinstance(field, forms.ModelChoiceField):
        return query(name, text, TEXT if field.to_field_name else ID)
    if isinstance(field, forms.MultipleChoiceField):
        return query(name, text, {"type": "array", "items": {"type": "string", "enum": _values(field)}})
    if isinstance(field, forms.ChoiceField):
        return query(name, text, {"type": "string", "enum": _values(field)})
    if isinstance(field, forms.DateField):
        return query(name, text, DATE)
    if isinstance(field, forms.DecimalField):
        return query(name, text, {"type": "integer", "minimum": field.min_value, "maximum": field.max_value})
    return query(name, text, {**TEXT, "pattern": r"\S", "maxLength": field.max_length})


def _values(field: Any) -> list[str]:
    return [str(value) for value, _label in field.choices if value != ""]
