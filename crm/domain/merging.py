"""Bringing two versions of a record together, field by field, given what both last agreed on.

A pure function: what it decides from is all in its arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm.enums import SENDS_OUT, TAKES_IN, Direction


class Side(StrEnum):
    """Where a value comes from."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed, and whose value is kept."""

    name: str
    ours: str
    theirs: str
    kept: Side


@dataclass(frozen=True, slots=True)
class Merged:
    """What is to be written where, by our field; what both have the same of is in `agreed`."""

    to_ours: dict[str, str] = field(default_factory=dict)
    to_theirs: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


def merge(
    *,
    ours: Mapping[str, str],
    theirs: Mapping[str, str],
    agreed: Mapping[str, str],
    direction: Direction,
    decide: Callable[[str], Side],
) -> Merged:
    """Return what to write on each side; only fields that both sides have are compared.

    A field that one side changed goes to the other; one that both changed goes by `decide`. Where they never agreed
    before, a value fills an empty one. What `direction` does not allow stays as it is.
    """
    merged = Merged()
    for name in [name for name in ours if name in theirs]:
        mine, other = ours[name], theirs[name]
        if mine == other:
            merged.agreed[name] = mine
            continue
        source = _source(mine, other, agreed.get(name))
        if source is None:
            source = _allowed_side(direction) or decide(name)
            if direction == Direction.BOTH:
                merged.conflicts.append(Conflict(name, mine, other, source))
        if source == Side.THEIRS and direction in TAKES_IN:
            merged.to_ours[name] = other
        elif source == Side.OURS and direction in SENDS_OUT:
            merged.to_theirs[name] = mine
    return merged


def _source(mine: str, other: str, before: str | None) -> Side | None:
    """Return whose value is the new one; None when both may be."""
    if before is None:
        if not mine:
            return Side.THEIRS
        return Side.OURS if not other else None
    if mine == before:
        return Side.THEIRS
    return Side.OURS if other == before else None


def _allowed_side(direction: Direction) -> Side | None:
    return {Direction.IN: Side.THEIRS, Direction.OUT: Side.OURS}.get(direction)
