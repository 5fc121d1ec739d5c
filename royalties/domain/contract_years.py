"""Contract years of stored agreements."""

import datetime as dt

from royalties.engine.calendar import Calendar
from royalties.engine.codes import PeriodLength
from royalties.models import Agreement


def calendar_of(agreement: Agreement) -> Calendar | None:
    """Return the contract years and reporting periods of an agreement; None without an effective date."""
    first = agreement.effective_on
    if first is None:
        return None
    month_day = agreement.contract_year_start or f"{first:%m-%d}"
    return Calendar(
        first, agreement.last_day, int(month_day[:2]), int(month_day[3:]), PeriodLength(agreement.reporting_period)
    )


def contract_year_on(agreement: Agreement, day: dt.date) -> int | None:
    """Return the contract year that a day falls in; 1 before the first, None when it has no dates or has ended."""
    calendar = calendar_of(agreement)
    if calendar is None:
        return None
    if day < calendar.effective_on:
        return 1
    period = calendar.period_on(day)
    return period.contract_year if period is not None else None
