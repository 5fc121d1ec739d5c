"""Scans: once, in time, bounded, and cheap when nothing happens."""

import datetime as dt

import pytest
from django.db import connection

from reminders.domain.scan import scan
from reminders.enums import DayCount, RecipientKind
from reminders.models import Reminder, Scan
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, TaskFactory
from tests.reminders.factories import ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def made():
    """The reminders there are, as (days from today, offset, status, reason)."""
    rows = Reminder.objects.order_by("due_on", "offset_days", "pk")
    return [((row.due_on - TODAY).days, row.offset_days, row.status, row.reason) for row in rows]


def test_scan_reminds_the_owner_on_the_day_at_eight_of_their_zone():
    berlin = UserFactory(time_zone="Europe/Berlin")
    RuleFactory()
    TaskFactory(due_on=TODAY + DAY, assignee=berlin)

    result = scan(at=NOW)

    (reminder,) = Reminder.objects.all()
    assert (reminder.recipient, reminder.send_at) == (berlin, dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC))
    assert (result.seen, result.created) == (1, 1)


def test_scan_again_makes_nothing_new():
    RuleFactory(offsets=[-1, 0], recipients=[RecipientKind.OWNER, RecipientKind.TEAM])
    TaskFactory(due_on=TODAY)

    scan(at=NOW)
    before = made()
    result = scan(at=NOW + dt.timedelta(minutes=5))

    assert result.created == 0
    assert made() == before == [(0, -1, "waiting", ""), (0, 0, "waiting", "")]


def test_scan_records_what_is_older_than_its_grace_as_skipped():
    RuleFactory(offsets=[-10, -2], grace_days=7)
    TaskFactory(due_on=TODAY)

    scan(at=NOW - 14 * DAY)
    assert made() == []
    result = scan(at=NOW)

    assert made() == [(0, -10, "skipped", "too_late"), (0, -2, "waiting", "")]
    assert result.skipped == {"too_late": 1}


def test_scan_owes_nothing_for_days_before_the_rule_was_on():
    RuleFactory(offsets=[-20], enabled_on=TODAY)
    TaskFactory(due_on=TODAY)

    scan(at=NOW)

    assert made() == []


def test_scan_holds_more_than_a_rule_may_send_at_once(settings):
    settings.REMINDERS_HOLD_ABOVE = 2
    RuleFactory()
    for _number in range(3):
        TaskFactory(due_on=TODAY)

    result = scan(at=NOW)

    assert {status for _days, _offset, status, _reason in made()} == {"held"}
    assert result.held == 3


def test_scan_holds_more_escalations_than_a_rule_may_make_at_once(settings):
    settings.REMINDERS_HOLD_ABOVE = 2
    manager = UserFactory()
    left_alone, minded = RuleFactory(escalate_after_days=2), RuleFactory(escalate_after_days=2)
    for rule, count in ((left_alone, 3), (minded, 2)):
        for _number in range(count):
            ReminderFactory(rule=rule, recipient__manager=manager, told_at=NOW - 4 * DAY)

    result = scan(at=NOW)

    escalations = Reminder.objects.filter(escalates__isnull=False).order_by("rule", "pk")
    assert [(row.rule, row.recipient, row.status) for row in escalations] == [
        *[(left_alone, manager, "held")] * 3,
        *[(minded, manager, "waiting")] * 2,
    ]
    assert (result.created, result.held) == (5, 3)
    assert scan(at=NOW + DAY).created == 0


def test_scan_names_a_rule_that_fails_and_goes_on():
    # A rule that a newer version of the application wrote.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reminders_reminderrule DROP CONSTRAINT reminders_reminderrule_kind_known")
    broken, whole = RuleFactory(kind="moon_phase"), RuleFactory()
    TaskFactory(due_on=TODAY)

    result = scan(at=NOW)

    assert list(result.errors) == [str(broken.pk)]
    assert [reminder.rule for reminder in Reminder.objects.all()] == [whole]


def test_scan_takes_an_unknown_time_zone_for_utc():
    owner, lost = UserFactory(), UserFactory(time_zone="Moon/Crater")
    RuleFactory()
    for person in (owner, lost):
        TaskFactory(due_on=TODAY + DAY, assignee=person)

    assert scan(at=NOW).errors == {}
    assert {reminder.send_at.hour for reminder in Reminder.objects.all()} == {8}


def test_scan_dry_run_leaves_nothing():
    RuleFactory()
    TaskFactory(due_on=TODAY)

    assert scan(at=NOW, dry_run=True).created == 1
    assert (Reminder.objects.count(), Scan.objects.count()) == (0, 0)


def test_scan_counts_business_days():
    RuleFactory(offsets=[3], day_count=DayCount.BUSINESS)
    TaskFactory(due_on=dt.date(2026, 11, 20))  # a Friday

    scan(at=NOW)

    (reminder,) = Reminder.objects.all()
    assert reminder.send_at == dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize("recipients", [[RecipientKind.OWNER], [RecipientKind.MANAGER]])
def test_scan_tells_the_manager_of_an_inactive_owner(recipients):
    manager = UserFactory()
    owner = UserFactory(is_active=False, manager=manager)
    RuleFactory(recipients=recipients)
    TaskFactory(due_on=TODAY, deal__owner=owner)

    scan(at=NOW)

    assert [reminder.recipient for reminder in Reminder.objects.all()] == [manager]


@pytest.mark.parametrize("tasks", [1, 3])
def test_scan_query_count_is_that_of_its_rules(django_assert_num_queries, tasks):
    for _number in range(3):
        RuleFactory()
    for _number in range(tasks):
        TaskFactory(due_on=TODAY)
    scan(at=NOW)

    # For each rule a savepoint around its one statement.
    with django_assert_num_queries(11 + 3 * 3):
        scan(at=NOW)
