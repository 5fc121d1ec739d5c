"""The reporting periods of an agreement, the months that belong to them, and when their reports are due."""

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from lrs_tracker.problems import DomainError
from royalties.domain.periods import name_period
from royalties.engine.calendar import Calendar, Period, last_day
from royalties.engine.codes import PeriodLength
from royalties.models import Agreement


def calendar_of(agreement: Agreement) -> Calendar:
    """Return the grid of an agreement's periods. Raise DomainError before its effective date is known."""
    if agreement.effective_on is None:
        raise DomainError(_("This agreement has no effective date yet, so it has no reporting periods."))
    start = agreement.contract_year_start or f"{agreement.effective_on:%m-%d}"
    month, day = map(int, start.split("-"))
    return Calendar(agreement.effective_on, agreement.last_day, month, day, PeriodLength(agreement.reporting_period))


def period_from(agreement: Agreement, starts_on: dt.date, ends_on: dt.date) -> Period:
    """Return the agreement's period from one day to another. Raise DomainError when its grid has none."""
    period = calendar_of(agreement).period_on(ends_on)
    if period is None:
        raise DomainError(
            _("The agreement is not in force on %(day)s.") % {"day": f"{ends_on:%d %b %Y}"}, field="period"
        )
    if (period.starts_on, period.ends_on) != (starts_on, ends_on):
        raise DomainError(
            _("This is not a reporting period of the agreement. The one around it is %(period)s.")
            % {"period": name_period(period.starts_on, period.ends_on)},
            field="period",
        )
    return period


def periods_between(agreement: Agreement, first: dt.date, through: dt.date) -> Iterator[Period]:
    """Yield the periods that contain or follow `first` and start on or before `through`, in order."""
    calendar = calendar_of(agreement)
    day = max(first, calendar.effective_on)
    while day <= through and (period := calendar.period_on(day)) is not None:
        yield period
        day = period.ends_on + dt.timedelta(days=1)


def months_of(starts_on: dt.date, ends_on: dt.date) -> list[dt.date]:
    """Return the first day of each month whose last day lies in a period: those are the ones it reports."""
    months, month = [], starts_on.replace(day=1)
    while last_day(month) <= ends_on:
        months.append(month)
        month = last_day(month) + dt.timedelta(days=1)
    return months


def report_due_on(agreement: Agreement, period_end: dt.date) -> dt.date:
    """Return the day by which the licensee reports a period."""
    return period_end + dt.timedelta(days=agreement.report_days)
