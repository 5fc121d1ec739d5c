"""The operations that every resource has: list, detail, create, change, delete, and by another system's id."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import orjson
from django.db import transaction
from django.db.models.functions import Now
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from accounts.models import User
from lrs_tracker.api.answers import expected_version, json_answer, must_be_new, must_exist, refuse_stale
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
from lrs_tracker.api.exceptions import Invalid, Stale
from lrs_tracker.api.once import Once
from lrs_tracker.api.pages import Cursor, read_limit
from lrs_tracker.api.reading import ID_IN_PATH, object_schema, or_null
from lrs_tracker.api.refs import EXTERNAL_ID, SYSTEM
from lrs_tracker.api.resources import Resource
from lrs_tracker.api.resources import resource as registered
from lrs_tracker.api.views import KnownParameters
from lrs_tracker.api.writing import Writer
from lrs_tracker.domain_functions import call_for_row
from lrs_tracker.problem_details import FieldProblem
from lrs_tracker.problems import StaleVersionError
from sync.domain.feed import current_position
from sync.domain.refs import Ref, add_ref, holders, is_ref, lock_ref, set_refs
from sync.domain.sight import Cursor as ChangesCursor
from sync.domain.sight import sight_of

_LONGEST_ID = 19
_FLAGS = {"true": True, "false": False}
_MOST_ATTEMPTS = 5


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
        if cursor and cursor.order != order.name:
            message = _("This cursor belongs to another ordering.")
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
            page["next"] = _next_url(request, str(Cursor(order.name, keys[limit - 1])))
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


def read_ref(system: Any, external_id: Any) -> Ref:
    """Return a ref. Raise Invalid for what none can be."""
    if not is_ref(system, external_id):
        message = _(
            "A system is up to 40 letters, digits, hyphens and underscores; an id is up to 200 characters that can be "
            "seen, and neither “.” nor “..”."
        )
        raise Invalid([FieldProblem(field="ref", code="invalid", message=message)])
    return Ref(system, external_id)


def create(resource: Resource, request: Request, data: Any) -> Any:
    """Create an object from a body and return its row."""
    values, refs = _values(resource, resource.creator, request, data, partial=False)
    with transaction.atomic():
        row = call_for_row(
            cast(Any, resource.domain.create), row=resource.model(), known=known_of(request), given=values
        )
        if refs is not None:
            set_refs(resource=resource.singular, object_id=row.pk, refs=refs)
    return row


def change(resource: Resource, request: Request, row: Any, data: Any, *, expected: int | None) -> None:
    """Change what a body names of an object, if its version is the expected one."""
    values, refs = _values(resource, resource.changer, request, data, partial=True)
    with transaction.atomic():
        if values:
            _write_values(resource, request, row, values, expected=expected)
        else:
            refuse_stale_row(resource, row, expected)
        if refs is not None or not values:
            require_change(resource, request)
        if refs is not None and set_refs(resource=resource.singular, object_id=row.pk, refs=refs):
            resource.model._base_manager.filter(pk=row.pk).update(updated_at=Now())


def _write_values(
    resource: Resource, request: Request, row: Any, values: Mapping[str, Any], *, expected: int | None
) -> None:
    """Have the domain write values to a row, together with what they leave as it is now.

    Some domain functions take all that a form has. What the body does not name comes from the row, which someone else
    may have changed since it was read: then it is read again, unless the caller expected that version. A function
    that takes no version finds its row locked.
    """
    function = cast(Any, resource.domain.change)
    is_versioned = takes_version(function)
    if expected is not None:
        refuse_stale(row.version, expected)
    for attempt in range(_MOST_ATTEMPTS):
        if attempt or not is_versioned:
            row = _read_again(resource, request, row.pk, is_locked=not is_versioned)
            if expected is not None:
                refuse_stale(row.version, expected)
        known = {**known_of(request), "expected_version": row.version if is_versioned else None}
        try:
            call_for_row(function, row=row, known=known, given=values, changed=frozenset(values))
            return
        except StaleVersionError:
            if expected is not None or attempt == _MOST_ATTEMPTS - 1:
                raise


def _read_again(resource: Resource, request: Request, pk: int, *, is_locked: bool) -> Any:
    rows = resource.visible(request.user).filter(pk=pk)
    row = (rows.select_for_update(of=("self",)) if is_locked else rows).first()
    if row is None:
        raise Http404
    return row


def delete(resource: Resource, request: Request, row: Any, *, expected: int | None) -> None:
    """Delete an object, if its version is the expected one."""
    with transaction.atomic():
        if expected is not None:
            refuse_stale(row.version, expected)
        if not takes_version(resource.domain.delete):
            refuse_stale_row(resource, row, expected)
        known = {**known_of(request), "expected_version": expected}
        call_for_row(cast(Any, resource.domain.delete), row=row, known=known, given={})


def find_by_ref(resource: Resource, request: Request, ref: Ref) -> Any:
    """Return the row that holds a ref, as far as it exists for the caller, by one query whether it does or not."""
    return resource.visible(request.user).filter(pk__in=holders(resource=resource.singular, ref=ref)).first()


@transaction.atomic
def upsert(
    resource: Resource,
    request: Request,
    ref: Ref,
    data: Any,
    *,
    expected: int | None = None,
    is_for: bool | None = None,
) -> tuple[int, bool]:
    """Create the object that holds a ref, or change it; return its key and whether it is new.

    `is_for` says that it is to be there already, or not yet. Raise Stale where it is otherwise.
    """
    row = find_by_ref(resource, request, ref)
    if row is None:
        # Who puts the same at the same time waits here, and then finds it.
        lock_ref(resource=resource.singular, ref=ref)
        row = find_by_ref(resource, request, ref)
    if row is not None:
        if is_for is False:
            raise Stale(_("There is an object with this id already."))
        change(resource, request, row, _without_fixed(resource, request, row, data), expected=expected)
        return int(row.pk), False
    if is_for or expected is not None:
        raise Stale(_("There is no object with this id."))
    pk = int(create(resource, request, data).pk)
    add_ref(resource=resource.singular, object_id=pk, ref=ref)
    return pk, True


def _without_fixed(resource: Resource, request: Request, row: Any, data: Any) -> Any:
    """Return a body without what only a new object takes, so that the same one can be put again.

    Raise Invalid for what no new object would take either, and for another value of what stays as it was, such as the
    company of a contact. How a new one begins, such as the next step of a deal, is not told by what it is now.
    """
    if not isinstance(data, dict) or resource.creator is None or resource.changer is None:
        return data
    known = resource.creator(context={"request": request}).fields
    fixed = {name for name in data if name in known and name not in resource.changer().fields}
    for name in sorted(fixed):
        try:
            value = known[name].run_validation(data[name])
        except ValidationError as error:
            raise ValidationError({name: error.detail}) from error
        if hasattr(row, name) and value != getattr(row, name):
            message = _("This stays as it was when the object was created.")
            raise Invalid([FieldProblem(field=name, code="fixed", message=message)])
    return {name: value for name, value in data.items() if name not in fixed}


def require_change(resource: Resource, request: Request) -> None:
    """Raise PermissionDenied unless the caller's role may change objects of a resource."""
    meta = resource.model._meta
    if not request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
        raise PermissionDenied


def takes_version(function: Callable[..., Any] | None) -> bool:
    """Tell whether a domain function sees to the version itself, after the locks that it takes in its own order."""
    return function is not None and "expected_version" in inspect.signature(function).parameters


def refuse_stale_row(resource: Resource, row: Any, expected: int | None) -> None:
    """Lock a row and raise Stale unless it is at the expected version, if one is expected."""
    if expected is not None:
        refuse_stale(_locked_version(resource, row), expected)


def _locked_version(resource: Resource, row: Any) -> int:
    locked = resource.model._default_manager.select_for_update(of=("self",)).filter(pk=row.pk)
    version = locked.values_list("version", flat=True).first()
    if version is None:
        raise Http404
    return int(version)


def _values(
    resource: Resource, writer: type[Writer] | None, request: Request, data: Any, *, partial: bool
) -> tuple[dict[str, Any], list[Ref] | None]:
    """Return the values of a body and the refs in it, if it has any. Raise ValidationError."""
    if writer is None:
        raise PermissionDenied
    if not isinstance(data, dict):
        message = _("Give an object.")
        raise Invalid([FieldProblem(field=None, code="invalid", message=message)])
    serializer = writer(data=data, partial=partial, context={"request": request})
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = dict(serializer.validated_data)
    refs: list[Ref] | None = values.pop("refs", None)
    return values, refs


def known_of(request: Request) -> dict[str, Any]:
    """Return what domain functions ask for beside values: who, when, and the caller's day."""
    http = request._request
    return {"by": request.user, "at": timezone.now(), "today": http.today}  # type: ignore[attr-defined]


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
