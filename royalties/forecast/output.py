"""What plants are planned to make, month by month, as the reports they would send."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError
from plants.domain.ramp_curve import full_output_gwh, ramp_share
from royalties.engine.codes import Basis
from royalties.engine.exact import ONE, PERCENT, ZERO
from royalties.engine.quantities import ReportLine
from royalties.engine.terms import Key, Term

_KWH_A_GWH = 1_000_000
_KWH = Decimal("0.001")
_HALF = Decimal("0.5")
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class PlantRamp:
    """The ramp of a plant with what its production is reported under."""

    plant: Key
    chemistry: Key
    field: Key
    sop_on: dt.date
    months_to_nameplate: int
    nameplate_gwh: Decimal
    utilisation_percent: Decimal
    yield_percent: Decimal

    def monthly_kwh(self, months: int) -> list[Decimal]:
        """Return the good output of so many months, the first being that of SOP."""
        full_kwh = _KWH_A_GWH * full_output_gwh(
            nameplate_gwh=self.nameplate_gwh,
            utilisation_percent=self.utilisation_percent,
            yield_percent=self.yield_percent,
        )
        shares = (
            ramp_share(month=number + _HALF, months_to_nameplate=self.months_to_nameplate) for number in range(months)
        )
        return [(full_kwh / _MONTHS_A_YEAR * share).quantize(_KWH) for share in shares]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan takes for granted; None is not known, and refused where a term needs it.

    `price_per_kwh` is the net price in the agreement's currency; `index_percent` is the yearly rise of a price
    index after its last published value.
    """

    sold_percent: Decimal = Decimal(100)
    price_per_kwh: Decimal | None = None
    kwh_per_unit: Decimal | None = None
    index_percent: Decimal = ZERO


class MissingAssumption(DomainError):
    """Refuse a plan whose terms charge something that no assumption leads to."""

    code = "missing-assumption"


def check_assumptions(terms: Iterable[Term], assumptions: Assumptions) -> None:
    """Raise MissingAssumption for net sales without a price, and for units without their energy."""
    bases = {term.basis for term in terms}
    if Basis.NET_SALES in bases and assumptions.price_per_kwh is None:
        raise MissingAssumption(_("Royalties on net sales need an assumed price per kWh."))
    if Basis.UNITS in bases and not assumptions.kwh_per_unit:
        raise MissingAssumption(_("Royalties on units need an assumed energy of a unit in kWh."))


def figure_per_kwh(basis: Basis, assumptions: Assumptions) -> Decimal:
    """Return how much of a basis one kWh produced is."""
    sold = assumptions.sold_percent * PERCENT
    match basis:
        case Basis.ENERGY_PRODUCED:
            return ONE
        case Basis.ENERGY_SOLD:
            return sold
        case Basis.UNITS:
            return sold / assumptions.kwh_per_unit if assumptions.kwh_per_unit else ZERO
        case Basis.NET_SALES:
            return sold * (assumptions.price_per_kwh or ZERO)
        case Basis.LUMP_SUM:
            return ZERO


def month_number(day: dt.date) -> int:
    """Return the month of a date, counted from year 0."""
    return day.year * _MONTHS_A_YEAR + day.month - 1


def first_day(number: int) -> dt.date:
    """Return the first day of a month counted from year 0."""
    year, index = divmod(number, _MONTHS_A_YEAR)
    return dt.date(year, index + 1, 1)


def planned_lines(
    ramps: Sequence[PlantRamp],
    *,
    assumptions: Assumptions,
    currency: str,
    reported: Iterable[ReportLine],
    through: dt.date,
) -> list[ReportLine]:
    """Return a report line for each plant and month up to a day that is planned and not reported yet.

    Units and net sales are expected values: they are not rounded.
    """
    known = {(line.plant, line.month) for line in reported}
    sold, units, sales = (
        figure_per_kwh(basis, assumptions) for basis in (Basis.ENERGY_SOLD, Basis.UNITS, Basis.NET_SALES)
    )
    lines = []
    for ramp in ramps:
        sop = month_number(ramp.sop_on)
        for number, kwh in enumerate(ramp.monthly_kwh(month_number(through) - sop + 1), start=sop):
            month = first_day(number)
            if (ramp.plant, month) not in known:
                line = ReportLine(
                    plant=ramp.plant,
                    month=month,
                    chemistry=ramp.chemistry,
                    field=ramp.field,
                    version=1,
                    accepted_on=month,
                    energy_produced_kwh=kwh,
                    energy_sold_kwh=kwh * sold,
                    units=kwh * units,
                    net_sales=kwh * sales,
                    currency=currency,
                )
                lines.append(line)
    return lines
