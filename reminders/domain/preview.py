"""What rules would send in the days to come, to whom and why: from today's facts, without writing anything."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.backends import users_with_permissions
from lrs_tracker.visibility import Viewer
from reminders.domain.candidates import Window, candidates_sql, plan_for_many
from reminders.domain.people import Person, read_people
from reminders.domain.relevance import seen_by_each, visible_subjects
from reminders.domain.wording import Said, Wording
from reminders.enums import SubjectKind
from reminders.models import ReminderRule

# A list shows so many, and says how many more there are.
MOST_SHOWN = 200
# Beyond this it is not asked of each whether its reader may see it: such a rule is held anyway.
MOST_CHECKED = 5_000


_FORESEEN = """
WITH foreseen AS (
    SELECT DISTINCT ON (subject_id, due_on, offset_days, user_id, contact_id)
        subject_id, c.deal_id, due_on, offset_days, user_id, contact_id, send_at
    FROM ({candidates}) c LEFT JOIN deals_deal d ON d.id = c.deal_id
    WHERE NOT EXISTS (
        SELECT FROM reminders_reminder r
        WHERE r.rule_id = %s AND r.subject_id = c.subject_id AND r.due_on = c.due_on
          AND r.offset_days = c.offset_days AND r.recipient_id IS NOT DISTINCT FROM c.user_id
          AND r.contact_id IS NOT DISTINCT FROM c.contact_id AND r.status IN ('told', 'skipped')
    ) AND NOT EXISTS (
        SELECT FROM reminders_mute m
        WHERE m.rule_id = %s AND m.user_id = c.user_id AND (m.deal_id IS NULL OR m.deal_id = c.deal_id)
    )
    ORDER BY subject_id, due_on, offset_days, user_id, contact_id, d.is_confidential, c.deal_id
)
SELECT foreseen.*, count(*) OVER (), (SELECT count(*) FROM (SELECT DISTINCT user_id, contact_id FROM foreseen) reader)
FROM foreseen ORDER BY send_at, user_id, subject_id, due_on, offset_days LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A reminder that a rule would send; `user_id` is None for a licensee's contact."""

    subject_id: int
    deal_id: int | None
    due_on: dt.date
    offset_days: int
    user_id: int | None
    contact_id: int | None
    send_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ForeseenShown:
    """A foreseen reminder in words: to whom, when, what and why."""

    foreseen: Foreseen
    name: str
    said: Said


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule sends in some days: how many to how many people, and the first of them in words.

    When there are very many, `is_exact` is false: a few of them may not be sent.
    """

    rule: ReminderRule
    days: int
    messages: int
    people: int
    is_exact: bool
    shown: Sequence[ForeseenShown]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.messages - len(self.shown)


def preview_rule(*, rule: ReminderRule, days: int, viewer: Viewer | None, at: dt.datetime) -> Preview:
    """Return what a rule, saved or not, would send within some days.

    What its readers may not see or have muted is not counted, as it is not sent. What the viewer may not see is
    counted and not shown; None is the operator at the command line.
    """
    people = read_people()
    found, messages, readers = _foreseen(rule, people, at, days)
    is_exact = messages <= MOST_CHECKED
    if is_exact:
        found = _without_unseen(rule, found)
        messages, readers = len(found), len({(one.user_id, one.contact_id) for one in found})
    return Preview(rule, days, messages, readers, is_exact, _shown(rule, found, people, viewer, at))


def _foreseen(
    rule: ReminderRule, people: dict[int, Person], at: dt.datetime, days: int
) -> tuple[list[Foreseen], int, int]:
    """Return the first of what is foreseen in the order of sending, how much there is, and for how many people."""
    window = Window(first=at.date(), at=at, until=at + dt.timedelta(days=days))
    candidates = candidates_sql(rule, window, people.values())
    if candidates is None:
        return [], 0, 0
    sql, parameters = candidates
    with transaction.atomic(), connection.cursor() as cursor:
        plan_for_many()
        cursor.execute(_FORESEEN.format(candidates=sql), (*parameters, rule.pk, rule.pk, MOST_CHECKED))
        rows = cursor.fetchall()
    messages, readers = rows[0][-2:] if rows else (0, 0)
    return [Foreseen(*row[:-2]) for row in rows], messages, readers


def _without_unseen(rule: ReminderRule, found: Iterable[Foreseen]) -> list[Foreseen]:
    found = list(found)
    readers: dict[int, set[tuple[int, int | None]]] = defaultdict(set)
    for one in found:
        if one.user_id is not None:
            readers[one.user_id].add((one.subject_id, one.deal_id))
    users = users_with_permissions(readers)
    asked = [(users[pk], pairs) for pk, pairs in readers.items()]
    seen = dict(zip(readers, seen_by_each(SubjectKind(rule.kind), asked), strict=True))
    return [one for one in found if one.user_id is None or (one.subject_id, one.deal_id) in seen[one.user_id]]


def _shown(
    rule: ReminderRule, found: Sequence[Foreseen], people: dict[int, Person], viewer: Viewer | None, at: dt.datetime
) -> list[ForeseenShown]:
    kind = SubjectKind(rule.kind)
    some = found[:MOST_SHOWN]
    if viewer is not None:
        visible = visible_subjects(viewer, kind, {(one.subject_id, one.deal_id) for one in some})
        some = [one for one in some if (one.subject_id, one.deal_id) in visible]
    wording = Wording(
        ((kind, one.subject_id) for one in some), {one.deal_id for one in some if one.deal_id is not None}
    )
    return [
        ForeseenShown(
            one,
            people[one.user_id].name if one.user_id is not None else "",
            wording.say(
                kind=kind,
                subject_id=one.subject_id,
                deal_id=one.deal_id,
                due_on=one.due_on,
                template=rule.title,
                today=one.send_at.date(),
            ),
        )
        for one in some
    ]
