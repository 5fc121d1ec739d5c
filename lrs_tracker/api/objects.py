"""The operations that every resource has: list, detail, create, change, delete, and by another system's id."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import orjson
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from lrs_tracker.api.answers import expected_version, json_answer, must_be_new, must_exist
from lrs_tracker.api.changing import change, create, delete, find_by_ref, read_ref, upsert
from lrs_tracker.api.description import (
    JSON,
    READ,
    WRITE,
    ResourceSchema,
    answer,
    choosing,
    etag,
    header,
    list_schema,
    narrowing,
    paging,
    partial,
    path,
)
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.once import Once
from lrs_tracker.api.pages import Cursor, read_limit
from lrs_tracker.api.reading import ID_IN_PATH, object_schema, or_null
from lrs_tracker.api.refs import EXTERNAL_ID, SYSTEM
from lrs_tracker.api.resources import Resource
from lrs_tracker.api.resources import resource as registered
from lrs_tracker.api.views import KnownParameters
from lrs_tracker.problem_details import FieldProblem
from sync.domain.feed import current_position
from sync.domain.sight import Cursor as ChangesCursor
from sync.domain.sight import sight_of

_LONGEST_ID = 19
_FLAGS = {"true": True, "false": False}


class ResourceView(KnownParameters):
    """A view of a resource; the class of each resource is made by `urls_of`."""

    resource: ClassVar[Resource]
    schema = ResourceSchema()
    # How an action is asked for; an address that only hands something out is read.
    action_method: ClassVar[str] = "post"

    @property
    def repeatable_parameters(self) -> frozenset[str]:  # type: ignore[override]  # by resource
        """The filters that take several values."""
        return self.resource.repeatable

    def find(self, request: Request, pk: str) -> Any:
        """Return the row of an id, as far as it exists for the caller. Raise Http404."""
        number = read_id(pk)
        row = None if number is None else self.resource.visible(request.user).filter(pk=number).first()
        if row is None:
            raise Http404
        return row

    def read_one(self, request: Request, pk: int, *, whole: bool = False) -> tuple[dict[str, Any], int | None]:
        """Return an object as the caller asked for it, or whole, and its version, if it has any. Raise Http404."""
        reader = self.resource.reader if whole else self.resource.choose(request, is_one=True)
        includes = [] if whole else self.resource.wanted_includes(request)
        # What is included is found by members that need not be asked for.
        found, version = self.resource.read_one(request.user, self.resource.detail_reader if includes else reader, pk)
        if found is None:
            raise Http404
        if includes:
            self.resource.embed(request.user, [found], includes)
        return trimmed(found, reader.members) if includes else found, version

    def answer(
        self,
        request: Request,
        pk: int,
        *,
        status: int = 200,
        whole: bool = False,
        once: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Return the answer with an object and its entity tag; `once` is told now and never again."""
        found, version = self.read_one(request, pk, whole=whole)
        return json_answer(request, {**found, **(once or {})}, status=status, version=version)

    def version_of(self, pk: int) -> int | None:
        """Return the version of a row, as far as it exists for the caller. Raise Http404."""
        rows = self.resource.visible(self.request.user).filter(pk=pk)
        version = rows.values_list("version", flat=True).first()
        if version is None:
            raise Http404
        return int(version)


def trimmed(one: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wanted members of an object, with what is embedded."""
    return {name: value for name, value in one.items() if name in names or name == "embedded"}


def read_id(text: str) -> int | None:
    """Return the key that an id stands for, or None when it cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        return None
    number = int(text)
    return number if number < 2**63 else None


class ListView(ResourceView):
    """The rows that exist for the caller, narrowed, ordered and by pages; and creating one."""

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return f"{'create' if method == 'POST' else 'list'}_{self.resource.name}"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return f"Create: {self.resource.title}" if method == "POST" else f"List: {self.resource.title}"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return self.resource.description

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        if method == "POST":
            return [header("Idempotency-Key"), etag(201)]
        found = [*paging(self.resource), *choosing(self.resource), *narrowing(self.resource)]
        return [*found, header("If-None-Match"), etag(200)]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        return self.resource.creator if method == "POST" else None

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        if method == "POST":
            made = answer(schema.created(self.resource), "The object that was created.")
            return {(201, JSON): made, **schema.problems(WRITE)}
        page = list_schema(chosen_schema(schema, self.resource))
        return {
            (200, JSON): answer(page, "A page of the list."),
            304: answer(None, "The caller has this answer already."),
            **schema.problems(READ),
        }

    @property
    def query_parameters(self) -> list[str]:  # type: ignore[override]  # by resource and method
        """The parameters that this list knows."""
        if self.request.method == "POST":
            return []
        return [*_LIST_PARAMETERS, *self.resource.parameters]

    def get(self, request: Request) -> HttpResponse:
        """Answer a page."""
        resource = self.resource
        position = current_position() if _flag(request, "snapshot") else None
        limit = read_limit(request)
        cursor = Cursor.parse(given) if (given := request.query_params.get("cursor")) is not None else None
        ordering = request.query_params.get("ordering")
        order = resource.order(ordering if ordering is not None else cursor.order if cursor else "id")
        if cursor and (cursor.resource, cursor.order) != (resource.name, order.name):
            message = _("This cursor belongs to another list or ordering.")
            raise Invalid([FieldProblem(field="cursor", code="cursor", message=message)])
        reader, includes = resource.choose(request), resource.wanted_includes(request)
        found, keys = resource.read_page(
            request, resource.reader if includes else reader, order, limit + 1, cursor.values if cursor else None
        )
        more = len(found) > limit
        found = found[:limit]
        if includes:
            resource.embed(request.user, found, includes)
            found = [trimmed(one, reader.members) for one in found]
        page: dict[str, Any] = {"results": found, "next": None}
        if more:
            page["next"] = _next_url(request, str(Cursor(resource.name, order.name, keys[limit - 1])))
        if position is not None:
            page["changes_cursor"] = str(ChangesCursor(position, sight_of(cast(User, request.user))))
        return json_answer(request, page)

    def post(self, request: Request) -> HttpResponse:
        """Create an object."""
        return Once(request).run(lambda: self._create(request), may_see=self._find_answered)

    def _find_answered(self, body: bytes) -> Any:
        return self.find(self.request, orjson.loads(body)["id"])

    def _create(self, request: Request) -> HttpResponse:
        row = create(self.resource, request, request.data)
        once = {name: getattr(row, name) for name in self.resource.shown_once}
        response = self.answer(request, row.pk, status=201, whole=True, once=once)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{row.pk}")
        return response


_VERBS = {"GET": "Read", "PATCH": "Change", "DELETE": "Delete", "PUT": "Create or change"}


class _OneView(ResourceView):
    """What is described alike of one object, however it is found."""

    suffix = ""

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        verb = {"GET": "read", "PATCH": "change", "DELETE": "delete", "PUT": "put"}[method]
        return f"{verb}_{self.resource.singular.replace('-', '_')}{self.suffix}"

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        by = " by another system's id" if self.suffix else ""
        return f"{_VERBS[method]} one{by}: {self.resource.title}"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return self.resource.description

    def describe_path(self) -> list[Any]:
        """Return the parameters of the path."""
        return [path("id", "The id of the object.", ID_IN_PATH)]

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        match method:
            case "GET":
                return [*self.describe_path(), *choosing(self.resource), header("If-None-Match"), etag(200)]
            case "DELETE":
                return [*self.describe_path(), header("If-Match")]
            case "PUT":
                new = header("If-None-Match", "“*”: only when nothing has this id yet, else 412.")
                return [*self.describe_path(), header("If-Match"), new, etag(200, 201)]
        return [*self.describe_path(), header("If-Match"), etag(200)]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        return {"PATCH": self.resource.changer, "PUT": self.resource.creator}.get(method)

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        if method == "GET":
            return {
                (200, JSON): answer(chosen_schema(schema, self.resource), "The object."),
                304: answer(None, "The caller has this answer already."),
                **schema.problems(READ),
            }
        if method == "DELETE":
            return {204: answer(None, "It is deleted."), **schema.problems(WRITE)}
        changed = {(200, JSON): answer(schema.object_of(self.resource), "The object as it is now.")}
        if method == "PUT":
            changed[201, JSON] = answer(schema.object_of(self.resource), "The object that was created.")
        return {**changed, **schema.problems(WRITE)}


class DetailView(_OneView):
    """One object: reading, changing and deleting it."""

    @property
    def query_parameters(self) -> list[str]:  # type: ignore[override]  # by method
        """The parameters that reading knows."""
        return ["fields", "include"] if self.request.method in ("GET", "HEAD") else []

    def get(self, request: Request, pk: str) -> HttpResponse:
        """Answer the object."""
        number = read_id(pk)
        if number is None:
            raise Http404
        return self.answer(request, number)

    def patch(self, request: Request, pk: str) -> HttpResponse:
        """Change the members that the body names."""
        row = self.find(request, pk)
        with transaction.atomic():
            change(self.resource, request, row, request.data, expected=expected_version(request))
            return self.answer(request, row.pk, whole=True)

    def delete(self, request: Request, pk: str) -> HttpResponse:
        """Delete the object."""
        row = self.find(request, pk)
        with transaction.atomic():
            delete(self.resource, request, row, expected=expected_version(request))
        return HttpResponse(status=204)


class RefView(_OneView):
    """The object that holds an id of another system."""

    suffix = "_by_ref"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        if method != "PUT":
            return super().describe_description(method, schema)
        return (
            "The same body can be put again and again. What only a new object takes is checked each time: how it "
            "began, such as a first next step, is not done again, and another value of what never changes is refused."
        )

    def describe_path(self) -> list[Any]:
        """Return the parameters of the path."""
        return [path("system", "The other system.", SYSTEM), path("external_id", "The id there.", EXTERNAL_ID)]

    @property
    def query_parameters(self) -> list[str]:  # type: ignore[override]  # by method
        """The parameters that reading knows."""
        return ["fields", "include"] if self.request.method in ("GET", "HEAD") else []

    def get(self, request: Request, system: str, external_id: str) -> HttpResponse:
        """Answer the object."""
        row = find_by_ref(self.resource, request, read_ref(system, external_id))
        if row is None:
            raise Http404
        return self.answer(request, row.pk)

    def put(self, request: Request, system: str, external_id: str) -> HttpResponse:
        """Create the object that holds the id, or change it."""
        with transaction.atomic():
            is_for = False if must_be_new(request) else must_exist(request) or None
            pk, is_new = upsert(
                self.resource,
                request,
                read_ref(system, external_id),
                request.data,
                expected=expected_version(request),
                is_for=is_for,
            )
            return self.answer(request, pk, status=201 if is_new else 200, whole=True)


def chosen_schema(schema: ResourceSchema, resource: Resource) -> Any:
    """Return the schema of an object of which the caller may choose members and embedded objects."""
    if not resource.includes:
        embedded = {}
    else:
        embedded = {
            name: schema.object_of(registered(include.resource))
            if resource.members[include.member].schema.get("type") != "array"
            else {"type": "array", "items": schema.object_of(registered(include.resource))}
            for name, include in resource.includes.items()
        }
        embedded = {name: one if one.get("type") == "array" else or_null(one) for name, one in embedded.items()}
    name = f"{resource.component_name}Chosen"
    return schema.component(name, partial(object_schema(resource.members), embedded))


_LIST_PARAMETERS = ("limit", "cursor", "ordering", "fields", "include", "snapshot")


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name)
    if given is None:
        return False
    if given not in _FLAGS:
        message = _("Give “true” or “false”.")
        raise Invalid([FieldProblem(field=name, code="invalid", message=message)])
    return _FLAGS[given]


def _next_url(request: Request, cursor: str) -> str:
    params = request.query_params.copy()
    params["cursor"] = cursor
    params.pop("snapshot", None)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
