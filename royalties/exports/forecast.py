"""The forecast as a file: its periods with their percentiles, its groups period by period, or what became of it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from lrs_tracker.exports import Column
from royalties.domain.forecast_past import AgreementMonth, Past, PastAgreement
from royalties.domain.forecast_tables import ForecastTables, GroupRow, PeriodRow, Sums
from royalties.forecast.periods import CalendarPeriod


class GroupPeriod(NamedTuple):
    """A group's money in a period."""

    row: GroupRow
    period: CalendarPeriod
    sums: Sums


class PastCell(NamedTuple):
    """A past month of an agreement."""

    row: PastAgreement
    month: AgreementMonth


def period_columns(currency: str) -> Sequence[Column[PeriodRow]]:
    """Return the columns of the periods; the percentiles are of contracted and weighted together."""
    return (
        Column(_("Period"), lambda row: row.period.label),
        Column(_("From"), lambda row: row.period.starts_on),
        Column(_("To"), lambda row: row.period.ends_on),
        Column(_("Currency"), lambda _row: currency),
        Column(_("Contracted"), lambda row: row.sums.contracted),
        Column(_("Weighted"), lambda row: row.sums.weighted),
        Column(_("Total"), lambda row: row.sums.total),
        Column(_("Mean"), lambda row: row.estimate.mean if row.estimate else None),
        Column(_("P10"), lambda row: row.estimate.p10 if row.estimate else None),
        Column(_("P50"), lambda row: row.estimate.p50 if row.estimate else None),
        Column(_("P90"), lambda row: row.estimate.p90 if row.estimate else None),
    )


def group_columns(currency: str) -> Sequence[Column[GroupPeriod]]:
    """Return the columns of groups by period; basis and probability where a group is one deal."""
    return (
        Column(_("Group"), lambda cell: cell.row.key),
        Column(_("Name"), lambda cell: cell.row.label),
        Column(_("Basis"), lambda cell: cell.row.deal.planned.basis.label if cell.row.deal else None),
        Column(_("Probability"), lambda cell: cell.row.deal.planned.probability if cell.row.deal else None),
        Column(_("Period"), lambda cell: cell.period.label),
        Column(_("From"), lambda cell: cell.period.starts_on),
        Column(_("To"), lambda cell: cell.period.ends_on),
        Column(_("Currency"), lambda _cell: currency),
        Column(_("Contracted"), lambda cell: cell.sums.contracted),
        Column(_("Weighted"), lambda cell: cell.sums.weighted),
        Column(_("Total"), lambda cell: cell.sums.total),
    )


def group_periods(tables: ForecastTables) -> Iterator[GroupPeriod]:
    """Yield the cells of the groups, group by group."""
    for row in tables.rows:
        for period, sums in zip(tables.periods, row.periods, strict=True):
            yield GroupPeriod(row, period, sums)


def past_columns(currency: str) -> Sequence[Column[PastCell]]:
    """Return the columns of actual against forecast, month by month; a month that lacks reports is not compared."""
    return (
        Column(_("Agreement"), lambda cell: cell.row.planned.code),
        Column(_("Company"), lambda cell: str(cell.row.planned.deal.company)),
        Column(_("From"), lambda cell: cell.month.period.starts_on),
        Column(_("To"), lambda cell: cell.month.period.ends_on),
        Column(_("Currency"), lambda _cell: currency),
        Column(_("Earned, by ramp and terms"), lambda cell: cell.month.said.earned),
        Column(_("Earned, reported"), lambda cell: cell.month.actual.earned),
        Column(_("Shortfall to the minimum, by ramp and terms"), lambda cell: cell.month.said.shortfall),
        Column(_("Shortfall to the minimum, reported"), lambda cell: cell.month.actual.shortfall),
        Column(_("Missing reports"), lambda cell: cell.month.missing),
    )


def past_cells(past: Past) -> Iterator[PastCell]:
    """Yield the past months, agreement by agreement."""
    for row in past.agreements:
        for month in row.months:
            yield PastCell(row, month)
