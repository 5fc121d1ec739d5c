"""Business days of a country: when a payment is due, and the last working day before a date."""

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

from royalties.enums import DueFrom
from royalties.models import Agreement

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = dt.timedelta(days=1)


def due_date(agreement: Agreement, *, period_end: dt.date, invoice_on: dt.date) -> dt.date:
    """Return when an invoice of this period is due.

    The agreement's payment days are counted from the period's end or the invoice's date, never ending
    before the invoice's date; a day on which the licensor's banks are closed rolls forward to the next
    business day of its country.
    """
    start = period_end if agreement.due_from == DueFrom.PERIOD_END else invoice_on
    due_on = max(start + dt.timedelta(days=agreement.payment_days), invoice_on)
    return next_business_day(due_on, country=agreement.licensor.country)


def is_business_day(day: dt.date, *, country: str) -> bool:
    """Tell whether people work on a day in a country; of an unknown country only the weekend is known."""
    return _calendar(country, day.year).is_working_day(day)


def next_business_day(day: dt.date, *, country: str) -> dt.date:
    """Return a day itself, or the first business day after it."""
    while not is_business_day(day, country=country):
        day += _DAY
    return day


def last_business_day_before(day: dt.date, *, country: str) -> dt.date:
    """Return the last business day before a date."""
    day -= _DAY
    while not is_business_day(day, country=country):
        day -= _DAY
    return day


@cache
def _calendar(country: str, year: int) -> "HolidayBase":
    """Return one year of a country's public holidays, whole before anyone reads it: threads share it."""
    # Loaded by the processes that work out a due date only: it is large.
    import holidays

    try:
        return holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return holidays.HolidayBase(years=year, expand=False)
