"""What a report is compared with: nameplates, ramps, what was reported before, and the last period."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, QuerySet, Sum
from django.utils.translation import gettext as _

from lrs_tracker.formats import format_number
from plants.domain.ramp_curve import add_months, full_output_gwh, ramp_share
from plants.domain.ramps import nameplate_of
from plants.models import Plant, RampScenario
from royalties.domain.report_lines import ENERGY, ReportLine, line_of, live_lines
from royalties.domain.report_neighbours import read_neighbours
from royalties.domain.report_periods import calendar_of, months_of
from royalties.enums import ReportStatus
from royalties.models import ProductionReport, ReportFiling

_KWH_A_GWH = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a plant can make in a month, in kWh: at full ramp, and at the month's share of it."""

    full: Decimal
    planned: Decimal | None
    words: str


class ReportContext:
    """A filing with what it is compared with, read once."""

    def __init__(self, filing: ReportFiling, lines: Iterable[ReportLine] | None = None) -> None:
        self.filing = filing
        self.agreement = filing.agreement
        self.lines = [line_of(report) for report in live_lines(filing)] if lines is None else list(lines)
        self.months = months_of(filing.period_start, filing.period_end)
        self.plants = {plant.pk: plant for plant in self.agreement.plants.prefetch_related("phases").order_by("name")}
        self.totals = energy_by_month(self.lines)
        self.accepted = [
            line_of(report)
            for report in self._accepted().filter(month__in=self.months).exclude(filing_id=filing.pk).order_by("pk")
        ]
        self.earlier = [line_of(report) for report in self._year_before().order_by("month", "pk")]
        self.last = self._last_period()
        self.ramps = _latest_ramps(self.plants)
        self.neighbours = read_neighbours(self.agreement, self.plants.keys(), self.months)

    def _accepted(self) -> QuerySet[ProductionReport]:
        return ProductionReport.objects.filter(agreement=self.agreement, status=ReportStatus.ACCEPTED)

    def _year_before(self) -> QuerySet[ProductionReport]:
        """Return what was accepted for the twelve months before the period, which hold the last one."""
        first = self.filing.period_start.replace(day=1)
        return self._accepted().filter(month__gte=add_months(first, -12), month__lt=first)

    def _last_period(self) -> list[ReportLine]:
        before = calendar_of(self.agreement).period_on(self.filing.period_start - dt.timedelta(days=1))
        if before is None:
            return []
        months = months_of(before.starts_on, before.ends_on)
        return [line for line in self.earlier if line.month in months]

    def reported_before(self) -> set[int]:
        """Return the plants that have reported under this agreement before this period."""
        rows = self._accepted().filter(month__lt=self.months[0]) if self.months else self._accepted().none()
        return set(rows.order_by().values_list("plant_id", flat=True).distinct())

    def cumulative(self) -> dict[int, dict[str, Decimal]]:
        """Return what each plant produced and sold through this period, with this filing's lines in place."""
        if not self.months:
            return {}
        rows = self._accepted().filter(month__lte=self.months[-1]).order_by().values_list("plant_id")
        sums = {
            plant_id: dict(zip(ENERGY, figures, strict=True))
            for plant_id, *figures in rows.annotate(*(Sum(name) for name in ENERGY))
        }
        replaced = {line.key for line in self.lines}
        for line, sign in [(line, 1) for line in self.lines] + [
            (line, -1) for line in self.accepted if line.key in replaced
        ]:
            known = sums.setdefault(line.plant_id, dict.fromkeys(ENERGY, Decimal(0)))
            for name in ENERGY:
                known[name] += sign * getattr(line, name)
        return sums

    def expected(self, plant: Plant, month: dt.date) -> Expected | None:
        """Return what a plant can make in a month by its nameplate and its latest ramp."""
        nameplate = nameplate_of(plant, list(plant.phases.all()))
        if not nameplate:
            return None
        ramp = self.ramps.get(plant.pk)
        if ramp is None:
            return Expected(nameplate * _KWH_A_GWH / 12, None, _("by nameplate alone"))
        full = (
            full_output_gwh(
                nameplate_gwh=nameplate,
                utilisation_percent=ramp.utilisation_percent,
                yield_percent=ramp.yield_percent,
            )
            * _KWH_A_GWH
            / 12
        )
        since = (month.year - ramp.sop_on.year) * 12 + month.month - ramp.sop_on.month
        share = ramp_share(month=Decimal(since) + Decimal("0.5"), months_to_nameplate=ramp.months_to_nameplate)
        words = _("at %(utilisation)s %% utilisation and %(yield)s %% yield") % {
            "utilisation": format_number(ramp.utilisation_percent),
            "yield": format_number(ramp.yield_percent),
        }
        return Expected(full, full * share, words)


def energy_by_month(lines: Iterable[ReportLine]) -> dict[tuple[int, dt.date], dict[str, Decimal]]:
    """Return the energy of each plant and month, over all chemistries and fields of use."""
    totals: dict[tuple[int, dt.date], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(ENERGY, Decimal(0)))
    for line in lines:
        known = totals[line.plant_id, line.month]
        for name in known:
            known[name] += getattr(line, name)
    return totals


def _latest_ramps(plants: Mapping[int, Plant]) -> dict[int, RampScenario]:
    newest = RampScenario.objects.filter(plant__in=plants).order_by().values("plant").annotate(last=Max("number"))
    ramps = RampScenario.objects.filter(plant__in=plants).order_by("plant", "number")
    last = {row["plant"]: row["last"] for row in newest}
    return {ramp.plant_id: ramp for ramp in ramps if ramp.number == last[ramp.plant_id]}
