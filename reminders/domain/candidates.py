"""The one statement that says whom a rule tells of what, when: for scans, previews and the check before telling."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from deals.enums import ContactRole
from reminders.domain.people import DEFAULT_HOURS, Person, profiles_of
from reminders.domain.subjects import subjects
from reminders.domain.subjects.base import Sql, Wanted
from reminders.domain.working_days import Hours, dates_shifted_into, next_moment, send_time
from reminders.enums import RecipientKind, SubjectKind
from reminders.models import ReminderRule

# A working day is at most so far from the day that a reminder belongs to.
_ROLL_DAYS = dt.timedelta(days=6)

# An owner who is not active any more is told through their manager.
_RECIPIENTS: dict[RecipientKind, str] = {
    RecipientKind.OWNER: """
        SELECT CASE WHEN o.is_active THEN o.id ELSE o.manager_id END, NULL::bigint
        FROM accounts_user o WHERE o.id = s.owner_id""",
    RecipientKind.MANAGER: "SELECT o.manager_id, NULL::bigint FROM accounts_user o WHERE o.id = s.owner_id",
    RecipientKind.TEAM: "SELECT m.user_id, NULL::bigint FROM deals_dealteammember m WHERE m.deal_id = s.deal_id",
    RecipientKind.ROLE: """
        SELECT g.user_id, NULL::bigint FROM accounts_user_groups g
        JOIN auth_group a ON a.id = g.group_id WHERE a.name = %s""",
    RecipientKind.PERSON: "SELECT %s::bigint, NULL::bigint",
    RecipientKind.LICENSEE: """
        SELECT NULL::bigint, c.contact_id FROM deals_dealcontact c
        JOIN companies_contact p ON p.id = c.contact_id AND p.archived_at IS NULL
        WHERE c.deal_id = s.deal_id AND c.role = %s""",
}


@dataclass(frozen=True, slots=True)
class Window:
    """What is to be told before `until`, and belongs to a day from `first` on; `at` is the instant of asking."""

    first: dt.date
    at: dt.datetime
    until: dt.datetime

    @property
    def last(self) -> dt.date:
        """The last day that can be told of before `until`: what falls on days off is told before them."""
        return self.until.date() + _ROLL_DAYS


def candidates_sql(rule: ReminderRule, window: Window, people: Iterable[Person]) -> Sql | None:
    """Return a query of what a rule tells in a window, or None when nothing can be due.

    Its rows: subject_id, deal_id, due_on, offset_days, remind_on, user_id, contact_id, nominal_at, send_at.
    `nominal_at` is when it should have been told, `send_at` that instant or the next at which it still may.
    """
    days = list(dates_shifted_into(window.first, window.last, rule.offsets, rule.day_count))
    if not days:
        return None
    people = list(people)
    profiles = profiles_of(people)
    default = profiles.setdefault(DEFAULT_HOURS, len(profiles))
    subject_sql, subject_parameters = subjects()[SubjectKind(rule.kind)].open_rows(
        Wanted(today=window.at.date(), dates=sorted({due_on for due_on, _offset, _on in days}))
    )
    recipient_sql, recipient_parameters = _recipients(rule)
    # Every value goes through a parameter; the parts are our own statements.
    sql = f"""
        WITH subject(subject_id, deal_id, due_on, owner_id) AS MATERIALIZED ({subject_sql}),
        day(due_on, offset_days, remind_on) AS (SELECT * FROM unnest(%s::date[], %s::int[], %s::date[])),
        person(user_id, profile) AS (SELECT * FROM unnest(%s::bigint[], %s::int[])),
        time(profile, remind_on, is_after, nominal_at, send_at) AS (
            SELECT * FROM unnest(%s::int[], %s::date[], %s::bool[], %s::timestamptz[], %s::timestamptz[])
        )
        SELECT s.subject_id, s.deal_id, s.due_on, d.offset_days, d.remind_on, r.user_id, r.contact_id,
               t.nominal_at, t.send_at
        FROM subject s
        JOIN day d ON d.due_on = s.due_on
        CROSS JOIN LATERAL ({recipient_sql}) r(user_id, contact_id)
        LEFT JOIN person p ON p.user_id = r.user_id
        JOIN time t ON t.profile = CASE WHEN r.contact_id IS NOT NULL THEN {default} ELSE p.profile END
            AND t.remind_on = d.remind_on AND t.is_after = (d.offset_days > 0)
        WHERE t.send_at < %s
    """  # noqa: S608
    parameters = (
        *subject_parameters,
        *_columns(days, 3),
        [person.pk for person in people],
        [profiles[person.hours] for person in people],
        *_columns(_times(profiles, days, window.at), 5),
        *recipient_parameters,
        window.until,
    )
    return sql, parameters


def plan_for_many() -> None:
    """Have the statements of this transaction planned for many rows.

    Of what is joined with `unnest` PostgreSQL expects a handful, and would look up each of 100,000 rows by itself.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '32MB', true)")


def still_told(rule: ReminderRule, pairs: Collection[tuple[int, dt.date]], *, today: dt.date) -> set[tuple[Any, ...]]:
    """Return (subject, date, user, contact) for those of some (subject, date) pairs that still hold.

    What is closed, moved to another date, or belongs to other people now is not among them.
    """
    wanted = Wanted(
        today=today,
        dates=sorted({due_on for _subject, due_on in pairs}),
        ids={subject for subject, _due_on in pairs},
    )
    subject_sql, subject_parameters = subjects()[SubjectKind(rule.kind)].open_rows(wanted)
    recipient_sql, recipient_parameters = _recipients(rule)
    sql = f"""
        WITH s(subject_id, deal_id, due_on, owner_id) AS MATERIALIZED ({subject_sql})
        SELECT s.subject_id, s.due_on, r.user_id, r.contact_id
        FROM s CROSS JOIN LATERAL ({recipient_sql}) r(user_id, contact_id)
    """  # noqa: S608  # our own statements
    with connection.cursor() as cursor:
        cursor.execute(sql, (*subject_parameters, *recipient_parameters))
        return set(cursor.fetchall())


def _recipients(rule: ReminderRule) -> Sql:
    kinds = [RecipientKind(kind) for kind in rule.recipients]
    asked: dict[RecipientKind, Any] = {
        RecipientKind.ROLE: rule.role,
        RecipientKind.PERSON: rule.person_id,
        RecipientKind.LICENSEE: ContactRole.FINANCE.value,
    }
    sql = " UNION ".join(_RECIPIENTS[kind] for kind in kinds)
    return sql, tuple(asked[kind] for kind in kinds if kind in asked)


def _times(
    profiles: dict[Hours, int], days: Sequence[tuple[dt.date, int, dt.date]], at: dt.datetime
) -> list[tuple[int, dt.date, bool, dt.datetime, dt.datetime]]:
    times = []
    for on, is_after in sorted({(remind_on, offset > 0) for _due_on, offset, remind_on in days}):
        for hours, profile in profiles.items():
            nominal = send_time(hours, on, is_after=is_after)
            times.append((profile, on, is_after, nominal, nominal if nominal >= at else next_moment(hours, at)))
    return times


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]
