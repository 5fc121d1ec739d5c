"""What a resource of the API is: its members, filters, orders, and the domain functions that write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, cast

import django_filters
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lrs_tracker.api.description import choices_of
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.notation import is_day, is_whole_number, read_instant
from lrs_tracker.api.pages import Order
from lrs_tracker.api.reading import Member, Reader, instant, integer, key
from lrs_tracker.api.writing import Writer
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.prepared import Hole, PreparedForViewers
from lrs_tracker.problem_details import FieldProblem
from lrs_tracker.visibility import Viewer

_YES_OR_NO = frozenset({"true", "false"})
_MOST_INCLUDED = 2_000


@dataclass(frozen=True, slots=True)
class Include:
    """Objects of another resource that may come with one: those whose ids a member holds."""

    member: str
    resource: str


class Upserted(NamedTuple):
    """An object that an operation created or changed: its key, its version, and which of the two it was."""

    pk: int
    version: int
    is_new: bool


class Resource:
    """A resource of the API. A subclass says what it is; `register` makes it known.

    `name` is its plural, as in addresses, `singular` its name in the change log. `members` are what reading gives.
    Without `create`, `change` or `delete` in `domain` there is no such operation.
    """

    name: ClassVar[str]
    singular: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str] = ""
    model: ClassVar[type[models.Model]]
    members: ClassVar[Mapping[str, Member]]
    # Members that say more in the answer of one object than in lists, where that would be too much.
    detail_members: ClassVar[Mapping[str, Member]] = {}
    filters: ClassVar[type[django_filters.FilterSet] | None] = None
    orders: ClassVar[Mapping[str, str]] = {}
    includes: ClassVar[Mapping[str, Include]] = {}
    creator: ClassVar[type[Writer] | None] = None
    changer: ClassVar[type[Writer] | None] = None
    domain: ClassVar[DomainFunctions] = DomainFunctions()
    has_refs: ClassVar[bool] = False
    # Attributes of a row that are answered when it is created, and never again.
    shown_once: ClassVar[tuple[str, ...]] = ()
    # Views of what can be done with one object beside writing it, by the last part of their address.
    actions: ClassVar[Mapping[str, Any]] = {}
    is_exported: ClassVar[bool] = True
    # Whether what a user sees of it depends on them as on any viewer, and not on their day.
    is_for_viewers: ClassVar[bool] = True
    # The members that `upsert_many` knows to write; without any, every object is written by itself.
    plain_members: ClassVar[frozenset[str]] = frozenset()
    # The view of its list, where creating one is not like elsewhere.
    list_view: ClassVar[Any] = None

    @cached_property
    def component_name(self) -> str:
        """The name of its objects in the description: “royalty-term” becomes “RoyaltyTerm”."""
        return "".join(word.capitalize() for word in self.singular.split("-"))

    @cached_property
    def reader(self) -> Reader:
        """The reader of whole objects."""
        return Reader(self.members)

    @cached_property
    def detail_reader(self) -> Reader:
        """The reader of one object with all that can be said of it."""
        return Reader({**self.members, **self.detail_members})

    @cached_property
    def is_versioned(self) -> bool:
        """Whether its objects have a version, and so can be written against one."""
        return "version" in self.members

    @cached_property
    def bulk_operations(self) -> list[str]:
        """The operations that many of which can be asked for at once."""
        found = []
        if self.creator is not None:
            found.append("create")
        if self.changer is not None:
            found.append("update")
            if self.has_refs:
                found.append("upsert")
        if self.domain.delete is not None:
            found.append("delete")
        return found

    @cached_property
    def order_columns(self) -> Mapping[str, str]:
        """The columns that a list can be ordered by, by name."""
        own = {"id": "pk", **self.orders}
        return {**own, **({"updated_at": "updated_at"} if "updated_at" in self.members else {})}

    def visible(self, user: Any) -> models.QuerySet[Any]:
        """Return the rows that exist for a user."""
        manager: Any = self.model._default_manager
        rows: models.QuerySet[Any] = manager.visible_to(user)
        return rows.order_by()

    def read_one(self, user: Any, reader: Reader, pk: int) -> tuple[dict[str, Any] | None, int | None]:
        """Return an object as far as it exists for a user, and its version where it has one."""
        found = self._one.run(user, reader, key=pk) if self.is_for_viewers else list(self._one_row(user, reader, pk))
        objects, extra = reader.convert(found)
        return (objects[0], next(iter(extra[0]), None)) if objects else (None, None)

    def _one_row(self, viewer: Any, reader: Reader, pk: Any) -> models.QuerySet[Any]:
        return reader.columns(self.visible(viewer).filter(pk=pk), ("version",) if self.is_versioned else ())

    @cached_property
    def _one(self) -> PreparedForViewers[Any]:
        return PreparedForViewers(lambda viewer, reader: self._one_row(viewer, reader, Hole("key")))

    def read_page(
        self, request: Request, reader: Reader, order: Order, limit: int, after: Sequence[Any] | None
    ) -> tuple[list[dict[str, Any]], list[Any]]:
        """Return the first objects behind some keys that a request asks for, and the keys of each.

        Raise Invalid for values of its parameters that are not known.
        """
        is_whole = self.parameters.isdisjoint(request.query_params)
        if is_whole and self.is_for_viewers and (after is None or order.column == "pk"):
            shape = (reader, order, limit, after is not None)
            return reader.convert(self._pages.run(cast(Viewer, request.user), *shape, key=after and after[0]))
        rows = self.narrow(request, self.visible(request.user))
        return reader.convert(list(self._page_rows(rows, reader, order, limit, after)))

    def _page_rows(
        self, rows: models.QuerySet[Any], reader: Reader, order: Order, limit: int, after: Sequence[Any] | None
    ) -> models.QuerySet[Any]:
        if after is not None:
            rows = order.after(rows, after)
        return reader.columns(rows.order_by(*order.columns)[:limit], order.keys)

    @cached_property
    def _pages(self) -> PreparedForViewers[Any]:
        def build(viewer: Viewer, reader: Reader, order: Order, limit: int, is_after: bool) -> models.QuerySet[Any]:
            after = [Hole("key")] if is_after else None
            return self._page_rows(self.visible(viewer), reader, order, limit, after)

        return PreparedForViewers(build)

    def upsert_many(self, request: Request, upserts: Sequence[tuple[tuple[str, str], Any]]) -> list[Upserted]:
        """Create or change many objects at once, by refs (system, external id) that differ, with plain members.

        It is called inside a transaction. Whatever it raises, they are then taken one by one.
        """
        raise NotImplementedError

    def filter_set(self, request: Request, rows: models.QuerySet[Any], params: QueryDict) -> Any:
        """Return the filters of the pages, over some rows."""
        return self.filters(params, queryset=rows, request=request) if self.filters else None

    @cached_property
    def filter_fields(self) -> Mapping[str, django_filters.Filter]:
        """The filters by parameter."""
        return dict(self.filters.base_filters) if self.filters else {}

    @cached_property
    def repeatable(self) -> frozenset[str]:
        """The filters that may be given several times, for any of their values."""
        several = django_filters.MultipleChoiceFilter
        return frozenset(name for name, one in self.filter_fields.items() if isinstance(one, several))

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The parameters that narrow a list."""
        since = ("updated_since",) if "updated_at" in self.members else ()
        return frozenset((*self.filter_fields, *since))

    def narrow(self, request: Request, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Return the rows that the parameters of a request ask for. Raise Invalid for values that are not known."""
        params = QueryDict(mutable=True)
        for name, values in request.query_params.lists():
            if name in self.filter_fields:
                params.setlist(name, values)
        problems = self._wrong_values(params)
        rows, since_problems = self._since(request, rows)
        problems += since_problems
        found = self.filter_set(request, rows, params) if params else None
        if found is not None:
            # A form takes a box that is not sent for one that is not ticked; here it was not asked for.
            found.filters = {name: one for name, one in found.filters.items() if name in params}
            named = {problem["field"] for problem in problems}
            problems += [
                FieldProblem(
                    field=name,
                    code=error.code or "invalid",
                    message=_told(found.form.fields[name], error.code, message),
                )
                for name, errors in found.errors.as_data().items()
                if name not in named
                for error in errors
                for message in error.messages
            ]
        if problems:
            raise Invalid(problems)
        return rows if found is None else found.qs

    def _wrong_values(self, params: QueryDict) -> list[FieldProblem]:
        """Return what is wrong with values that a form takes and the API does not, such as a date in words."""
        found = []
        for name, values in params.lists():
            for wrong in dict.fromkeys(_wrong_value(self.filter_fields[name], value) for value in values):
                if wrong is not None:
                    found.append(FieldProblem(field=name, code=wrong[0], message=wrong[1]))
        return found

    def _since(self, request: Request, rows: models.QuerySet[Any]) -> tuple[models.QuerySet[Any], list[FieldProblem]]:
        given = request.query_params.get("updated_since") if "updated_at" in self.members else None
        if given is None:
            return rows, []
        try:
            return rows.filter(updated_at__gte=read_instant(given)), []
        except ValueError:
            message = _("Give an instant with its zone, such as 2026-11-28T08:00:00Z.")
            return rows, [FieldProblem(field="updated_since", code="invalid", message=message)]

    def order(self, name: str) -> Order:
        """Return the order of this name, with a minus in front for descending. Raise Invalid for another."""
        bare = name.removeprefix("-")
        if bare not in self.order_columns:
            allowed = ", ".join(sorted(self.order_columns))
            message = _("Unknown. Allowed: %(names)s, each also with “-” in front.") % {"names": allowed}
            raise Invalid([FieldProblem(field="ordering", code="invalid", message=message)])
        return Order(name, self.order_columns[bare], name.startswith("-"))

    def choose(self, request: Request, *, is_one: bool = False) -> Reader:
        """Return a reader of the members that `fields` asks for. Raise Invalid for unknown ones."""
        reader = self.detail_reader if is_one else self.reader
        return reader.only(names) if (names := _names(request, "fields", self.members)) else reader

    def wanted_includes(self, request: Request) -> list[str]:
        """Return the names that `include` asks for. Raise Invalid for unknown ones."""
        return _names(request, "include", self.includes)

    def embed(self, user: Any, objects: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        """Put the objects of other resources that some objects point to into their `embedded`."""
        for one in objects:
            one["embedded"] = {}
        for name in names:
            include = self.includes[name]
            other = resource(include.resource)
            wanted = {pk for one in objects for pk in _as_list(one[include.member])}
            if len(wanted) > _MOST_INCLUDED:
                message = _("This would be %(count)s objects; ask for fewer rows at once.") % {"count": len(wanted)}
                raise Invalid([FieldProblem(field="include", code="too_much", message=message)])
            found, _extra = other.reader.read(other.visible(user).filter(pk__in=wanted))
            by_id = {one["id"]: one for one in found}
            for one in objects:
                held = one[include.member]
                if isinstance(held, list):
                    one["embedded"][name] = [by_id[pk] for pk in held if pk in by_id]
                else:
                    one["embedded"][name] = by_id.get(held)


def _wrong_value(one: django_filters.Filter, value: str) -> tuple[str, str] | None:
    """Return what is wrong with a value of a filter before its form looks at it: a code and words, or None."""
    if isinstance(one, django_filters.BooleanFilter):
        return None if value in _YES_OR_NO else ("invalid", _("Give “true” or “false”."))
    if not value.strip():
        # A form takes it for a filter that is not set.
        return "empty", _("Give a value, or leave this out.")
    if isinstance(one, django_filters.DateFilter) and not is_day(value):
        return "invalid", _("Give a date that there is, such as 2026-11-28.")
    if isinstance(one, django_filters.NumberFilter) and not is_whole_number(value):
        return "invalid", _("Give a whole number.")
    is_link = isinstance(one, django_filters.ModelChoiceFilter | django_filters.ModelMultipleChoiceFilter)
    if is_link and not (value.isascii() and value.isdigit()) and value != one.null_value:
        return "invalid_choice", _("There is nothing with this id.")
    return None


def _told(field: Any, code: str | None, message: Any) -> str:
    """Return what a form says is wrong with a value, or the words to choose from where it is none of them."""
    if code == "invalid_choice" and (words := choices_of(field)):
        return _("Give one of these: %(choices)s.") % {"choices": ", ".join(words)}
    return str(message)


def versioned(members: Mapping[str, Member]) -> dict[str, Member]:
    """Return members with those that every stored object has: id first, version and instants last."""
    return {
        "id": key(),
        **members,
        "version": integer("version"),
        "created_at": instant("created_at"),
        "updated_at": instant("updated_at"),
    }


_resources: dict[str, Resource] = {}


def register[Kind: type[Resource]](kind: Kind) -> Kind:
    """Make a resource known to the API: a decorator of its class."""
    _resources[kind.name] = kind()
    return kind


def resource(name: str) -> Resource:
    """Return the resource of this plural name. Raise KeyError when there is none."""
    return _resources[name]


def resources() -> list[Resource]:
    """Return every resource, in the order of their names."""
    return [_resources[name] for name in sorted(_resources)]


def by_singular(singular: str) -> Resource | None:
    """Return the resource that the change log calls so."""
    return next((one for one in _resources.values() if one.singular == singular), None)


def _names(request: Request, parameter: str, known: Mapping[str, Any]) -> list[str]:
    given = request.query_params.get(parameter)
    if given is None:
        return []
    names = list(dict.fromkeys(given.split(",")))
    if unknown := [name for name in names if name not in known]:
        message = _("Unknown: %(names)s. Allowed: %(allowed)s.") % {
            "names": ", ".join(unknown)[:200],
            "allowed": ", ".join(known),
        }
        raise Invalid([FieldProblem(field=parameter, code="invalid", message=message)])
    return names


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
