"""What chance decides about a deal, drawn from a seed.

Every deal has streams of its own, made from the seed, the deal's key and the number of a block of
draws: another deal, or more draws, change none of them. Five numbers are drawn for each outcome, also
where a deal does not use them, so that a changed probability or spread moves only what it is about.
"""

import hashlib
import math
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt

# Draws of a block: few enough for the cache, enough to outweigh the cost of a call.
BLOCK = 1000

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """A triangular distribution: lowest, likeliest and highest value; all equal is no chance at all."""

    low: Decimal
    likely: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            raise ValueError("A spread goes from its lowest over its likeliest to its highest value, none below 0.")

    @classmethod
    def certain(cls, value: Decimal) -> "Spread":
        """Return the spread that is always `value`."""
        return cls(value, value, value)

    def at(self, uniform: Floats) -> Floats:
        """Return the values at these shares, 0 to 1, of the cumulative distribution."""
        low, likely, high = float(self.low), float(self.likely), float(self.high)
        width = high - low
        if not width:
            return np.full_like(uniform, low)
        rising = low + np.sqrt(uniform * width * (likely - low))
        falling = high - np.sqrt((1 - uniform) * width * (high - likely))
        return np.where(uniform * width < likely - low, rising, falling)


_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far outcomes spread around the plan.

    `sop_slip_months` is whole months of delay of plants that do not produce yet; `utilisation` multiplies
    what plants make; `price` multiplies assumed net sales; `terms` multiplies all money of deals that are
    not contracted, for what is still to be negotiated.
    """

    sop_slip_months: Spread = field(default=Spread(Decimal(0), Decimal(3), Decimal(18)))
    utilisation: Spread = field(default=Spread(Decimal("0.7"), _ONE, Decimal("1.1")))
    price: Spread = field(default=Spread(Decimal("0.75"), _ONE, Decimal("1.1")))
    terms: Spread = field(default=Spread(Decimal("0.7"), _ONE, Decimal("1.1")))

    @classmethod
    def none(cls) -> "Uncertainty":
        """Return the plan itself: no slip, every factor one."""
        one = Spread.certain(_ONE)
        return cls(sop_slip_months=Spread.certain(Decimal(0)), utilisation=one, price=one, terms=one)

    @property
    def most_slip_months(self) -> int:
        """The longest delay that can be drawn."""
        return math.ceil(self.sop_slip_months.high)


@dataclass(frozen=True, slots=True)
class Draws:
    """The outcomes of one deal in one block that come to money, and which draws of the block they are."""

    rows: npt.NDArray[np.intp] | slice
    slip_months: npt.NDArray[np.intp]
    utilisation: Floats
    price: Floats
    terms: Floats

    def __len__(self) -> int:
        return len(self.slip_months)


def draw(*, seed: int, key: str, block: int, probability: float | None, uncertainty: Uncertainty) -> Draws:
    """Return a deal's outcomes in a block; only the won ones, unless `probability` is None (contracted)."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(digest, block))))
    win, slip, utilisation, price, terms = stream.random((5, BLOCK))
    rows = slice(None) if probability is None else np.flatnonzero(win < probability)
    return Draws(
        rows=rows,
        slip_months=np.rint(uncertainty.sop_slip_months.at(slip[rows])).astype(np.intp),
        utilisation=uncertainty.utilisation.at(utilisation[rows]),
        price=uncertainty.price.at(price[rows]),
        terms=np.ones(BLOCK) if probability is None else uncertainty.terms.at(terms[rows]),
    )


def planned_outcome() -> Draws:
    """Return the one outcome in which everything happens as planned."""
    one = np.ones(1)
    return Draws(slice(None), np.zeros(1, np.intp), utilisation=one, price=one, terms=one)
