"""What differs between two versions of reported lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from royalties.domain.report_lines import FIGURES, SALES, LineKey, ReportLine, line_of, live_lines
from royalties.enums import ReportStatus
from royalties.models import ProductionReport, ReportFiling


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure of a line before and after; None on a side where the line is not. Sales have a currency."""

    name: str
    before: Decimal | None
    after: Decimal | None
    currency_before: str = ""
    currency_after: str = ""

    @property
    def difference(self) -> Decimal | None:
        """How much more it is after; None between currencies."""
        if self.currency_before and self.currency_after and self.currency_before != self.currency_after:
            return None
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that differs, with its version numbers where they are stored."""

    key: LineKey
    before_number: int | None
    after_number: int | None
    figures: list[FigureChange]


def replaced_lines(filing: ReportFiling) -> dict[LineKey, ProductionReport]:
    """Return, by key, the version that each line of a filing replaced or would replace: the accepted one below it."""
    own = {line_of(report).key: report.number for report in filing.reports.order_by("pk")}
    earlier = ProductionReport.objects.filter(
        agreement=filing.agreement,
        month__in={key.month for key in own},
        accepted_on__isnull=False,
        status__in=(ReportStatus.ACCEPTED, ReportStatus.SUPERSEDED),
    ).exclude(filing=filing)
    found: dict[LineKey, ProductionReport] = {}
    for report in earlier.order_by("number", "pk"):
        key = line_of(report).key
        if key in own and report.number < own[key]:
            found[key] = report
    return found


def compare_with_replaced(filing: ReportFiling) -> list[LineChange]:
    """Return what a filing changes in the lines that counted before it."""
    before = replaced_lines(filing)
    changes = []
    for report in live_lines(filing) or list(filing.reports.order_by("month", "pk")):
        line = line_of(report)
        if (earlier := before.get(line.key)) is not None and (figures := _changes(line_of(earlier), line)):
            changes.append(LineChange(line.key, earlier.number, report.number, figures))
    return changes


def compare_lines(before: Iterable[ReportLine], after: Iterable[ReportLine]) -> list[LineChange]:
    """Return how lines differ from others, by key."""
    old, new = ({line.key: line for line in lines} for lines in (before, after))
    return [
        LineChange(key, None, None, figures)
        for key in sorted(old.keys() | new.keys())
        if (figures := _changes(old.get(key), new.get(key)))
    ]


def _changes(before: ReportLine | None, after: ReportLine | None) -> list[FigureChange]:
    changes = []
    for name in FIGURES:
        one, other = getattr(before, name, None), getattr(after, name, None)
        currencies = [getattr(line, "currency", "") if name in SALES else "" for line in (before, after)]
        if (one or other) and (one != other or currencies[0] != currencies[1]):
            changes.append(FigureChange(name, one, other, *currencies))
    return changes
