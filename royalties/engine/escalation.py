"""Escalators: how the rates of a term rise from contract year to contract year."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError
from royalties.engine.exact import ONE, PERCENT


class MissingIndexError(DomainError):
    """Refuse an escalation for which no value of the index is known; the message names index year."""

    code = "missing-index"

    def __init__(self, year: int) -> None:
        super().__init__(_("There is no value of the price index for %(year)s.") % {"year": year})
        self.year = year


@dataclass(frozen=True, slots=True)
class AnnualPercent:
    """Rates rise by a percentage each contract year, first held between floor and cap (percentages too)."""

    percent: Decimal
    cap: Decimal | None = None
    floor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """Rates follow a price index, by the change of one observed value to the next.

    The value for a contract year is that of the calendar year in which it starts, less `lag` years; the value
    before contract year 2's is `base`. Each year's change is held between floor and cap (percentages) before it
    is multiplied on, so that a capped year stays capped in the years after it.
    """

    base: Decimal
    values: Mapping[int, Decimal] = field(default_factory=dict)
    lag: int = 0
    cap: Decimal | None = None
    floor: Decimal | None = None


type Escalator = AnnualPercent | Index


@dataclass(frozen=True, slots=True)
class Step:
    """One contract year's change: what was agreed or observed, what was held, and the factor since year 1."""

    contract_year: int
    percent: Decimal
    held: Decimal
    factor: Decimal
    index: tuple[Decimal, Decimal] | None = None


def hold(percent: Decimal, *, floor: Decimal | None, cap: Decimal | None) -> Decimal:
    """Return a percentage held between its floor and cap."""
    if cap is not None and percent > cap:
        percent = cap
    return floor if floor is not None and percent < floor else percent


def escalation_steps(escalator: Escalator, years: int, starts_on: Callable[[int], dt.date]) -> list[Step]:
    """Return the steps of contract years 2 to `years`; `starts_on` gives a contract year's first day."""
    steps = []
    factor = ONE
    before = escalator.base if isinstance(escalator, Index) else ONE
    for number in range(2, years + 1):
        index = None
        if isinstance(escalator, Index):
            observed = _observed(escalator, starts_on(number).year - escalator.lag)
            index = (before, observed)
            percent = index_percent(*index)
            before = observed
        else:
            percent = escalator.percent
        held = hold(percent, floor=escalator.floor, cap=escalator.cap)
        factor *= ONE + held * PERCENT
        steps.append(Step(number, percent, held, factor, index))
    return steps


def escalation_factor(escalator: Escalator, contract_year: int, starts_on: Callable[[int], dt.date]) -> Decimal:
    """Return what base rates are multiplied by in a contract year. Raise MissingIndexError as the steps do."""
    steps = escalation_steps(escalator, contract_year, starts_on)
    return steps[-1].factor if steps else ONE


def index_percent(before: Decimal, after: Decimal) -> Decimal:
    """Return the change of an index in percent."""
    return after * 100 / before - 100


def _observed(escalator: Index, year: int) -> Decimal:
    try:
        return escalator.values[year]
    except KeyError:
        raise MissingIndexError(year) from None
