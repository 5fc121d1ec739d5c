"""What a person's calendars were given: how often each entry moved, and which are cancelled."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from reminders.domain.calendar_entries import Entry

# Calendars ask every day at least; one that did not for so long is given nothing of what went before.
CANCELLED_DAYS = 60
_LOCK = 0x6361_6C65

# A new wording is a change, but only another day, or coming back, is a revision that goes up (RFC 5545, 3.8.7.4).
_UPSERT = """
    INSERT INTO reminders_calendarentry AS known (user_id, key, "on", fingerprint, sequence, changed_at)
    SELECT %(user)s, entry.key, entry."on", entry.fingerprint, 0, %(at)s
    FROM unnest(%(keys)s::text[], %(days)s::date[], %(fingerprints)s::text[]) entry(key, "on", fingerprint)
    ON CONFLICT (user_id, key) DO UPDATE SET
        "on" = EXCLUDED."on", fingerprint = EXCLUDED.fingerprint, changed_at = EXCLUDED.changed_at, cancelled_at = NULL,
        sequence = known.sequence + (known."on" <> EXCLUDED."on" OR known.cancelled_at IS NOT NULL)::int
    WHERE known."on" <> EXCLUDED."on" OR known.fingerprint <> EXCLUDED.fingerprint OR known.cancelled_at IS NOT NULL
"""
# No digest of words that the person may not see any more stays behind.
_CANCEL = """
    UPDATE reminders_calendarentry
    SET cancelled_at = %(at)s, changed_at = %(at)s, sequence = sequence + 1, fingerprint = ''
    WHERE user_id = %(user)s AND starts_with(key, %(place)s) AND cancelled_at IS NULL AND key <> ALL(%(keys)s)
"""
# Rows are kept for good: should an entry come back, its sequence must go on from where it was.
_READ = """
    SELECT key, "on", sequence, changed_at, cancelled_at IS NOT NULL FROM reminders_calendarentry
    WHERE user_id = %(user)s AND starts_with(key, %(place)s) AND (cancelled_at IS NULL OR cancelled_at > %(since)s)
    ORDER BY "on", key
"""


@dataclass(frozen=True, slots=True)
class Revision:
    """An entry as a calendar is to know it; `entry` is None for one that was cancelled."""

    key: str
    on: dt.date
    sequence: int
    changed_at: dt.datetime
    entry: Entry | None


def revise(*, user_id: int, place: str, entries: Mapping[str, Entry], at: dt.datetime) -> list[Revision]:
    """Note what a calendar of a person is given now, and return it with its revisions, by day.

    `place` tells that person's calendars apart: their feeds, and the files of each deal. What the calendar was
    given before and is not among the entries is cancelled.
    """
    ordered = sorted(entries.items())
    facts: dict[str, Any] = {
        "user": user_id,
        "place": f"{place}:",
        "at": at,
        "since": at - dt.timedelta(days=CANCELLED_DAYS),
        "keys": [f"{place}:{key}" for key, _entry in ordered],
        "days": [entry.on for _key, entry in ordered],
        "fingerprints": [entry.fingerprint for _key, entry in ordered],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # Two programs of a person may ask at once.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, user_id])
        cursor.execute(_UPSERT, facts)
        cursor.execute(_CANCEL, facts)
        cursor.execute(_READ, facts)
        return [_revision(place, row, entries) for row in cursor.fetchall()]


def _revision(place: str, row: tuple[str, dt.date, int, dt.datetime, bool], entries: Mapping[str, Entry]) -> Revision:
    key, on, sequence, changed_at, is_cancelled = row
    key = key.removeprefix(f"{place}:")
    return Revision(key, on, sequence, changed_at, None if is_cancelled else entries[key])
