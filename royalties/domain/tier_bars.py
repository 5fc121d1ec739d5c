"""The bar of a royalty line: which tiers its window had used before, and which the line uses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_HEADROOM = Decimal("1.25")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the bar in percent of its width; `kind` is used, now or back (quantity taken back)."""

    start: str
    width: str
    kind: str


@dataclass(frozen=True, slots=True)
class TierBar:
    """The segments of a bar, and where its tiers end, in percent of its width."""

    segments: tuple[Segment, ...]
    bounds: tuple[str, ...]


def tier_bar(trace: Mapping[str, Any]) -> TierBar | None:
    """Return the bar of a royalty's trace, or None without tiers or quantity to show."""
    brackets = trace.get("brackets", [])
    before, after = Decimal(trace["window_before"]), Decimal(trace["window_after"])
    if len(brackets) < 2 or max(before, after) <= 0 or min(before, after) < 0:
        return None
    bounds = [Decimal(bracket["to"]) for bracket in brackets if bracket["to"] is not None]
    reached = max(before, after)
    scale = next((bound for bound in bounds if bound > reached), reached * _HEADROOM)
    segments = [
        Segment(_percent(first, scale), _percent(last - first, scale), kind)
        for start, end, kind in (
            (Decimal(0), min(before, after), "used"),
            (min(before, after), reached, "now" if after >= before else "back"),
        )
        for first, last in _cut(start, end, bounds)
    ]
    return TierBar(tuple(segments), tuple(_percent(bound, scale) for bound in bounds if bound < scale))


def _cut(start: Decimal, end: Decimal, bounds: list[Decimal]) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield the parts of a stretch between the bounds."""
    for bound in [*bounds, end]:
        if start < min(bound, end):
            yield start, min(bound, end)
            start = min(bound, end)


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part * 100 / whole:.2f}%"
