"""A forecast drawn: bars of what is contracted and weighted, the band of eight outcomes in ten, their middle."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from royalties.domain.forecast_tables import PeriodRow

_LEVELS = 4
_GAP = 0.28
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Level:
    """A line of the grid: an amount and its place from the top."""

    amount: Decimal
    y: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A period's bar, in percent of the box: contracted below, weighted on top; a year's label goes at `middle`."""

    row: PeriodRow
    x: str
    width: str
    hover_x: str
    hover_width: str
    middle: str
    contracted_y: str
    contracted_height: str
    weighted_y: str
    weighted_height: str
    begins_year: bool
    p50_y: str


@dataclass(frozen=True, slots=True)
class ForecastChart:
    """The drawing in a box of 100 by 100: bars, the band between P10 and P90, the line of P50, the grid."""

    bars: list[Bar]
    band: str
    middle: str
    levels: list[Level]


def chart_of(rows: Sequence[PeriodRow]) -> ForecastChart:
    """Return the drawing of the periods of a forecast."""
    highest = max(max(row.sums.total, row.estimate.p90 if row.estimate else Decimal(0)) for row in rows)
    step = _grid_step(float(highest))
    top = step * max(1, math.ceil(float(highest) / step))
    width = 100 / len(rows)

    def place(amount: Decimal) -> float:
        return 100 - 100 * float(amount) / top

    bars = []
    for number, row in enumerate(rows):
        contracted, total = place(row.sums.contracted), place(row.sums.total)
        bars.append(
            Bar(
                row=row,
                x=_percent(width * (number + _GAP / 2)),
                width=_percent(width * (1 - _GAP)),
                hover_x=_percent(width * number),
                hover_width=_percent(width),
                middle=_percent(width * (number + 0.5)),
                contracted_y=_percent(contracted),
                contracted_height=_percent(100 - contracted),
                weighted_y=_percent(total),
                weighted_height=_percent(contracted - total),
                begins_year=row.period.starts_on.month == 1 or row.period.label.isdigit(),
                p50_y=_percent(place(row.estimate.p50 if row.estimate else Decimal(0))),
            )
        )
    return ForecastChart(
        bars=bars,
        band=_band(rows, width, place),
        middle=_line([(width * (n + 0.5), place(row.estimate.p50)) for n, row in enumerate(rows) if row.estimate]),
        levels=[
            Level(Decimal(str(step)) * number, _percent(100 - 100 * step * number / top))
            for number in range(round(top / step) + 1)
        ],
    )


def _grid_step(highest: float) -> float:
    """Return the distance of the lines of the grid: 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return 1
    power = 10 ** math.floor(math.log10(highest / _LEVELS))
    return next((step * power for step in _STEPS if step * power * _LEVELS >= highest), 10 * power)


def _band(rows: Sequence[PeriodRow], width: float, place: Callable[[Decimal], float]) -> str:
    upper = [(width * (number + 0.5), place(row.estimate.p90)) for number, row in enumerate(rows) if row.estimate]
    lower = [(width * (number + 0.5), place(row.estimate.p10)) for number, row in enumerate(rows) if row.estimate]
    return f"{_line([*upper, *reversed(lower)])} Z" if upper else ""


def _line(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.2f},{y:.2f}" for x, y in points) if points else ""


def _percent(share: float) -> str:
    return f"{share:.2f}%"
