"""What a plant usually reports in a month: of each figure, and of sales in each currency."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount, format_energy, format_number
from royalties.domain.report_context import ReportContext
from royalties.domain.report_lines import ENERGY, ReportLine

COMPARED = (*ENERGY, "units", "net_sales")


class Measure(NamedTuple):
    """A figure of a plant; of sales, those in one currency."""

    plant_id: int
    name: str
    currency: str = ""

    def words(self, quantity: Decimal) -> str:
        """Return a quantity of it with its unit."""
        if self.name in ENERGY:
            return energy_words(quantity)
        if self.name == "units":
            return _("%(count)s units") % {"count": format_number(quantity, pattern="#,##0.###")}
        return format_amount(quantity, self.currency)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a month is compared with, and where that comes from in words."""

    quantity: Decimal
    words: str
    is_last_period: bool


def months_by_measure(lines: Iterable[ReportLine]) -> dict[Measure, dict[dt.date, Decimal]]:
    """Return the months of each measure, over all chemistries and fields of use, without those of nought."""
    sums: dict[Measure, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        for name in COMPARED:
            if figure := getattr(line, name):
                measure = Measure(line.plant_id, name, line.currency if name == "net_sales" else "")
                sums[measure][line.month] += figure
    return sums


def usual_months(look: ReportContext) -> dict[Measure, Reference]:
    """Return an average month of each measure: of last period, else of the year before, else as accepted so far."""
    sources = (
        (look.last, _("in an average month of last period")),
        (look.earlier, _("in an average month of earlier reports")),
        (look.accepted, _("in an average month as accepted before")),
    )
    found: dict[Measure, Reference] = {}
    for lines, words in sources:
        for measure, months in months_by_measure(lines).items():
            values = [quantity for quantity in months.values() if quantity > 0]
            if values and measure not in found:
                average = sum(values, Decimal(0)) / len(values)
                found[measure] = Reference(average, words, lines is look.last)
    return found


def energy_words(energy_kwh: Decimal) -> str:
    """Return an energy with the unit that suits its size."""
    return " ".join(format_energy(energy_kwh))
