"""The engine on stored agreements: what is owed to date, what was stated, and the reports behind a line."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, Sum

from royalties.domain.engine_input import read_agreement
from royalties.domain.quantities import read_quantities
from royalties.domain.stored_rates import StoredRates, missing_rates, rates_for
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.calculation import calculate
from royalties.engine.calendar import Period
from royalties.engine.codes import LineKind, RateKind
from royalties.engine.comparison import ComparedReport, compare_reports
from royalties.engine.lines import LineAmount, LineKey, Lines
from royalties.engine.quantities import Cell, ReportLine, TermQuantity, lines_by_cell
from royalties.engine.statements import Statement as EngineStatement
from royalties.engine.statements import difference
from royalties.engine.trace import Explanation
from royalties.enums import StatementStatus
from royalties.models import Agreement, ProductionReport, ReportFiling, StatementLine


@dataclass(frozen=True, slots=True)
class Calculation:
    """One calculation of a stored agreement through a day: its input and its lines to date."""

    agreement: EngineAgreement
    quantities: list[TermQuantity]
    rates: StoredRates
    lines: Lines
    through: dt.date

    @property
    def periods(self) -> tuple[Period, ...]:
        """The reporting periods included."""
        return self.agreement.calendar.periods(self.through)

    def less(self, stated: Lines) -> EngineStatement:
        """Return the statement that takes what was stated to this calculation."""
        return difference(self.lines, stated, gross_up=self.agreement.rules.gross_up)

    def explain(self) -> Explanation:
        """Return what explains the lines of a statement of this calculation."""
        return Explanation(self.agreement, self.quantities, self.lines, through=self.through, rates=self.rates)


def calculate_to_date(agreement: Agreement, *, through: dt.date, counting: ReportFiling | None = None) -> Calculation:
    """Calculate an agreement on the reports that count, through the last period that ends by a day.

    With a filing, calculate as if it were accepted; nothing is written. Raise MissingRate and
    MissingIndexError, which name what has to be entered first.
    """
    return calculate_with(read_agreement(agreement), agreement, through=through, counting=counting)


def calculate_with(
    engine_agreement: EngineAgreement, agreement: Agreement, *, through: dt.date, counting: ReportFiling | None = None
) -> Calculation:
    """Calculate an agreement with other terms than the stored ones, such as those that an amendment would make."""
    quantities = read_quantities({agreement.pk: engine_agreement}, counting=counting)[agreement.pk]
    included = [quantity for quantity in quantities if quantity.period_end <= through]
    rates = rates_for([(engine_agreement, included)])
    lines = calculate(engine_agreement, included, through=through, rates=rates)
    return Calculation(engine_agreement, included, rates, lines, through)


def rates_missing_for(agreement: Agreement, *, through: dt.date) -> list[tuple[str, str, dt.date, RateKind]]:
    """Return the rates (base, quote, day, kind) that stand in the way of a statement through a day."""
    engine_agreement = read_agreement(agreement)
    quantities = read_quantities({agreement.pk: engine_agreement})[agreement.pk]
    return missing_rates([(engine_agreement, quantities)], through=through)


def stated_lines(agreement: Agreement) -> Lines:
    """Return, by key, the sums of all lines of the agreement's issued statements."""
    rows = (
        StatementLine.objects.filter(statement__agreement=agreement)
        .exclude(statement__status=StatementStatus.DRAFT)
        .order_by()
        .values_list("kind", "term_id", "fee_id", "period_end")
        .annotate(quantity=Sum("quantity"), amount=Sum("amount"))
    )
    return {
        LineKey(LineKind(kind), term_id or fee_id, period_end): LineAmount(quantity, amount)
        for kind, term_id, fee_id, period_end, quantity, amount in rows
    }


def compared_reports(
    agreement: Agreement,
    engine_agreement: EngineAgreement,
    *,
    periods: Collection[Period],
    stated_at: dt.datetime | None,
    counting: ReportFiling | None = None,
) -> dict[Cell, list[ComparedReport]]:
    """Return, by term and period, the report versions that count now and did not when last stated.

    `stated_at` is when the last statement was issued; None, when there was none.
    """
    if not periods:
        return {}
    first, last = min(period.starts_on for period in periods), max(period.ends_on for period in periods)
    counts = Q(accepted_on__isnull=False) if counting is None else Q(accepted_on__isnull=False) | Q(filing=counting)
    rows = (
        ProductionReport.objects.filter(counts, agreement=agreement, month__range=(first.replace(day=1), last))
        .annotate(decided_at=F("filing__decided_at"))
        .order_by("number", "pk")
    )
    now: dict[tuple[object, ...], ReportLine] = {}
    before: dict[tuple[object, ...], ReportLine] = {}
    for row in rows:
        line = report_line(row)
        key = (line.plant, line.month, line.chemistry, line.field)
        now[key] = line
        if stated_at is not None and row.decided_at is not None and row.decided_at <= stated_at:
            before[key] = line
    known = lines_by_cell(engine_agreement, before.values())
    found: dict[Cell, list[ComparedReport]] = defaultdict(list)
    for cell, lines in lines_by_cell(engine_agreement, now.values()).items():
        found[cell] = compare_reports(known.get(cell, []), lines)
    return found


def report_line(row: ProductionReport) -> ReportLine:
    """Return a stored report line as the engine's; one that is not accepted yet counts from its month on."""
    return ReportLine(
        plant=row.plant_id,
        month=row.month,
        chemistry=row.chemistry,
        field=row.field,
        version=row.number,
        accepted_on=row.accepted_on or row.month,
        energy_produced_kwh=row.energy_produced_kwh,
        energy_sold_kwh=row.energy_sold_kwh,
        units=row.units,
        net_sales=row.net_sales,
        currency=row.currency,
    )
