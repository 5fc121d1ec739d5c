"""Tiers: the amount of a quantity, and the parts it is made of."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from royalties.engine.codes import Basis
from royalties.engine.exact import PERCENT, ZERO
from royalties.engine.terms import Tier


class Bracket(NamedTuple):
    """A tier with its lower bound and the amount of all quantity below it; the rate is per unit."""

    lower: Decimal
    upper: Decimal | None
    rate: Decimal
    amount_below: Decimal


class Part(NamedTuple):
    """A quantity within one tier, negative where quantity was taken back."""

    lower: Decimal
    upper: Decimal | None
    quantity: Decimal
    rate: Decimal


def brackets_of(tiers: Sequence[Tier], basis: Basis) -> list[Bracket]:
    """Return the brackets of tiers; a percentage of net sales becomes a rate per unit of currency."""
    scale = PERCENT if basis == Basis.NET_SALES else None
    brackets = []
    lower = below = ZERO
    for tier in tiers:
        rate = tier.rate if scale is None else tier.rate * scale
        brackets.append(Bracket(lower, tier.up_to, rate, below))
        if tier.up_to is not None:
            below += (tier.up_to - lower) * rate
            lower = tier.up_to
    return brackets


def graduated_amount(brackets: Sequence[Bracket], quantity: Decimal) -> Decimal:
    """Return the amount of a window's quantity, each unit at its own tier's rate."""
    lower, _upper, rate, below = reached(brackets, quantity)
    return below + (quantity - lower) * rate


def reached(brackets: Sequence[Bracket], quantity: Decimal) -> Bracket:
    """Return the bracket that a quantity reaches; a boundary unit belongs to the lower tier."""
    for bracket in brackets:
        if bracket.upper is None or quantity <= bracket.upper:
            return bracket
    return brackets[-1]


def graduated_parts(brackets: Sequence[Bracket], before: Decimal, after: Decimal) -> list[Part]:
    """Return the parts, tier by tier, of the way from one quantity of the window to another.

    What lies below zero (more taken back than there was) is at the first tier's rate.
    """
    if after < before:
        taken_back = reversed(graduated_parts(brackets, after, before))
        return [part._replace(quantity=-part.quantity) for part in taken_back]
    parts = []
    for position, (lower, upper, rate, _below) in enumerate(brackets):
        start = before if position == 0 else max(before, lower)
        end = after if upper is None else min(after, upper)
        if end > start:
            parts.append(Part(lower, upper, end - start, rate))
    return parts
