"""How the operations of resources are described: from what the resources say of themselves."""

import copy
import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.pages import DEFAULT_LIMIT, MOST
from lrs_tracker.api.reading import DATE, ID, INSTANT, TEXT, Schema, object_schema, or_null
from lrs_tracker.api.schema import PROBLEM
from lrs_tracker.problem_details import CONTENT_TYPE, TITLES, TYPE_PREFIX

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

_WAYS = {"gte": "is this or later", "lte": "is this or earlier", "year": "is in this year"}
_MOST_CHOICES_IN_WORDS = 8
# Answers that are kept for a key: other refusals come before the work, or are mended and sent again.
_REPLAYABLE = ("200", "201", "204", "400", "404", "409", "412")
_HEADERS = {
    "Challenge": {"schema": TEXT, "description": "How to authenticate (RFC 6750).", "required": True},
    "Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "The answer was given before to a request with this key; a first answer lacks it.",
    },
    "Location": {
        "schema": {"type": "string", "format": "uri"},
        "description": "Where the object is.",
        "required": True,
    },
    "Wait": {"schema": {"type": "integer"}, "description": "In how many seconds to ask again.", "required": True},
}
_HEADERS_OF = {"401": ("WWW-Authenticate", "Challenge"), "429": ("Retry-After", "Wait")}
# What each refusal says, with its usual kind; docs/api.md lists the others.
_REFUSALS = {
    400: ("Values or parameters are refused; `errors` names each, with what is allowed.", "invalid"),
    401: ("There is no token, or one that is unknown, expired or revoked.", "not-authenticated"),
    403: ("The scope of the token or the role of its user does not allow it.", "permission-denied"),
    404: ("There is nothing here, or nothing that the user may see.", "not-found"),
    405: ("The address does not take this method.", "method-not-allowed"),
    406: ("The answer cannot be had in this type.", "not-acceptable"),
    409: ("Something stands against it now; `type` and `detail` say what, `missing` what a gate asks for.", "in-use"),
    410: ("What was asked for is not kept any more, or the rights are other ones: load anew.", "cursor-gone"),
    411: ("The body came in chunks, without its length.", "length-required"),
    412: ("Somebody changed it in the meantime.", "stale"),
    413: ("The body is too large.", "too-large"),
    415: ("The body is of another type.", "unsupported-media-type"),
    422: ("The key was used for another request.", "idempotency-key-reused"),
    429: ("Too many requests.", "throttled"),
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
    """Say with which headers operations answer: a challenge, when to ask again, where, and that it was said before."""
    for method, one in (each for methods in result["paths"].values() for each in methods.items()):
        takes_key = any(parameter["name"] == "Idempotency-Key" for parameter in one.get("parameters", ()))
        for status, made in one["responses"].items():
            named = [_HEADERS_OF[status]] if status in _HEADERS_OF else []
            if takes_key and status in _REPLAYABLE:
                named.append(("Idempotency-Replayed", "Replayed"))
            if method == "post" and status == "201":
                named.append(("Location", "Location"))
            for name, component in named:
                made.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{component}"}
    result["components"]["headers"] = _HEADERS
    return result


_PROBLEM_REF: Schema = {"$ref": "#/components/schemas/Problem"}
_PLAIN_PROBLEMS = [{CONTENT_TYPE: {"schema": schema}} for schema in (_PROBLEM_REF, PROBLEM)]


def share_refusals(result: Any, **_context: Any) -> Any:
    """Tell every refusal once, with its kinds and an example; operations refer to it."""
    shared: dict[str, Any] = {}
    for methods in result["paths"].values():
        for one in methods.values():
            for status, made in one["responses"].items():
                if made.get("content") not in _PLAIN_PROBLEMS:
                    continue
                name = f"Refused{status}{'Again' if 'Idempotency-Replayed' in made.get('headers', ()) else ''}"
                shared[name] = {**made, **_refusal(int(status))}
                one["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    result["components"]["responses"] = dict(sorted(shared.items()))
    return result


def _refusal(status: int) -> Schema:
    text, kind = _REFUSALS[status]
    problem: Schema = {
        "type": f"{TYPE_PREFIX}{kind}",
        "title": str(TITLES[status]),
        "status": status,
        "detail": text,
        "instance": "/api/v1/deals",
    }
    if status == 400:
        problem["detail"] = str(Invalid.default_detail)
        problem["errors"] = [
            {"field": "region", "code": "invalid_choice", "message": "Give one of these: europe, east_asia."}
        ]
    return {"description": text, "content": {CONTENT_TYPE: {"schema": _PROBLEM_REF, "example": problem}}}


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
    found = [_filter(name, one, _kept_by(resource.filters, name, one)) for name, one in resource.filter_fields.items()]
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


def _kept_by(filters: Any, name: str, one: django_filters.Filter) -> str:
    """Return what a filter keeps: what its method says, or how it compares a column."""
    if name == "q" and (columns := getattr(filters, "text_columns", ())):
        text = "Keep those that have every word in " + ", ".join(f"`{one.replace('__', '.')}`" for one in columns) + "."
    elif one.method is not None:
        text = (inspect.getdoc(getattr(filters, one.method)) or name).splitlines()[0]
    elif isinstance(one, django_filters.BooleanFilter) and one.lookup_expr == "isnull":
        has, lacks = ("false", "true") if not one.exclude else ("true", "false")
        text = f"“{has}” keeps those with `{one.field_name}`, “{lacks}” those without."
    else:
        several = isinstance(one, django_filters.MultipleChoiceFilter)
        way = "is one of these" if several else _WAYS.get(one.lookup_expr, "is this")
        text = f"Keep those whose `{one.field_name.rpartition('__')[2]}` {way}."
    return f"{text} {_choices_in_words(one)}".rstrip()


def _choices_in_words(one: django_filters.Filter) -> str:
    """Return what the words that a filter takes mean, where there are few and they do not say so themselves."""
    choices = one.extra.get("choices", ())
    pairs = [(str(value), str(label)) for value, label in (choices() if callable(choices) else choices)]
    if len(pairs) > _MOST_CHOICES_IN_WORDS or all(value in label.lower().replace(" ", "_") for value, label in pairs):
        return ""
    return "; ".join(f"“{value}”: {label}" for value, label in pairs) + "."


def _filter(name: str, one: django_filters.Filter, text: str) -> OpenApiParameter:
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
        return query(name, text, {"type": "array", "items": {"type": "string", "enum": choices_of(field)}})
    if isinstance(field, forms.ChoiceField):
        return query(name, text, {"type": "string", "enum": choices_of(field)})
    if isinstance(field, forms.DateField):
        return query(name, text, DATE)
    if isinstance(field, forms.DecimalField):
        return query(name, text, {"type": "integer", "minimum": field.min_value, "maximum": field.max_value})
    return query(name, text, {**TEXT, "pattern": r"\S", "maxLength": field.max_length})


def choices_of(field: forms.Field) -> list[str]:
    """Return the words that a field of a filter takes; none where it takes ids, or anything."""
    if isinstance(field, forms.ModelChoiceField) or not isinstance(field, forms.ChoiceField):
        return []
    choices: Any = field.choices
    return [str(value) for value, _label in choices if value != ""]
