"""Calendar arithmetic of reminders: business days, send times, daylight saving."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.domain.working_days import Hours, dates_shifted_into, next_moment, send_time, shift
from reminders.enums import DayCount

BERLIN = Hours("Europe/Berlin", dt.time(8), (0, 1, 2, 3, 4))
NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
days = st.dates(dt.date(2024, 1, 1), dt.date(2032, 12, 31))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Detroit", "Asia/Shanghai", "Asia/Kolkata", "Pacific/Apia"])
hours = st.builds(
    Hours,
    zones,
    st.times(),
    st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found))),
)


def slow_shift(day, number):
    """One day at a time, counting those from Monday to Friday."""
    step = 1 if number > 0 else -1
    while number:
        day += dt.timedelta(days=step)
        if day.weekday() < 5:
            number -= step
    return day


@given(days, st.integers(-40, 40))
def test_business_days_are_those_counted_one_by_one(day, number):
    assert shift(day, number, DayCount.BUSINESS) == slow_shift(day, number)


@given(days, st.integers(0, 12), st.sets(st.integers(-60, 60), min_size=1, max_size=4), st.sampled_from(DayCount))
def test_shifted_dates_are_all_that_fall_into_a_window(first, length, offsets, count):
    last = first + dt.timedelta(days=length)
    candidates = [first + dt.timedelta(days=number) for number in range(-100, length + 101)]

    expected = {
        (day, offset, shift(day, offset, count))
        for day in candidates
        for offset in offsets
        if first <= shift(day, offset, count) <= last
    }

    found = list(dates_shifted_into(first, last, offsets, count))
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("on", "is_after", "expected"),
    [
        ("2026-03-27", False, "2026-03-27T07:00"),  # the Friday before the clocks change: winter time
        ("2026-03-30", False, "2026-03-30T06:00"),  # the Monday after: summer time
        ("2026-10-23", False, "2026-10-23T06:00"),
        ("2026-10-26", False, "2026-10-26T07:00"),
        ("2026-11-28", False, "2026-11-27T07:00"),  # a Saturday: the Friday before
        ("2026-11-28", True, "2026-11-30T07:00"),  # what is late: the Monday after
    ],
)
def test_send_time_is_eight_in_the_morning_of_a_working_day(on, is_after, expected):
    sent = send_time(BERLIN, dt.date.fromisoformat(on), is_after=is_after)

    assert sent == dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC)


@given(hours, days, st.booleans())
def test_send_time_is_on_a_working_day_at_the_chosen_time(person, on, is_after):
    local = send_time(person, on, is_after=is_after).astimezone(zoneinfo.ZoneInfo(person.time_zone))

    assert local.weekday() in person.working_days
    assert (local.date() >= on) if is_after else (local.date() <= on)
    skipped = dt.datetime.combine(local.date(), person.send_time, zoneinfo.ZoneInfo(person.time_zone))
    assert local.time() == person.send_time or skipped.astimezone(dt.UTC).astimezone(skipped.tzinfo) != skipped


@given(hours, st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NEW_YEAR + dt.timedelta(minutes=minutes)))
def test_next_moment_is_now_or_the_next_morning_on_a_working_day(person, at):
    moment = next_moment(person, at)
    local = moment.astimezone(zoneinfo.ZoneInfo(person.time_zone))

    assert at <= moment <= at + dt.timedelta(days=8)
    assert local.weekday() in person.working_days
    assert moment == at or moment == send_time(person, local.date(), is_after=True)
