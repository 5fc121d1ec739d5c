"""Answers for load balancers and monitoring: does the process live, and can it do its work."""

from datetime import datetime

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from lrs_tracker.heartbeats import BEAT, REMINDERS, WORKER, last_heartbeat

OK = "ok"
UNREACHABLE = "unreachable"
UNKNOWN = "unknown"
_PARTS = (WORKER, BEAT, REMINDERS)


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers requests."""
    return JsonResponse({"status": OK})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether database, schema and Valkey are ready, 503 when one is not, and when each part last lived."""
    now = timezone.now()
    database, migrations = _check_database()
    valkey, parts = _check_valkey(now)
    is_ready = {database, migrations, valkey} == {OK}
    checks = {"database": database, "migrations": migrations, "valkey": valkey, **parts}
    return JsonResponse({"status": OK if is_ready else "not ready", **checks}, status=200 if is_ready else 503)


def _check_database() -> tuple[str, str]:
    """Return the states of the database and of its schema."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return UNREACHABLE, UNKNOWN
    return OK, f"{len(pending)} pending" if pending else OK


def _check_valkey(now: datetime) -> tuple[str, dict[str, object]]:
    """Return the state of Valkey, and for worker, beat and reminders how long ago they last lived, in seconds."""
    try:
        cache.set("readyz", now, timeout=10)
        heartbeats = {part: last_heartbeat(part) for part in _PARTS}
    except RedisError:
        return UNREACHABLE, dict.fromkeys(_PARTS, UNKNOWN)
    return OK, {
        part: {"seen_seconds_ago": None if seen_at is None else round((now - seen_at).total_seconds())}
        for part, seen_at in heartbeats.items()
    }
