"""A ramp drawn: the curve of output as GWh a year over the months from SOP to nameplate."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plants.domain.ramp_curve import RampMonth
from plants.domain.timeline import Tick

_STEPS = (1, 2, 3, 6, 12, 24, 60)
_MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Level:
    """A line of the grid: an output and its place from the top."""

    gwh: Decimal
    y: str


@dataclass(frozen=True, slots=True)
class RampChart:
    """The curve as an SVG path in a box of 100 by 100, with its axes."""

    line: str
    area: str
    levels: list[Level]
    ticks: list[Tick]


def chart_of(months: Sequence[RampMonth]) -> RampChart:
    """Return the drawing of a ramp; the box ends a little above the highest output."""
    top = float(max(month.gwh_a_year for month in months)) * 1.06 or 1.0
    last = len(months) - 1
    points = [f"{100 * month.number / last:.2f},{100 - 100 * float(month.gwh_a_year) / top:.2f}" for month in months]
    line = "M" + " L".join(points)
    quarters = [months[-1].gwh_a_year * quarter / 4 for quarter in range(5)]
    step = next((step for step in _STEPS if last / step <= _MOST_TICKS), _STEPS[-1])
    return RampChart(
        line=line,
        area=f"{line} L100,100 L0,100 Z",
        levels=[Level(gwh, f"{100 - 100 * float(gwh) / top:.2f}%") for gwh in quarters],
        ticks=[Tick(number, f"{100 * number / last:.2f}%") for number in range(0, last + 1, step)],
    )
