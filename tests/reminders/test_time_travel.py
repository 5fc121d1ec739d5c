"""A year of ticks in simulated time, across the clock changes of three zones, and machines that were down."""

import datetime as dt
import zoneinfo
from collections import Counter

import pytest

from accounts.enums import Role
from deals.models import Deal, Task
from reminders.domain.ticks import tick
from reminders.models import Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.reminders.factories import RuleFactory

pytestmark = pytest.mark.django_db(transaction=True)
ZONES = ("Europe/Berlin", "America/Detroit", "Asia/Shanghai")
FIRST = dt.date(2026, 2, 2)
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def midnight(day):
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def run_ticks(start, end, every=HOUR):
    at = start
    while at <= end:
        tick(at=at)
        at += every


def eight_on_a_working_day(day, zone):
    """08:00 there on the day itself, or on the Friday before a weekend."""
    day -= max(day.weekday() - 4, 0) * DAY
    return dt.datetime.combine(day, dt.time(8), zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)


@pytest.fixture
def owners():
    return {zone: UserFactory(role=Role.BUSINESS_DEVELOPMENT, time_zone=zone) for zone in ZONES}


def make_tasks(owners, days):
    deal = DealFactory()
    Task.objects.bulk_create(
        Task(deal=deal, title=f"{zone} {day}", due_on=day, assignee=owner)
        for zone, owner in owners.items()
        for day in days
    )


def test_year_of_ticks_tells_each_once_at_eight_on_a_working_day(owners):
    days = [FIRST + number * DAY for number in range(7, 365)]
    make_tasks(owners, days)
    RuleFactory(enabled_on=FIRST)

    # Each hour that is a morning in one of the zones, summer and winter, and one in between.
    for number in range(366):
        for hour in (0, 3, 6, 7, 12, 13):
            tick(at=midnight(FIRST + number * DAY) + hour * HOUR)

    told = {
        (reminder.told_to.time_zone, reminder.due_on): reminder.told_at
        for reminder in Reminder.objects.filter(status="told").select_related("told_to")
    }
    expected = {(zone, day): eight_on_a_working_day(day, zone) for zone in ZONES for day in days}
    assert told == expected
    assert Reminder.objects.count() == len(expected)


@pytest.mark.parametrize("back_at", [dt.time(3), dt.time(11, 30)])
def test_machine_that_was_down_for_three_days_catches_up_once(owners, back_at):
    make_tasks(owners, [FIRST + number * DAY for number in range(14)])
    RuleFactory(enabled_on=FIRST - 7 * DAY)
    down, back = FIRST + 2 * DAY, dt.datetime.combine(FIRST + 8 * DAY, back_at, dt.UTC)

    run_ticks(midnight(FIRST - DAY), midnight(down))
    run_ticks(back, back + 10 * DAY, dt.timedelta(minutes=30))

    told = Reminder.objects.filter(status="told").select_related("told_to")
    assert Counter((reminder.told_to.time_zone, reminder.due_on) for reminder in told) == Counter(
        (zone, FIRST + number * DAY) for zone in ZONES for number in range(14)
    )
    for reminder in told:
        zone = zoneinfo.ZoneInfo(reminder.told_to.time_zone)
        wanted = eight_on_a_working_day(reminder.due_on, zone.key)
        local = reminder.told_at.astimezone(zone)
        if wanted < midnight(down) + HOUR or wanted >= back:
            assert reminder.told_at == wanted.replace(minute=0), reminder
        else:
            assert back <= reminder.told_at <= back + DAY
            assert (local.weekday() < 5, local.time() >= dt.time(8)) == (True, True)


def test_machine_that_was_down_for_longer_than_the_grace_records_what_is_too_late(owners):
    days = [FIRST + number * DAY for number in range(1, 12)]
    make_tasks(owners, days)
    RuleFactory(enabled_on=FIRST - 7 * DAY, grace_days=5)

    run_ticks(midnight(FIRST - DAY), midnight(FIRST))
    run_ticks(midnight(FIRST + 14 * DAY), midnight(FIRST + 16 * DAY))

    found = Counter(Reminder.objects.values_list("due_on", "status", "reason"))
    late, in_time = [day for day in days if day < FIRST + 9 * DAY], days[8:]
    assert found == Counter(
        {(day, "skipped", "too_late"): 3 for day in late} | {(day, "told", ""): 3 for day in in_time}
    )


def test_clock_that_jumps_back_tells_nobody_twice(owners):
    make_tasks(owners, [FIRST + number * DAY for number in range(5)])
    RuleFactory(enabled_on=FIRST)

    run_ticks(midnight(FIRST), midnight(FIRST + 5 * DAY))
    told = Counter(Reminder.objects.values_list("due_on", "told_to", "told_at"))
    run_ticks(midnight(FIRST), midnight(FIRST + 5 * DAY))

    assert Counter(Reminder.objects.values_list("due_on", "told_to", "told_at")) == told
    assert (Deal.objects.count(), ReminderRule.objects.count()) == (1, 1)
