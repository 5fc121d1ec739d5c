"""Telling: a reminder that is due is put into its reader's inbox, and into messages, or skipped with the reason.

All that is due for a person is taken at once, under a lock that one process holds at a time, so that a digest is
whole. Whom it concerns, whether they may see it and whether they want it is asked again here.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import translation

from accounts.models import User
from reminders.domain.messages import add_messages
from reminders.domain.people import DEFAULT_HOURS, Person, read_people, stand_in
from reminders.domain.relevance import Told, find_closed, find_muted, find_unseen
from reminders.domain.weekly import weekly_digest
from reminders.domain.wording import Said, Wording
from reminders.domain.working_days import next_moment
from reminders.enums import ReminderStatus, SkipReason, SubjectKind
from reminders.models import Reminder

# So many people are told in one transaction.
PEOPLE_AT_ONCE = 200
# Any number that nothing else of ours uses.
_LOCK = 7_205_418

_CLAIM = """
WITH reader AS MATERIALIZED (
    SELECT DISTINCT recipient_id, contact_id FROM reminders_reminder
    WHERE status = 'waiting' AND send_at <= %(at)s LIMIT %(people)s
)
SELECT r.id FROM reminders_reminder r
JOIN reader ON reader.recipient_id IS NOT DISTINCT FROM r.recipient_id
    AND reader.contact_id IS NOT DISTINCT FROM r.contact_id
WHERE r.status = 'waiting' AND r.send_at <= %(at)s
FOR UPDATE OF r SKIP LOCKED
"""
_WRITE = """
UPDATE reminders_reminder r SET
    status = v.status, reason = v.reason, told_to_id = v.told_to, told_at = v.told_at, snoozed_until = NULL,
    title = v.title, detail = v.detail, url = v.url, read_at = NULL
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
    AS v(id, status, reason, told_to, told_at, title, detail, url)
WHERE r.id = v.id
"""


_SILENCE = Said("", "", "")
_PUT_OFF = """
UPDATE reminders_reminder r SET send_at = v.send_at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, send_at) WHERE r.id = v.id
"""


@dataclass(slots=True)
class Due:
    """A reminder that is due, with who is told and what, or why nobody is."""

    reminder: Reminder
    reader: Person | None = None
    reason: str = ""
    said: Said = _SILENCE


def tell_due(*, at: dt.datetime) -> int:
    """Tell everything that is due at an instant; return how many reminders were told, skipped or put off.

    Returns 0 while another process does it.
    """
    count = 0
    while done := _tell_some(at):
        count += done
    return count


@transaction.atomic
def _tell_some(at: dt.datetime) -> int:
    if not _is_alone():
        return 0
    people = read_people()
    found = [Due(reminder) for reminder in _read(claim_due(at))]
    _find_readers(found, people, at)
    # Before anything is put off: that gives it another moment, which is not late.
    _skip_late(found, at)
    due_now = _put_off(found, at)
    if due_now:
        _decide(due_now, people, at)
        _say(due_now, at)
        _write(due_now, at)
        add_messages([due for due in due_now if not due.reason], at=at)
    return len(found)


def claim_due(at: dt.datetime) -> list[int]:
    """Lock what is due for some people, all of each, and return its keys; call it inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "people": PEOPLE_AT_ONCE})
        return [pk for (pk,) in cursor.fetchall()]


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _read(ids: Sequence[int]) -> Sequence[Reminder]:
    reminders = Reminder.objects.filter(pk__in=ids).select_related("rule", "escalates")
    return list(reminders.order_by("recipient", "contact", "due_on", "pk")) if ids else []


def _put_off(found: Sequence[Due], at: dt.datetime) -> list[Due]:
    """Return what is told now. What comes late, outside the reader's hours, waits for their next morning."""
    later = {
        due.reminder.pk: moment
        for due in found
        if not due.reason
        and (moment := next_moment(DEFAULT_HOURS if due.reader is None else due.reader.hours, at)) > at
    }
    if later:
        with connection.cursor() as cursor:
            cursor.execute(_PUT_OFF, [list(later), list(later.values())])
    return [due for due in found if due.reminder.pk not in later]


def _decide(found: Sequence[Due], people: dict[int, Person], at: dt.datetime) -> None:
    """Note for each who is told, or the first reason why nobody is."""
    _skip_overtaken(found)
    _skip_closed(found, at.date())
    _skip_unseen(found, people)
    _skip_muted(found)
    _skip_empty_digests(found, at)


def _find_readers(found: Sequence[Due], people: dict[int, Person], at: dt.datetime) -> None:
    for due in found:
        reminder = due.reminder
        if not reminder.rule.is_enabled or reminder.rule.archived_at is not None:
            due.reason = SkipReason.RULE_OFF
        if reminder.recipient_id is None:
            continue
        person = people.get(reminder.recipient_id)
        if person is None:
            due.reason = due.reason or SkipReason.INACTIVE
            continue
        due.reader = stand_in(person, people, person.today(at))


def _skip_late(found: Sequence[Due], at: dt.datetime) -> None:
    """Skip what waited for longer than its rule's grace, as after a long standstill; a snooze is not late."""
    for due in found:
        reminder = due.reminder
        grace = dt.timedelta(days=reminder.rule.grace_days)
        if not due.reason and reminder.snoozed_until is None and reminder.send_at < at - grace:
            due.reason = SkipReason.TOO_LATE


def _skip_overtaken(found: Sequence[Due]) -> None:
    """Of several reminders of the same that are due at once, tell the last only."""
    last: dict[tuple[Any, ...], tuple[dt.date, int]] = {}
    for due in found:
        key, place = _same(due.reminder), _place(due.reminder)
        last[key] = max(last.get(key, place), place)
    for due in found:
        if not due.reason and _place(due.reminder) < last[_same(due.reminder)]:
            due.reason = SkipReason.OVERTAKEN


def _same(reminder: Reminder) -> tuple[Any, ...]:
    # A digest tells the week before it is told, whichever Monday it was for: two at once would say the same.
    due_on = None if reminder.kind == SubjectKind.WEEKLY_DIGEST else reminder.due_on
    return (
        reminder.rule_id,
        reminder.subject_id,
        due_on,
        reminder.recipient_id,
        reminder.contact_id,
        reminder.escalates_id,
    )


def _place(reminder: Reminder) -> tuple[dt.date, int]:
    return reminder.due_on, reminder.offset_days


def _skip_closed(found: Sequence[Due], today: dt.date) -> None:
    closed = find_closed((due.reminder for due in found if not due.reason), today=today)
    _skip(found, closed, SkipReason.CLOSED)


def _skip_unseen(found: Sequence[Due], people: dict[int, Person]) -> None:
    """Skip what a reader may not see (any more). Where only the stand-in may not, the person is told after all."""
    unseen = find_unseen(_told(found))
    for due in found:
        if due.reminder.pk in unseen and due.reader is not None and due.reader.pk != due.reminder.recipient_id:
            due.reader = people[due.reminder.recipient_id or 0]
    stood_in_for = [due for due in found if due.reminder.pk in unseen]
    _skip(found, find_unseen(_told(stood_in_for)), SkipReason.UNSEEN)


def _skip_muted(found: Sequence[Due]) -> None:
    _skip(found, find_muted(_told(found)), SkipReason.MUTED)


def _told(found: Iterable[Due]) -> list[Told]:
    return [(due.reminder, None if due.reader is None else due.reader.pk) for due in found if not due.reason]


def _skip(found: Iterable[Due], keys: set[int], reason: SkipReason) -> None:
    for due in found:
        if not due.reason and due.reminder.pk in keys:
            due.reason = reason


def _skip_empty_digests(found: Sequence[Due], at: dt.datetime) -> None:
    digests = [due for due in found if not due.reason and due.reminder.kind == SubjectKind.WEEKLY_DIGEST]
    users = User.objects.in_bulk([due.reader.pk for due in digests if due.reader is not None])
    for due in digests:
        if due.reader is None or weekly_digest(users[due.reader.pk], at=at).is_empty:
            due.reason = SkipReason.NOTHING_NEW


def _say(found: Sequence[Due], at: dt.datetime) -> None:
    """Put what is told into words, in each reader's language and as of their today."""
    told = [due for due in found if not due.reason]
    reminders = [due.reminder for due in told]
    wording = Wording(
        ((SubjectKind(reminder.kind), reminder.subject_id) for reminder in reminders),
        {reminder.deal_id for reminder in reminders if reminder.deal_id is not None},
    )
    for due in told:
        reminder = due.reminder
        with translation.override(due.reader.language if due.reader is not None else "en"):
            due.said = wording.say(
                kind=SubjectKind(reminder.kind),
                subject_id=reminder.subject_id,
                deal_id=reminder.deal_id,
                due_on=reminder.due_on,
                template=reminder.rule.title,
                today=at.date() if due.reader is None else due.reader.today(at),
            )


def _write(found: Sequence[Due], at: dt.datetime) -> None:
    rows = [
        (
            due.reminder.pk,
            ReminderStatus.SKIPPED if due.reason else ReminderStatus.TOLD,
            due.reason,
            None if due.reason or due.reader is None else due.reader.pk,
            None if due.reason else at,
            due.said.title,
            due.said.detail,
            due.said.url,
        )
        for due in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
