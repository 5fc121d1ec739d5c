"""The rows that a report begins with: what was reported before for the period, or the lines of the last one."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from royalties.domain.report_lines import LineKey, ReportLine, line_of, live_lines, without_figures
from royalties.domain.report_periods import calendar_of, months_of
from royalties.domain.report_scope import ReportScope
from royalties.enums import ReportStatus
from royalties.models import Agreement, ProductionReport, ReportFiling


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row to fill in: what it is about, its figures so far if any, and those of last period's same month."""

    key: LineKey
    line: ReportLine | None
    last: ReportLine | None

    def currency(self, agreed: str) -> str:
        """Return the currency of its sales: as reported, else as in last period, else as agreed."""
        if self.line is not None:
            return self.line.currency
        return self.last.currency if self.last is not None and self.last.currency else agreed


def rows_of(filing: ReportFiling, scope: ReportScope) -> list[ReportRow]:
    """Return the rows of a filing: its own lines, else those that count now, and empty ones of the usual keys left.

    A draft of which only some rows were filled in keeps the others to be filled in later.
    """
    last = _last_period(filing, scope)
    counting = lines_that_count(filing.agreement, scope.months)
    own = [line_of(report) for report in live_lines(filing)] if filing.pk else []
    lines = {line.key: line for line in own or counting}
    reported = {(line.plant_id, line.month) for line in counting}
    empty = [key for key in usual_keys(scope, last) if key not in lines and (key.plant_id, key.month) not in reported]
    return [ReportRow(key, lines.get(key), last.get(key)) for key in _in_order(scope, [*lines, *empty])]


def former_lines(filing: ReportFiling, scope: ReportScope) -> list[ReportLine]:
    """Return what a report of the period corrects: its own lines once it was sent back, else those that count."""
    if filing.status == ReportStatus.DISPUTED:
        return [line_of(report) for report in live_lines(filing)]
    return lines_that_count(filing.agreement, scope.months)


def lines_that_count(agreement: Agreement, months: Iterable[dt.date]) -> list[ReportLine]:
    """Return the accepted lines of some months, in order, without estimates."""
    rows = _accepted(agreement, months).filter(is_estimate=False)
    return [line_of(report) for report in rows.order_by("month", "plant__name", "chemistry", "field", "pk")]


def nil_lines(filing: ReportFiling, scope: ReportScope) -> list[ReportLine]:
    """Return lines that say that nothing was made or sold: of every plant and month, and of all that counts now."""
    keys = {line.key for line in lines_that_count(filing.agreement, scope.months)}
    reported = {(key.plant_id, key.month) for key in keys}
    usual = usual_keys(scope, _last_period(filing, scope))
    for key in usual:
        if (key.plant_id, key.month) not in reported:
            keys.add(key)
            reported.add((key.plant_id, key.month))
    return [ReportLine(*key, currency=filing.agreement.currency, is_nil=True) for key in sorted(keys)]


def estimated_lines(filing: ReportFiling, scope: ReportScope) -> list[ReportLine]:
    """Return estimates of the plants and months that nobody has reported: the figures of last period's months."""
    reported = {(line.plant_id, line.month) for line in lines_that_count(filing.agreement, scope.months)}
    last = _last_period(filing, scope)
    return [
        replace(line, plant_id=key.plant_id, month=key.month, is_nil=False, is_return=False, is_estimate=True)
        for key, line in sorted(last.items())
        if (key.plant_id, key.month) not in reported
    ]


def usual_keys(scope: ReportScope, last: Mapping[LineKey, ReportLine]) -> list[LineKey]:
    """Return a key for every plant and month: those of last period, else the plant's chemistry and the first field."""
    keys = [key for key in last if key.plant_id in scope.plants]
    keys = [key for key in keys if key.chemistry in scope.chemistries and key.field in scope.fields]
    known = {key.plant_id for key in keys}
    keys += [
        LineKey(
            plant.pk,
            month,
            plant.chemistry if plant.chemistry in scope.chemistries else scope.chemistries[0],
            scope.fields[0],
        )
        for plant in scope.plants.values()
        if plant.pk not in known
        for month in scope.months
    ]
    return _in_order(scope, keys)


def _in_order(scope: ReportScope, keys: Iterable[LineKey]) -> list[LineKey]:
    """Return keys by month, then plant; a plant that has left the agreement comes last."""
    order = {plant_id: place for place, plant_id in enumerate(scope.plants)}
    return sorted(keys, key=lambda key: (key.month, order.get(key.plant_id, len(order)), key.chemistry, key.field))


def _last_period(filing: ReportFiling, scope: ReportScope) -> dict[LineKey, ReportLine]:
    """Return last period's lines under the keys of this period's months; every combination in every month."""
    before = calendar_of(filing.agreement).period_on(filing.period_start - dt.timedelta(days=1))
    months = months_of(before.starts_on, before.ends_on) if before else []
    lines = [line_of(report) for report in _accepted(filing.agreement, months).order_by("pk")]
    found: dict[LineKey, ReportLine] = {}
    for place, month in enumerate(scope.months):
        counterpart = months[min(place, len(months) - 1)] if months else None
        for line in lines:
            key = line.key._replace(month=month)
            if line.month == counterpart:
                found[key] = line
            elif key not in found:
                found[key] = without_figures(replace(line, month=month))
    return found


def _accepted(agreement: Agreement, months: Iterable[dt.date]) -> QuerySet[ProductionReport]:
    return ProductionReport.objects.filter(agreement=agreement, status=ReportStatus.ACCEPTED, month__in=list(months))
