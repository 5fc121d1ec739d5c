"""What can be done with one object beside writing it, such as accepting a report."""

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from lrs_tracker.api.answers import expected_version, refuse_stale
from lrs_tracker.api.changing import known_of, refuse_stale_row, takes_version
from lrs_tracker.api.description import JSON, WRITE, ResourceSchema, answer, etag, header, path
from lrs_tracker.api.objects import ResourceView
from lrs_tracker.api.once import Once
from lrs_tracker.api.reading import ID_IN_PATH
from lrs_tracker.api.writing import StrictSerializer
from lrs_tracker.domain_functions import call_for_row


class NoBody(StrictSerializer):
    """Nothing: an empty object, or no body at all."""


class ActionView(ResourceView):
    """An action on an object; it answers the object as it is then. A subclass names it, and says what it does."""

    verb: ClassVar[str]
    summary: ClassVar[str]
    details: ClassVar[str] = ""
    body: ClassVar[type[StrictSerializer]] = NoBody
    # Whether the answer has what the resource tells once.
    shows_once: ClassVar[bool] = False
    # Statuses by which it refuses beside those of every write.
    also_refuses: ClassVar[tuple[int, ...]] = ()

    def act(self, row: Any, values: dict[str, Any], expected: int | None) -> object:
        """Do it by one domain function, which raises what stands against it.

        `expected` is the version that the caller saw, for functions that look at it under their own locks.
        """
        raise NotImplementedError

    @property
    def by(self) -> Any:
        """Who asks for it."""
        return self.request.user

    @property
    def at(self) -> dt.datetime:
        """When they do."""
        return timezone.now()

    @property
    def today(self) -> dt.date:
        """The date where they are."""
        http: Any = self.request._request
        return cast(dt.date, http.today)

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return f"{self.verb}_{self.resource.singular}".replace("-", "_")

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return self.summary

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return self.details

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        return [
            path("id", "The id of the object.", ID_IN_PATH),
            header("If-Match"),
            header("Idempotency-Key"),
            etag(200),
        ]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return the body."""
        return None if self.body is NoBody else self.body

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        what = schema.created(self.resource) if self.shows_once else schema.object_of(self.resource)
        done = answer(what, "The object as it is now.")
        return {(200, JSON): done, **schema.problems((*WRITE, *self.also_refuses))}

    def post(self, request: Request, pk: str) -> HttpResponse:
        """Do it and answer the object."""
        return Once(request).run(
            lambda: self._act(request, self.find(request, pk)), may_see=lambda _body: self.find(request, pk)
        )

    def _act(self, request: Request, row: Any) -> HttpResponse:
        expected = expected_version(request)
        refuse_stale(row.version, expected)
        body = self.body(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            done = self.act(row, dict(body.validated_data), expected)
        once = {name: getattr(done, name) for name in self.resource.shown_once} if self.shows_once else {}
        return self.answer(request, row.pk, whole=True, once=once)


def action(
    verb: str, function: Callable[..., Any], summary: str, *, body: type[StrictSerializer] = NoBody
) -> type[ActionView]:
    """Return the view of an action that is one domain function of the row and of what `body` says."""

    def act(self: ActionView, row: Any, values: dict[str, Any], expected: int | None) -> object:
        if not takes_version(function):
            refuse_stale_row(self.resource, row, expected)
        known = {**known_of(self.request), "expected_version": expected}
        return call_for_row(function, row=row, known=known, given=values)

    name = "".join(word.capitalize() for word in verb.split("_"))
    return type(f"{name}View", (ActionView,), {"verb": verb, "summary": summary, "body": body, "act": act})
