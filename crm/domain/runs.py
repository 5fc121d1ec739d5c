"""Runs: asked for, carried out one at a time for each connection, and ended in a state that the next can go on from."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import NamedTuple

import structlog
from django.db import connection as database
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.connectors import open_connector
from crm.connectors.base import RateLimitedError
from crm.domain import pairs
from crm.domain.connections import credentials_of
from crm.domain.incoming import Writer
from crm.domain.journal import Journal
from crm.domain.mappings import Mappings, forget_agreed, mapped_fields, read_all_again
from crm.domain.passes import ActiveRun, Pass
from crm.domain.schemas import schema_of
from crm.enums import (
    SENDS_OUT,
    UNFINISHED_RUNS,
    ConflictRule,
    CrmKind,
    Direction,
    Resource,
    RunCause,
    RunStatus,
)
from crm.models import ConnectionState, CrmConnection, SyncRun
from lrs_tracker.change_log import change_context
from lrs_tracker.edits import require_permission
from lrs_tracker.problems import DomainError
from sync.domain.feed import CursorGoneError, Position, current_position, read_feed
from sync.domain.sight import sight_of

logger = structlog.get_logger(__name__)

# How long runs and their logs are kept.
KEPT_DAYS = 90
_LOCK_SPACE = 0x43524D
_FEED_PAGE = 1000
_SCHEMA_AGE = dt.timedelta(days=1)

type Clock = Callable[[], dt.datetime]


class _Settings(NamedTuple):
    """What decides which values go where."""

    version: int
    fields: dict[tuple[Resource, str], str]
    stages: frozenset[tuple[int, str]]


def request_run(*, connection: CrmConnection, is_dry: bool, by: User, at: dt.datetime) -> SyncRun:
    """Ask for a run. Raise DomainError while another one waits or runs, PermissionRefusedError without the right."""
    require_permission(by, "crm.change_crmconnection")
    with transaction.atomic():
        CrmConnection.objects.select_for_update().get(pk=connection.pk)
        if connection.runs.filter(status__in=UNFINISHED_RUNS, requested_at__gt=at - dt.timedelta(hours=1)).exists():
            raise DomainError(_("A run is on its way already."))
        return SyncRun.objects.create(
            connection=connection, is_dry=is_dry, cause=RunCause.PERSON, by=by, requested_at=at
        )


def due_connections(*, at: dt.datetime) -> list[int]:
    """Return the connections that are on and not paused."""
    on = CrmConnection.objects.filter(is_enabled=True).exclude(state__paused_until__gt=at)
    return list(on.order_by("pk").values_list("pk", flat=True))


def run_scheduled(*, connection_id: int, clock: Clock) -> None:
    """Carry out a run of a connection that is on; one in which nothing happened leaves no trace."""
    connection = CrmConnection.objects.filter(pk=connection_id, is_enabled=True).first()
    if connection is None:
        return
    run = SyncRun(connection=connection, cause=RunCause.SCHEDULE, requested_at=clock())
    if carry_out(run, clock=clock) and run.status == RunStatus.DONE and not run.records.exists():
        run.delete()


def carry_out(run: SyncRun, *, clock: Clock) -> bool:
    """Carry out a run, unless another one of its connection is being carried out; return whether it was.

    How it ended is in its status. Raise nothing for what the CRM or the connection's settings are to blame for.
    """
    with _alone(run.connection_id) as is_alone:
        if not is_alone:
            return False
        # Whatever else is marked as running was cut short.
        SyncRun.objects.filter(connection=run.connection_id, status=RunStatus.RUNNING).update(
            status=RunStatus.FAILED, problem=_("It was cut short."), ended_at=clock()
        )
        run.status, run.started_at = RunStatus.RUNNING, clock()
        run.save()
        try:
            with _minding_new_settings(run.connection_id):
                _bring_in_step(run, clock)
            run.status = RunStatus.DONE
        except RateLimitedError as error:
            run.status, run.problem = RunStatus.PAUSED, str(error)
            paused_until = clock() + dt.timedelta(seconds=error.retry_after_seconds)
            ConnectionState.objects.filter(connection=run.connection_id).update(paused_until=paused_until)
        except DomainError as error:
            run.status, run.problem = RunStatus.FAILED, str(error)[:1000]
        except BaseException:
            run.status, run.problem = (
                RunStatus.FAILED,
                _("It was cut short by an error; the log of the worker says which."),
            )
            raise
        finally:
            run.ended_at = clock()
            run.save(update_fields=["status", "problem", "ended_at"])
            if not run.is_dry:
                ConnectionState.objects.filter(connection=run.connection_id).update(last_run_at=run.ended_at)
            logger.info("crm run ended", connection=run.connection_id, run=run.pk, status=str(run.status))
    return True


def prune_runs(*, at: dt.datetime) -> int:
    """Delete the runs that are older than they are kept; return how many rows that were."""
    return SyncRun.objects.filter(requested_at__lt=at - dt.timedelta(days=KEPT_DAYS)).delete()[0]


@contextlib.contextmanager
def _minding_new_settings(connection_id: int) -> Iterator[None]:
    """Have the next run compare everything when the connection or its mapping changed under this one.

    It went on by what it knew, and notes how far it came, as if that had been by the new settings.
    """
    before = _settings_of(connection_id)
    try:
        yield
    finally:
        with transaction.atomic():
            connection = CrmConnection.objects.select_for_update().filter(pk=connection_id).first()
            after = _settings_of(connection_id) if connection is not None else before
            if connection is not None and after != before:
                for resource, name in {key for key, _theirs in before.fields.items() ^ after.fields.items()}:
                    forget_agreed(connection, resource, [name])
                read_all_again(connection)


def _settings_of(connection_id: int) -> _Settings:
    connection = CrmConnection.objects.get(pk=connection_id)
    stages = frozenset(connection.stage_mappings.values_list("stage", "their_stage"))
    return _Settings(connection.version, mapped_fields(connection), stages)


def _bring_in_step(run: SyncRun, clock: Clock) -> None:
    connection = CrmConnection.objects.select_related("acting_user", "state").get(pk=run.connection_id)
    by, state = connection.acting_user, connection.state
    if not by.is_active:
        raise DomainError(_("%(name)s, as whom the connection acts, is not active any more.") % {"name": by})
    kind = CrmKind(connection.kind)
    connector = open_connector(kind, credentials_of(connection))
    if state.schema_read_at is None or clock() - state.schema_read_at > _SCHEMA_AGE:
        state.schema, state.schema_read_at, state.schema_problem = schema_of(connector), clock(), ""
        state.save(update_fields=["schema", "schema_read_at", "schema_problem"])
    mark = f"crm.{kind}.{run.pk}"
    with change_context(
        actor_id=by.pk, channel="command" if run.cause == RunCause.COMMAND else "task", request_id=mark
    ):
        ours, position = _our_changes(connection, by)
        mappings = Mappings(connection)
        active = ActiveRun(
            connection=connection,
            state=state,
            connector=connector,
            mappings=mappings,
            journal=Journal(run, ConflictRule(connection.conflict_rule), clock),
            writer=Writer(
                mappings=mappings,
                by=by,
                at=clock(),
                reason=_("Moved in %(crm)s.") % {"crm": kind.label},
            ),
            by=by,
            clock=clock,
            is_dry=run.is_dry,
            ours=ours,
        )
        for resource in Resource:
            if connection.direction_of(resource) != Direction.OFF:
                Pass(active, resource).execute()
    if not run.is_dry:
        state.feed_transaction, state.feed_row = position
        state.feed_sight, state.paused_until = sight_of(by), None
        state.save(update_fields=["feed_transaction", "feed_row", "feed_sight", "paused_until"])


def _our_changes(connection: CrmConnection, by: User) -> tuple[dict[Resource, list[int]], Position]:
    """Return our objects that changed since the last run, or all, as far as the acting user sees them."""
    state = connection.state
    wanted = [resource for resource in Resource if connection.direction_of(resource) in SENDS_OUT]
    is_same_sight = state.feed_sight in ("", sight_of(by))
    if is_same_sight and state.feed_transaction is not None and state.feed_row is not None:
        with contextlib.suppress(CursorGoneError):
            return _from_feed(wanted, Position(state.feed_transaction, state.feed_row), by, f"crm.{connection.kind}.")
    position = current_position()
    ours: dict[Resource, list[int]] = {resource: [] for resource in Resource}
    for resource in wanted:
        rows = pairs.visible_rows(resource, user=by)
        ours[resource] = list(rows.order_by("pk").values_list("pk", flat=True))
    return ours, position


def _from_feed(
    wanted: list[Resource], after: Position, by: User, own_mark: str
) -> tuple[dict[Resource, list[int]], Position]:
    found: dict[Resource, dict[int, None]] = {resource: {} for resource in Resource}
    more = bool(wanted)
    while more:
        page = read_feed(user=by, after=after, resources=[str(resource) for resource in wanted], limit=_FEED_PAGE)
        for change in page.changes:
            # What the connector wrote itself is agreed upon already.
            if not change.request_id.startswith(own_mark):
                found[Resource(change.resource)][change.object_id] = None
        after, more = page.next, page.more
    return {resource: list(ids) for resource, ids in found.items()}, after


@contextlib.contextmanager
def _alone(connection_id: int) -> Iterator[bool]:
    """Hold the lock of a connection, which ends with the process at the latest; yield whether it was free."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, connection_id])
        is_alone = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, connection_id])
