"""Days on which people work, and the instant at which someone is told: pure calendar arithmetic.

Days are counted Monday to Friday, whatever the person's own working days are, so that a rule means the same
to everyone; their own days and time zone decide when the message comes.
"""

import datetime as dt
import zoneinfo
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reminders.enums import DayCount

_DAY = dt.timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Hours:
    """When someone is told: at `send_time` in `time_zone`, on `working_days` (Monday is 0)."""

    time_zone: str
    send_time: dt.time
    working_days: tuple[int, ...]


def shift(day: dt.date, days: int, count: DayCount | str) -> dt.date:
    """Return the date that is `days` calendar or business days after a date, before it when negative.

    A business day counted from a weekend starts at the weekend's near end: one after Saturday is Monday, one
    before Sunday is Friday.
    """
    if count == DayCount.CALENDAR or days == 0:
        return day + dt.timedelta(days=days)
    step = 1 if days > 0 else -1
    while day.weekday() >= _SATURDAY:
        day -= step * _DAY
    weeks, rest = divmod(abs(days), 5)
    day += step * weeks * 7 * _DAY
    for _step in range(rest):
        day += step * _DAY
        while day.weekday() >= _SATURDAY:
            day += step * _DAY
    return day


def dates_shifted_into(
    first: dt.date, last: dt.date, offsets: Collection[int], count: DayCount | str
) -> Iterator[tuple[dt.date, int, dt.date]]:
    """Yield (date, offset, shifted date) for each date that an offset shifts to a day from `first` to `last`."""
    for offset in offsets:
        if count == DayCount.CALENDAR:
            spare = 0
            reach = dt.timedelta(days=-offset)
        else:
            # Five business days are a week; the rest and a weekend are less than four days more.
            spare = 4
            reach = dt.timedelta(days=-(abs(offset) // 5 * 7 + abs(offset) % 5) * (1 if offset > 0 else -1))
        day, end = first + reach - spare * _DAY, last + reach + spare * _DAY
        while day <= end:
            shifted = shift(day, offset, count)
            if first <= shifted <= last:
                yield day, offset, shifted
            day += _DAY


def send_time(hours: Hours, on: dt.date, *, is_after: bool) -> dt.datetime:
    """Return the instant (UTC) at which a person is told what belongs to a date.

    On another day than a working one it is the working day before, so that nobody learns of a date when it
    has passed; what comes after its date (`is_after`) waits for the working day that follows. A time that the
    clocks skip is an hour later, one that comes twice the first.
    """
    step = _DAY if is_after else -_DAY
    while on.weekday() not in hours.working_days:
        on += step
    return _instant(hours, on)


def next_moment(hours: Hours, at: dt.datetime) -> dt.datetime:
    """Return the first instant from `at` on at which a person may be told what is late already."""
    local = at.astimezone(zoneinfo.ZoneInfo(hours.time_zone))
    day = local.date()
    if day.weekday() in hours.working_days and at >= _instant(hours, day):
        return at
    while day.weekday() not in hours.working_days or _instant(hours, day) < at:
        day += _DAY
    return _instant(hours, day)


def business_days_before(at: dt.datetime, days: int, time_zone: str) -> dt.datetime:
    """Return the instant that many business days before another, at the same time of day in a time zone."""
    local = at.astimezone(zoneinfo.ZoneInfo(time_zone))
    day = shift(local.date(), -days, DayCount.BUSINESS)
    return dt.datetime.combine(day, local.time(), local.tzinfo).astimezone(dt.UTC)


def _instant(hours: Hours, on: dt.date) -> dt.datetime:
    return dt.datetime.combine(on, hours.send_time, zoneinfo.ZoneInfo(hours.time_zone)).astimezone(dt.UTC)
