"""Royalty terms: what is charged, at which rates, on what and when."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from royalties.engine.codes import Basis, TierMode, TierWindow
from royalties.engine.escalation import Escalator

# A term, fee, plant, chemistry or field is named by a key of the database or a text of a scenario.
type Key = int | str


@dataclass(frozen=True, slots=True)
class Tier:
    """A rate up to and including a quantity of the window; the last tier has no bound.

    The rate is an amount per kWh or unit, a percentage of net sales, or the amount of a lump sum.
    """

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Scope:
    """What a term covers; an empty set covers everything."""

    plants: frozenset[Key] = frozenset()
    chemistries: frozenset[Key] = frozenset()
    fields: frozenset[Key] = frozenset()

    def covers(self, plant: Key, chemistry: Key, field_of_use: Key) -> bool:
        """Tell whether a report line is in scope."""
        return (
            (not self.plants or plant in self.plants)
            and (not self.chemistries or chemistry in self.chemistries)
            and (not self.fields or field_of_use in self.fields)
        )

    def overlaps(self, other: "Scope") -> bool:
        """Tell whether some report line can be in both scopes."""
        pairs = (
            (self.plants, other.plants),
            (self.chemistries, other.chemistries),
            (self.fields, other.fields),
        )
        return all(not mine or not theirs or mine & theirs for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Term:
    """A royalty term of an agreement.

    A term counts its own quantity from its own start. If it `continues` another, that one's quantity in the same
    window counts as already used. A lump sum has one tier, whose rate is due once per window, in the first period
    of the window that has a month of the term: its quantity is 1, without any report, and a term that continues
    another owes nothing in a window for which that one has charged its lump sum.
    """

    id: Key
    basis: Basis
    mode: TierMode
    window: TierWindow
    tiers: tuple[Tier, ...]
    effective_from: dt.date
    effective_to: dt.date | None = None
    scope: Scope = field(default_factory=Scope)
    creditable: bool = True
    clause: str = ""
    continues: Key | None = None
    escalator: Escalator | None = None

    def in_force_on(self, day: dt.date) -> bool:
        """Tell whether the term is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)
