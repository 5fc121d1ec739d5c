"""The reports, exchange rates and issues of a what-if document."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from royalties.engine.agreement_document import read_currency
from royalties.engine.calendar import Calendar
from royalties.engine.codes import RateKind
from royalties.engine.exact import ZERO
from royalties.engine.fx import Rate
from royalties.engine.problems import Problem
from royalties.engine.quantities import ReportLine
from royalties.engine.reading import Reader

FIGURES = ("energy_produced_kwh", "energy_sold_kwh", "units", "net_sales")
REPORT_FIELDS = ("month", "version", "accepted_on", "plant", "chemistry", "field", *FIGURES, "currency", "nil")
RATE_FIELDS = ("base", "quote", "on", "rate", "kind")
ISSUE_FIELDS = ("period_end", "on")
SOURCE = "scenario"


class ScenarioRateKind(StrEnum):
    """The kinds of rate of a document: those of the engine, and the rules that take the rate of a day."""

    REFERENCE = "reference"
    PERIOD_END = "period_end"
    PERIOD_AVERAGE = "period_average"
    LAST_BUSINESS_DAY_BEFORE_DUE = "last_business_day_before_due"
    PAYMENT_DATE = "payment_date"

    @property
    def kind(self) -> RateKind:
        """The engine's kind: a rate given for a rule that takes the rate of a day is a rate of that day."""
        return RateKind(self.value) if self.value in RateKind else RateKind.REFERENCE


@dataclass(frozen=True, slots=True)
class Issue:
    """When the statement through a period is issued."""

    period_end: dt.date
    on: dt.date


def read_report(reader: Reader) -> ReportLine:
    """Return a report line; a currency is needed where there are net sales."""
    produced, sold, units, net_sales = (reader.decimal(name, ZERO) for name in FIGURES)
    if reader.boolean("nil", False):
        for name, figure in zip(FIGURES, (produced, sold, units, net_sales), strict=True):
            if figure:
                reader.refuse(name, _("A nil report has no figures."))
    currency = read_currency(reader, "currency") if net_sales or reader.has("currency") else ""
    return ReportLine(
        plant=reader.text("plant"),
        month=reader.month("month"),
        chemistry=reader.text("chemistry", ""),
        field=reader.text("field", ""),
        version=reader.integer("version", least=1, most=1_000_000),
        accepted_on=reader.date("accepted_on"),
        energy_produced_kwh=produced,
        energy_sold_kwh=sold,
        units=units,
        net_sales=net_sales,
        currency=currency,
    )


def read_rate(reader: Reader) -> Rate:
    """Return an exchange rate."""
    base, quote = read_currency(reader, "base"), read_currency(reader, "quote")
    if base and base == quote:
        reader.refuse("quote", _("A rate is between two different currencies."))
    number = reader.decimal("rate")
    if reader.is_good and not number:
        reader.refuse("rate", _("A rate must be above zero."))
    return Rate(base, quote, reader.date("on"), reader.choice("kind", ScenarioRateKind).kind, number, SOURCE)


def read_issue(reader: Reader) -> Issue:
    """Return an issue."""
    return Issue(reader.date("period_end"), reader.date("on"))


def report_problems(reports: Mapping[int, ReportLine], calendar: Calendar | None) -> list[Problem]:
    """Return the reports that are given twice, or are of a month outside the agreement."""
    problems = []
    seen = set()
    for position, line in reports.items():
        key = (line.plant, line.month, line.chemistry, line.field, line.version)
        if key in seen:
            message = _("This plant, month, chemistry, field and version is reported twice.")
            problems.append(Problem(f"reports[{position}].version", message))
        seen.add(key)
        if calendar is not None and calendar.period_of_month(line.month) is None:
            message = _("The agreement is not in force on the last day of this month.")
            problems.append(Problem(f"reports[{position}].month", message))
    return problems


def rate_problems(rates: Mapping[int, Rate]) -> list[Problem]:
    """Return the rates that are given twice."""
    problems = []
    seen = set()
    for position, rate in rates.items():
        key = (rate.base, rate.quote, rate.on, rate.kind)
        if key in seen:
            problems.append(Problem(f"fx[{position}].on", _("There is another rate of this pair, date and kind.")))
        seen.add(key)
    return problems


def issue_problems(issues: Mapping[int, Issue], calendar: Calendar | None) -> list[Problem]:
    """Return the issues that are out of order, or not at the end of a reporting period.

    A period may be issued again: the later statement has only what changed.
    """
    problems = []
    before: Issue | None = None
    for position, issue in issues.items():
        where = f"issues[{position}]"
        period = None if calendar is None else calendar.period_on(issue.period_end)
        if calendar is not None and (period is None or period.ends_on != issue.period_end):
            problems.append(Problem(f"{where}.period_end", _("No reporting period of the agreement ends on this day.")))
        elif before is not None and issue.period_end < before.period_end:
            problems.append(Problem(f"{where}.period_end", _("A later period is already stated.")))
        if before is not None and issue.on < before.on:
            problems.append(Problem(f"{where}.on", _("This is before the statement above it.")))
        before = issue
    return problems
