"""Scans: find what rules owe, and write it down once.

A scan asks each rule in one statement and inserts what is not there yet, so that any number of scans, by any
number of workers, make each reminder once. Nothing new can be owed unless something changed or a day began, so
that most ticks end after one query.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from reminders.domain.candidates import Window, candidates_sql, plan_for_many
from reminders.domain.escalation import escalate
from reminders.domain.people import Person, read_people
from reminders.enums import ReminderStatus, SkipReason
from reminders.models import ReminderRule, Scan, ScanState
from sync.domain.changes import CursorError, has_changes_since

log = structlog.get_logger(__name__)

# It is tomorrow already somewhere, and reminders are written a day before they are told.
_AHEAD = dt.timedelta(hours=14) + dt.timedelta(days=1)
_ROLL_DAYS = dt.timedelta(days=6)
# However long nothing was scanned, what is older than this is not looked for.
_LONGEST_GAP = dt.timedelta(days=400)

_INSERT = """
WITH candidate AS ({candidates}), made AS (
    INSERT INTO reminders_reminder (
        rule_id, kind, subject_id, deal_id, due_on, offset_days, recipient_id, contact_id, send_at, status, reason,
        title, detail, url
    )
    SELECT DISTINCT ON (subject_id, due_on, offset_days, user_id, contact_id)
        %s, %s, subject_id, c.deal_id, due_on, offset_days, user_id, contact_id, send_at,
        CASE WHEN nominal_at < %s THEN 'skipped' ELSE 'waiting' END,
        CASE WHEN nominal_at < %s THEN 'too_late' ELSE '' END, '', '', ''
    FROM candidate c LEFT JOIN deals_deal d ON d.id = c.deal_id
    ORDER BY subject_id, due_on, offset_days, user_id, contact_id, d.is_confidential, c.deal_id
    ON CONFLICT DO NOTHING
    RETURNING id, status
)
SELECT (SELECT count(*) FROM candidate),
       coalesce(array_agg(id) FILTER (WHERE status = 'waiting'), ARRAY[]::bigint[]),
       count(*) FILTER (WHERE status = 'skipped')
FROM made
"""


@dataclass(slots=True)
class ScanResult:
    """What a scan saw and made; `skipped` counts by reason, `errors` maps rules to what went wrong."""

    seen: int = 0
    created: int = 0
    held: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)


def is_scan_needed(state: ScanState, *, at: dt.datetime) -> bool:
    """Return whether anything new can be owed since the last scan: something changed, or a day began."""
    if state.scanned_through is None or _horizon(at) > state.scanned_through:
        return True
    try:
        return has_changes_since(state.cursor)
    except CursorError:
        # Of a database before it was restored.
        return True


def scan(*, at: dt.datetime, dry_run: bool = False) -> ScanResult:
    """Write down what every rule owes at an instant; with `dry_run` take it all back and only report.

    A rule that fails is named, and the others go on.
    """
    started = time.monotonic()
    with transaction.atomic():
        state = _lock_state()
        plan_for_many()
        cursor = _current_cursor()
        result = _scan_rules(state, at)
        escalated = escalate(at=at)
        result.created += escalated.created
        result.held += escalated.held
        # A clock that was set back does not undo how far scans have come.
        state.cursor, state.scanned_at = cursor, at
        state.scanned_through = max(state.scanned_through or dt.date.min, _horizon(at))
        state.save()
        Scan.objects.create(
            at=at,
            took_ms=round((time.monotonic() - started) * 1000),
            seen=result.seen,
            created=result.created,
            held=result.held,
            skipped=result.skipped,
            errors=result.errors,
        )
        if dry_run:
            transaction.set_rollback(True)
    return result


def _scan_rules(state: ScanState, at: dt.datetime) -> ScanResult:
    people = read_people()
    result = ScanResult()
    for rule in ReminderRule.objects.filter(is_enabled=True, archived_at__isnull=True).order_by("pk"):
        try:
            with transaction.atomic():
                _scan_rule(rule, state, at, people, result)
        except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.exception("reminder rule failed", rule_id=rule.pk)
            result.errors[str(rule.pk)] = type(error).__name__
    return result


def _scan_rule(
    rule: ReminderRule, state: ScanState, at: dt.datetime, people: Mapping[int, Person], result: ScanResult
) -> None:
    found = candidates_sql(rule, _window(rule, state, at), people.values())
    if found is None:
        return
    sql, parameters = found
    oldest = at - dt.timedelta(days=rule.grace_days)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(candidates=sql), (*parameters, rule.pk, rule.kind, oldest, oldest))
        seen, made, too_late = cursor.fetchone()
        if len(made) > settings.REMINDERS_HOLD_ABOVE:
            # So many at once are more likely a mistake in the rule than news: an administrator looks first.
            cursor.execute("UPDATE reminders_reminder SET status = %s WHERE id = ANY(%s)", (ReminderStatus.HELD, made))
            result.held += len(made)
    result.seen += seen
    result.created += len(made)
    if too_late:
        result.skipped[SkipReason.TOO_LATE] += too_late


def _window(rule: ReminderRule, state: ScanState, at: dt.datetime) -> Window:
    """Return the days that a scan looks at: those within the rule's grace, and all since the last scan."""
    today = at.date()
    first = today - dt.timedelta(days=rule.grace_days) - _ROLL_DAYS
    if state.scanned_through is not None:
        first = max(min(first, state.scanned_through - _ROLL_DAYS), today - _LONGEST_GAP)
    first = max(first, rule.enabled_on - dt.timedelta(days=rule.grace_days))
    end = dt.datetime.combine(_horizon(at) + dt.timedelta(days=1), dt.time(), dt.UTC)
    return Window(first=first, at=at, until=end)


def _horizon(at: dt.datetime) -> dt.date:
    return (at + _AHEAD).date()


def _lock_state() -> ScanState:
    ScanState.objects.get_or_create(pk=1)
    return ScanState.objects.select_for_update().get(pk=1)


def _current_cursor() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])
