"""Cumulative cash of term sheets as lines in a box of 100 by 100, with its axes."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from royalties.domain.sandbox import Version

_MOST_TICKS = 8
_STEPS = (1, 2, 2.5, 5, 10)
_LEVELS = 4
# Marks closer than this, in percent of the height, would cover each other.
_APART = 8.0


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a version (numbered as its column), with the height of its mark at the end."""

    number: int
    name: str
    path: str
    mark: str
    last: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """A line of the grid: an amount and its place from the top."""

    amount: Decimal
    y: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a year and its place from the left."""

    year: int
    x: str


@dataclass(frozen=True, slots=True)
class CashChart:
    """The drawing, in one currency."""

    currency: str
    lines: Sequence[Line]
    levels: Sequence[Level]
    ticks: Sequence[Tick]


def chart_of(versions: Sequence[Version], *, currency: str, starts_on: dt.date, years: int) -> CashChart | None:
    """Return the drawing of the versions with an outcome, or None without any; a version without a rate is left out.

    Amounts are converted where they are in another currency.
    """
    drawn = [
        (version.sheet, _points(version, currency))
        for version in versions
        if version.outcome is not None and (version.currency == currency or version.rate is not None)
    ]
    if not drawn:
        return None
    amounts = [float(amount) for _sheet, points in drawn for _day, amount in points]
    low, high, step = _range(min([0.0, *amounts]), max([0.0, *amounts]))
    first = dt.date(starts_on.year, 1, 1)
    last = max([dt.date(starts_on.year + years + 1, 1, 1), *(points[-1][0] for _sheet, points in drawn if points)])

    def x(day: dt.date) -> float:
        return 100 * (day - first).days / (last - first).days

    def y(amount: float) -> float:
        return 100 - 100 * (amount - low) / (high - low)

    ends = [points[-1][1] if points else Decimal(0) for _sheet, points in drawn]
    marks = _spread([y(float(amount)) for amount in ends])
    lines = []
    for (sheet, points), mark, amount in zip(drawn, marks, ends, strict=True):
        places = [(x(starts_on), y(0.0)), *((x(day), y(float(value))) for day, value in points)]
        # Cash comes at once on a day: a step, not a slope.
        path = "M{:.2f},{:.2f}".format(*places[0]) + "".join(
            f" H{across:.2f} V{down:.2f}" for across, down in places[1:]
        )
        path += " H100.00"
        lines.append(Line(sheet.position, sheet.name, path, f"{mark:.2f}%", amount))
    every = math.ceil((last.year - first.year + 1) / _MOST_TICKS)
    count = round((high - low) / step)
    return CashChart(
        currency=currency,
        lines=lines,
        levels=[
            Level(Decimal(str(low + step * number)), f"{y(low + step * number):.2f}%") for number in range(count + 1)
        ],
        ticks=[Tick(year, f"{x(dt.date(year, 1, 1)):.2f}%") for year in range(first.year, last.year + 1, every)],
    )


def _points(version: Version, currency: str) -> list[tuple[dt.date, Decimal]]:
    if version.outcome is None:
        return []
    factor = Decimal(1)
    if version.currency != currency and version.rate is not None:
        factor = version.rate.rate
    return [(day, amount * factor) for day, amount in version.outcome.cash]


def _range(low: float, high: float) -> tuple[float, float, float]:
    """Return where the axis begins and ends, and its step: a round number."""
    span = (high - low) or 1.0
    rough = span / _LEVELS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in _STEPS if size * factor >= rough)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step, step


def _spread(places: Sequence[float]) -> list[float]:
    """Return the places moved apart, in their order, so that marks do not cover each other."""
    moved: dict[int, float] = {}
    before = -_APART
    for index in sorted(range(len(places)), key=lambda index: places[index]):
        moved[index] = before = max(places[index], before + _APART)
    over = max([0.0, *(place - 100 for place in moved.values())])
    return [moved[index] - over for index in range(len(places))]
