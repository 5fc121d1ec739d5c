"""The change feed: everything that happened since a cursor, for those who keep a copy."""

import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from lrs_tracker.api.answers import json_answer
from lrs_tracker.api.description import JSON, READ, ResourceSchema, answer, etag, header, query
from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.api.reading import ID, INSTANT, TEXT, or_null
from lrs_tracker.api.resources import by_singular, resources
from lrs_tracker.api.views import KnownParameters
from lrs_tracker.problem_details import FieldProblem
from sync import registry
from sync.domain.feed import FeedChange, FeedPage, Position, first_position, read_feed
from sync.domain.feed_json import change_json
from sync.domain.sight import Cursor, sight_of
from sync.enums import Channel, Operation

DEFAULT_LIMIT, MOST = 100, 1_000
MOST_SECONDS = 25
# How often a waiting request looks again.
_LOOK_SECONDS = 0.25
# A request that waits holds a thread of the web server, so few of them do; the others are answered at once.
_waiting = threading.BoundedSemaphore(settings.API_WAITING_REQUESTS) if settings.API_WAITING_REQUESTS else None


class ChangesView(KnownParameters):
    """Changes after a cursor, in order."""

    http_method_names = ("get", "head")  # type: ignore[assignment]  # fewer than others
    query_parameters = ("after", "resource", "limit", "expand", "wait")
    repeatable_parameters = ("resource",)
    schema = ResourceSchema()

    def get(self, request: Request) -> HttpResponse:
        """Answer a page; with `wait` only when there is something in it, or time is up."""
        given = request.query_params.get("after")
        sight = sight_of(cast(User, request.user))
        after = first_position() if given is None else Cursor.parse(given).refuse_other(sight)
        names = self._resources(request)
        limit = _whole(request, "limit", default=DEFAULT_LIMIT, least=1, most=MOST)
        seconds = _whole(request, "wait", default=0, least=0, most=MOST_SECONDS)
        is_expanded = self._is_expanded(request)
        page = self._page(request, after, names, limit)
        if seconds and not _has_something(page) and _waiting is not None and _waiting.acquire(blocking=False):
            try:
                page = self._wait(request, page, names, limit, seconds)
            finally:
                _waiting.release()
            request = self._look_again(request)
            Cursor(after, sight).refuse_other(sight_of(cast(User, request.user)))
        changes = [change_json(change) for change in page.changes]
        if is_expanded:
            self._expand(request, page.changes, changes)
        return json_answer(request, {"changes": changes, "next": str(Cursor(page.next, sight)), "more": page.more})

    def _page(self, request: Request, after: Position, names: Sequence[str], limit: int) -> FeedPage:
        return read_feed(user=cast(User, request.user), after=after, resources=names, limit=limit)

    def _wait(self, request: Request, page: FeedPage, names: Sequence[str], limit: int, seconds: int) -> FeedPage:
        until = time.monotonic() + seconds
        while not _has_something(page) and time.monotonic() < until:
            # Nobody waits with a connection to the database in hand.
            connection.close()
            time.sleep(_LOOK_SECONDS)
            page = self._page(request, page.next, names, limit)
        return page

    def _look_again(self, request: Request) -> Request:
        """Return the request of its caller as they are now. Raise 401 when they were let out while it waited."""
        asked = request._request
        key = asked.session.session_key
        is_there = key is not None and asked.session.exists(key)
        asked.user = get_user(asked) if is_there else AnonymousUser()
        again: Request = self.initialize_request(asked)
        self.perform_authentication(again)
        self.check_permissions(again)
        return again

    def _resources(self, request: Request) -> list[str]:
        names = list(dict.fromkeys(request.query_params.getlist("resource")))
        known = [one.name for one in registry.synced()]
        if unknown := [name for name in names if name not in known]:
            message = _("Unknown: %(names)s. Allowed: %(allowed)s.") % {
                "names": ", ".join(unknown)[:200],
                "allowed": ", ".join(sorted(known)),
            }
            raise Invalid([FieldProblem(field="resource", code="invalid", message=message)])
        return names

    def _is_expanded(self, request: Request) -> bool:
        given = request.query_params.get("expand")
        if given not in (None, "object"):
            raise Invalid([FieldProblem(field="expand", code="invalid", message=_("Give “object”."))])
        return given is not None

    def _expand(self, request: Request, changes: Sequence[FeedChange], found: Sequence[dict[str, Any]]) -> None:
        """Put each object as it is now beside its changes; null for what is gone."""
        wanted: dict[str, set[int]] = {}
        for change in changes:
            if change.operation != Operation.DELETE:
                wanted.setdefault(change.resource, set()).add(change.object_id)
        objects: dict[tuple[str, str], dict[str, Any]] = {}
        for name, keys in wanted.items():
            if (resource := by_singular(name)) is not None:
                read, _extra = resource.reader.read(resource.visible(request.user).filter(pk__in=keys))
                objects |= {(name, one["id"]): one for one in read}
        for one in found:
            one["object"] = objects.get((one["resource"], one["id"])) if one["operation"] != Operation.DELETE else None

    def describe_operation_id(self, method: str, schema: ResourceSchema) -> str:
        """Return the name of the operation."""
        return "list_changes"

    def describe_tags(self, method: str, schema: ResourceSchema) -> list[str]:
        """Return the group of the operation."""
        return ["changes"]

    def describe_summary(self, method: str, schema: ResourceSchema) -> str:
        """Return what it does."""
        return "Follow what changes"

    def describe_description(self, method: str, schema: ResourceSchema) -> str:
        """Return more of what it does."""
        return (
            "Every committed change after a cursor, once and in order, whatever made it. Ask again with “next”; "
            "without `after` the feed begins with the oldest change that is kept. A deletion has no fields; an object "
            "that the caller may not see any more is deleted for them. `gained` says that the caller came to see the "
            "object by this change, and has yet to read what belongs to it. 410: the changes after this cursor are not "
            "kept any more, or the caller's rights are not what they were: load everything anew with `snapshot=true` "
            "on lists and follow from its `changes_cursor`."
        )

    def describe_parameters(self, method: str, schema: ResourceSchema) -> list[Any]:
        """Return the parameters."""
        names = [one.name for one in registry.synced()]
        limits = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
        waits = {"type": "integer", "minimum": 0, "maximum": MOST_SECONDS, "default": 0}
        return [
            query("after", "The cursor to go on from."),
            query("resource", "Only these.", {"type": "array", "items": {"type": "string", "enum": sorted(names)}}),
            query("limit", "How many changes at most.", limits),
            query("expand", "Whether each object comes along as it is now.", {"type": "string", "enum": ["object"]}),
            query("wait", "For how many seconds to wait for a change. When the server is busy it does not.", waits),
            header("If-None-Match"),
            etag(200),
        ]

    def describe_body(self, method: str, schema: ResourceSchema) -> Any:
        """Return none."""
        return None

    def describe_answers(self, method: str, schema: ResourceSchema) -> Any:
        """Return the answers."""
        values = {"type": "array", "prefixItems": [{}, {}], "minItems": 2, "maxItems": 2}
        members = {
            "sequence": TEXT,
            "resource": {"type": "string", "enum": sorted(one.name for one in registry.synced())},
            "id": ID,
            "operation": {"type": "string", "enum": Operation.values},
            "part": TEXT,
            "gained": {"type": "boolean"},
            "fields": {"type": "object", "additionalProperties": values},
            "actor": or_null(ID),
            "channel": {"type": "string", "enum": Channel.values},
            "request_id": TEXT,
            "at": INSTANT,
        }
        synced = [schema.object_of(one) for one in resources() if registry.is_synced(one.singular)]
        object_schema = {"oneOf": [*synced, {"type": "null"}]}
        change = {
            "type": "object",
            "properties": {**members, "object": object_schema},
            "required": list(members),
            "additionalProperties": False,
        }
        page = {
            "type": "object",
            "properties": {
                "changes": {"type": "array", "items": schema.component("Change", change)},
                "next": TEXT,
                "more": {"type": "boolean"},
            },
            "required": ["changes", "next", "more"],
            "additionalProperties": False,
        }
        return {
            (200, JSON): answer(page, "Changes, and where to go on."),
            304: answer(None, "The caller has this answer already."),
            **schema.problems([*READ, 410]),
        }


def _has_something(page: FeedPage) -> bool:
    return bool(page.changes) or page.more


def _whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if given.isascii() and given.isdigit() and len(given) < 6 and least <= int(given) <= most:
        return int(given)
    message = _("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
    raise Invalid([FieldProblem(field=name, code="invalid", message=message)])
