"""Write side of the change log: who is acting, and the triggers that record what they change.

Every synced table declares a `ChangeTrigger`; PostgreSQL then writes one row of `sync_change` per
changed row, in the same transaction, whatever made the change. The acting user, channel and request
id reach the trigger as transaction-local settings, sent in front of each writing statement, so that
they can neither leak through a connection pool nor outlive a rollback.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection, models
from django.http import HttpRequest, HttpResponse

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.IGNORECASE | re.DOTALL)
_SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{0,64}")
_CHANNELS = frozenset({"web", "api", "admin", "import", "task", "command"})
BOOKKEEPING_COLUMNS = ("version", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class _Acting:
    actor_id: Callable[[], int | None]
    channel: str
    request_id: str


_acting: ContextVar[_Acting | None] = ContextVar("acting", default=None)


@contextlib.contextmanager
def change_context(
    *, actor_id: int | Callable[[], int | None] | None, channel: str, request_id: str = ""
) -> Iterator[None]:
    """Attribute every change made inside the block to a user, channel and request.

    `actor_id` may be a callable, read at the first write, so that a request that only reads costs
    nothing. Raise ValueError for an unknown channel or a request id with unsafe characters.
    """
    if channel not in _CHANNELS or not _SAFE_REQUEST_ID.fullmatch(request_id):
        raise ValueError("unknown channel or unsafe request id")
    read_actor = actor_id if callable(actor_id) else lambda: actor_id
    token = _acting.set(_Acting(read_actor, channel, request_id))
    try:
        if _stamp_writes in connection.execute_wrappers:
            yield
        else:
            with connection.execute_wrapper(_stamp_writes):
                yield
    finally:
        _acting.reset(token)


def _stamp_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    acting = _acting.get()
    if acting is None or many or not isinstance(sql, str) or not _WRITES.match(sql):
        return execute(sql, params, many, context)
    # The values are an integer, a known word and a checked id: safe as literals, and free of "%".
    settings = (
        f"SELECT set_config('lrs.actor', '{acting.actor_id() or ''}', true), "
        f"set_config('lrs.channel', '{acting.channel}', true), "
        f"set_config('lrs.request_id', '{acting.request_id}', true); "
    )
    result = execute(settings + sql, params, many, context)
    context["cursor"].nextset()
    return result


class ChangeContextMiddleware:
    """Attribute the changes of a request to its user, channel and request id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the request inside its change context."""

        def actor_id() -> int | None:
            return request.user.pk if request.user.is_authenticated else None

        with change_context(
            actor_id=actor_id,
            channel=_channel_of(request.path_info),
            request_id=getattr(request, "request_id", ""),
        ):
            return self.get_response(request)


def _channel_of(path: str) -> str:
    if path.startswith("/admin/"):
        return "admin"
    return "api" if path.startswith("/api/") else "web"


class ChangeTrigger(pgtrigger.Trigger):
    """Record every insert, update and delete of a table in the change log.

    `resource` is the singular API name; `parent` names the resource and column of the object whose
    timeline shows the change; `hidden` columns (secrets, noise) are never recorded.
    """

    name = "log_change"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(self, resource: str, *, parent: tuple[str, str] | None = None, hidden: Sequence[str] = ()) -> None:
        self.resource = resource
        self.parent = parent
        self.hidden = (*BOOKKEEPING_COLUMNS, *hidden)
        super().__init__()

    def get_func(self, model: Any) -> str:
        """Return the call of `sync_log_change` (see sync's migrations) with this table's facts."""
        parent_resource, parent_column = self.parent or ("", "")
        hidden = ", ".join(f"'{column}'" for column in self.hidden)
        return (
            "PERFORM sync_log_change(TG_OP, "
            f"'{self.resource}', '{parent_resource}', '{parent_column}', ARRAY[{hidden}], "
            "CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END, "
            "CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END); "
            "RETURN NULL;"
        )


class TellTrigger(pgtrigger.Trigger):
    """Tell those who follow that objects whose answers show this row have changed with it.

    `shown_in` maps their singular API name to the query of their ids, in which OLD and NEW are the row. The change log
    gets a change of each without fields, unless it has one of this transaction already.
    """

    when = pgtrigger.After

    def __init__(
        self, name: str, shown_in: Mapping[str, str], *, on: Any, condition: Any = None, **options: Any
    ) -> None:
        calls = (f"PERFORM sync_tell('{resource}', ARRAY({ids})); " for resource, ids in shown_in.items())
        super().__init__(name=name, operation=on, condition=condition, func="".join(calls) + "RETURN NULL;", **options)


@functools.cache
def logged_models() -> Mapping[str, type[models.Model]]:
    """Return the model of each kind of row that the change log has, by the name that its changes carry."""
    return {
        trigger.resource: model
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, ChangeTrigger)
    }


def bump_version(*, ignoring: Sequence[str] = ()) -> pgtrigger.Trigger:
    """Return the trigger that raises `version` and `updated_at` whenever a row really changes.

    A change of the `ignoring` fields alone is none.
    """
    return pgtrigger.Trigger(
        name="bump_version",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=list(ignoring)),
        func="NEW.version = OLD.version + 1; NEW.updated_at = statement_timestamp(); RETURN NEW;",
    )
