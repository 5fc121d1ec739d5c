"""Contract years and reporting periods of an agreement."""

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from royalties.engine.codes import PeriodLength

MONTHS = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.HALF_YEAR: 6, PeriodLength.YEAR: 12}
_DAY = dt.timedelta(days=1)


class Period(NamedTuple):
    """A reporting period; `closes_year` marks the last one of its contract year."""

    number: int
    contract_year: int
    starts_on: dt.date
    ends_on: dt.date
    closes_year: bool


class ContractYear(NamedTuple):
    """A contract year in force, which may be short, and the length of the full year it is cut from."""

    number: int
    starts_on: dt.date
    ends_on: dt.date
    full_days: int

    @property
    def days(self) -> int:
        """How many days of the year the agreement is in force."""
        return (self.ends_on - self.starts_on).days + 1


def last_day(month: dt.date) -> dt.date:
    """Return the last day of a date's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


@dataclass(frozen=True, slots=True)
class Calendar:
    """The grid of periods that starts at the contract-year start, cut by the effective date and the end.

    Contract year 1 runs from the effective date to the day before the next contract-year start, so it may be short.
    Cells of the grid begin on the start's day of the month, or on a month's last day where the month is shorter:
    a year that starts on 02-29 starts on 02-28 in common years, so that February always belongs to the new year.
    A month belongs to what is in force on its last day: with an effective date of 15 January all of January counts,
    and with an end on 15 March March does not (its last day is after the end).
    """

    effective_on: dt.date
    ends_on: dt.date | None
    start_month: int
    start_day: int
    length: PeriodLength
    # The month, counted from year 0, in which the contract year of the effective date starts on the grid.
    _first_month: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        month = self._grid_month(self.effective_on)
        object.__setattr__(self, "_first_month", month - (month - self.start_month + 1) % 12)

    def periods(self, through: dt.date) -> tuple[Period, ...]:
        """Return the periods that end on or before a day, in order."""
        last = through if self.ends_on is None else min(through, self.ends_on)
        first = cell = self._cell_on(self.effective_on)
        starts_on = self.effective_on
        found = []
        while starts_on <= last:
            next_on = self._cell_start(cell + 1)
            period = self._period(cell, cell - first + 1, starts_on, next_on)
            if period.ends_on > last:
                break
            found.append(period)
            cell, starts_on = cell + 1, next_on
        return tuple(found)

    def period_on(self, day: dt.date) -> Period | None:
        """Return the period that contains a day, or None when the agreement is not in force then."""
        if day < self.effective_on or (self.ends_on is not None and day > self.ends_on):
            return None
        cell = self._cell_on(day)
        number = cell - self._cell_on(self.effective_on) + 1
        starts_on = max(self._cell_start(cell), self.effective_on)
        return self._period(cell, number, starts_on, self._cell_start(cell + 1))

    def period_of_month(self, month: dt.date) -> Period | None:
        """Return the period in force on a month's last day."""
        return self.period_on(last_day(month))

    def contract_year(self, number: int) -> ContractYear:
        """Return a contract year by its number, from 1."""
        cells = 12 // MONTHS[self.length]
        starts_on = self._cell_start((number - 1) * cells)
        next_on = self._cell_start(number * cells)
        ends_on = next_on - _DAY
        return ContractYear(
            number,
            max(starts_on, self.effective_on),
            ends_on if self.ends_on is None else min(ends_on, self.ends_on),
            (next_on - starts_on).days,
        )

    def _period(self, cell: int, number: int, starts_on: dt.date, next_on: dt.date) -> Period:
        cells = 12 // MONTHS[self.length]
        ends_on = next_on - _DAY
        closes_year = (cell + 1) % cells == 0
        if self.ends_on is not None and ends_on >= self.ends_on:
            ends_on, closes_year = self.ends_on, True
        return Period(number, cell // cells + 1, starts_on, ends_on, closes_year)

    def _cell_start(self, cell: int) -> dt.date:
        return self._month_start(self._first_month + cell * MONTHS[self.length])

    def _cell_on(self, day: dt.date) -> int:
        return (self._grid_month(day) - self._first_month) // MONTHS[self.length]

    def _grid_month(self, day: dt.date) -> int:
        month = day.year * 12 + day.month - 1
        return month if day >= self._month_start(month) else month - 1

    def _month_start(self, month: int) -> dt.date:
        year, index = divmod(month, 12)
        if self.start_day <= 28:
            return dt.date(year, index + 1, self.start_day)
        return dt.date(year, index + 1, min(self.start_day, calendar.monthrange(year, index + 1)[1]))
