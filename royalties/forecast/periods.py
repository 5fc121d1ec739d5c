"""The calendar months, quarters and years of a forecast."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from plants.domain.ramp_curve import add_months
from royalties.engine.calendar import last_day


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A month, quarter or year of the calendar, or the part of it that the forecast covers."""

    label: str
    starts_on: dt.date
    ends_on: dt.date
    months: int


def months_from(starts_on: dt.date, months: int) -> list[CalendarPeriod]:
    """Return `months` calendar months, the first being that of `starts_on`."""
    first_days = [add_months(starts_on.replace(day=1), number) for number in range(months)]
    return [CalendarPeriod(f"{day:%Y-%m}", day, last_day(day), 1) for day in first_days]


def quarters_of(months: Iterable[CalendarPeriod]) -> list[CalendarPeriod]:
    """Return the calendar quarters that consecutive months make."""
    return _joined(months, lambda month: f"{month.starts_on.year}-Q{(month.starts_on.month + 2) // 3}")


def years_of(months: Iterable[CalendarPeriod]) -> list[CalendarPeriod]:
    """Return the calendar years that consecutive months make."""
    return _joined(months, lambda month: f"{month.starts_on.year}")


def _joined(months: Iterable[CalendarPeriod], label_of: Callable[[CalendarPeriod], str]) -> list[CalendarPeriod]:
    joined = []
    for label, group in groupby(months, key=label_of):
        parts = list(group)
        joined.append(CalendarPeriod(label, parts[0].starts_on, parts[-1].ends_on, len(parts)))
    return joined
