"""Royalty as a function of cumulative quantity, for many outcomes at once.

The arithmetic is that of `royalties.engine`, in binary floating point and without rounding: rows are
draws, columns months from the first month of the agreement. Each outcome shares the plan's calendar;
its quantities are a row of a table by months of slip, times a factor, plus what was already reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from royalties.forecast.draws import Draws, Floats

type Columns = npt.NDArray[np.intp]

# Sums of quantities in binary floating point miss a bound that they exactly reach by less than this share.
_AT_BOUND = 1 + 1e-11


@dataclass(frozen=True, slots=True)
class Quantity:
    """Quantities by month: `planned` by slip and month, times the draws' factors, plus `reported` by month."""

    planned: Floats
    reported: Floats | None

    def of(self, draws: Draws, factor: Floats) -> Floats:
        """Return the quantities of each draw."""
        quantity = self.planned[draws.slip_months]
        quantity *= factor[:, None]
        if self.reported is not None:
            quantity += self.reported
        return quantity


@dataclass(frozen=True, slots=True)
class TermCurve:
    """A royalty term; tiers are upper bounds (all but the last) and rates in the agreement's currency.

    `used` is the quantity of the tier window to date, with that of terms it continues; `counted` is its own
    quantity to date times escalation, for volume tiers; `escalation` is 0 in months the term is not in force,
    and None where that changes nothing; `starts` are the first columns of tier windows.
    """

    bounds: tuple[float, ...]
    rates: tuple[float, ...]
    used: Quantity
    counted: Quantity | None
    escalation: Floats | None
    starts: Columns
    is_creditable: bool
    is_priced: bool

    def earned(self, draws: Draws) -> Floats:
        """Return what the term earns in each month."""
        factor = draws.utilisation * draws.price if self.is_priced else draws.utilisation
        used = self.used.of(draws, factor)
        if self.counted is None:
            amount = _steps(self._graduated(used), self.starts)
            if self.escalation is not None:
                amount *= self.escalation
            return amount
        counted = self.counted.of(draws, factor)
        counted *= self._rate_reached(used)
        return _steps(counted, self.starts)

    def _graduated(self, used: Floats) -> Floats:
        amount = used * self.rates[0]
        above = np.empty_like(used)
        for bound, rate, next_rate in zip(self.bounds, self.rates[:-1], self.rates[1:], strict=True):
            np.subtract(used, bound, out=above)
            np.maximum(above, 0, out=above)
            above *= next_rate - rate
            amount += above
        return amount

    def _rate_reached(self, used: Floats) -> Floats:
        reached = np.full_like(used, self.rates[0])
        for bound, rate in zip(self.bounds, self.rates[1:], strict=True):
            np.copyto(reached, rate, where=used > bound * _AT_BOUND)
        return reached


def sums_from(starts: Columns, monthly: Floats) -> Floats:
    """Return sums to date, along the last axis, that begin anew in the columns `starts` (the first is 0)."""
    sums = np.empty_like(monthly)
    for start, end in pairwise([*starts, monthly.shape[-1]]):
        np.cumsum(monthly[..., start:end], axis=-1, out=sums[..., start:end])
    return sums


def _steps(to_date: Floats, starts: Columns) -> Floats:
    """Return what each month adds to sums to date that begin anew in the columns `starts`."""
    monthly = np.empty_like(to_date)
    np.subtract(to_date[:, 1:], to_date[:, :-1], out=monthly[:, 1:])
    monthly[:, starts] = to_date[:, starts]
    return monthly


@dataclass(frozen=True, slots=True)
class LumpSum:
    """A term whose amounts do not depend on production."""

    amounts: Floats
    is_creditable: bool

    def earned(self, draws: Draws) -> Floats:
        """Return what the term earns in each month."""
        return np.tile(self.amounts, (len(draws), 1))


@dataclass(frozen=True, slots=True)
class ContractYears:
    """The contract years: first column, that of their end, minimum (0 if the end is not seen), cap (or infinity)."""

    first: Columns
    ends: Columns
    minimums: Floats
    caps: Floats

    def sums(self, monthly: Floats) -> Floats:
        """Return the sum of each year."""
        return np.add.reduceat(monthly, self.first, axis=1)


@dataclass(frozen=True, slots=True)
class AgreementCurve:
    """Everything one agreement earns. `fixed` does not depend on production: fees by slip and month, or in one row.

    A month is one of the `columns`, or several that begin in its one of `months`. The first `skipped` months are
    before the forecast: they count for windows, caps and minimums only.
    """

    terms: tuple[TermCurve | LumpSum, ...]
    years: ContractYears
    lifetime_cap: float | None
    fixed: Floats | None
    columns: int
    months: Columns
    skipped: int

    def royalties(self, draws: Draws) -> Floats:
        """Return the royalty after the cap of each draw and month of the forecast."""
        return self._forecast(self._capped(self._earned(draws, self.terms)))

    def amounts(self, draws: Draws, *, rate: float) -> Floats:
        """Return royalty after the cap, shortfalls and fees together, times `rate`, likewise."""
        earned = self._earned(draws, self.terms)
        total = self._capped(earned)
        if self.years.minimums.any():
            shortfalls = self._shortfalls(draws, earned, total)
            for year in np.flatnonzero(self.years.minimums):
                total[:, self.years.ends[year]] += shortfalls[:, year]
        if self.fixed is not None:
            total += self.fixed[draws.slip_months] if len(self.fixed) > 1 else self.fixed
        total *= (draws.terms * rate)[:, None]
        return self._forecast(total)

    def _forecast(self, amounts: Floats) -> Floats:
        """Return amounts by column as amounts by month of the forecast."""
        monthly = amounts if len(self.months) == self.columns else np.add.reduceat(amounts, self.months, axis=1)
        return monthly[:, self.skipped :]

    def _earned(self, draws: Draws, terms: Iterable[TermCurve | LumpSum]) -> Floats:
        parts = [term.earned(draws) for term in terms]
        if not parts:
            return np.zeros((len(draws), self.columns))
        for more in parts[1:]:
            parts[0] += more
        return parts[0]

    def _capped(self, earned: Floats) -> Floats:
        if self.lifetime_cap is not None:
            return _steps(np.minimum(np.cumsum(earned, axis=1), self.lifetime_cap), self.years.first[:1])
        if np.isinf(self.years.caps).all():
            return earned
        caps = np.repeat(self.years.caps, np.diff(self.years.first, append=earned.shape[1]))
        return _steps(np.minimum(sums_from(self.years.first, earned), caps), self.years.first)

    def _shortfalls(self, draws: Draws, earned: Floats, total: Floats) -> Floats:
        """Return by year what is missing to the minimum; a cap cuts terms that are not creditable first."""
        sums = self.years.sums(total)
        credited = sums
        uncreditable = [term for term in self.terms if not term.is_creditable]
        if uncreditable:
            other = self.years.sums(self._earned(draws, uncreditable))
            cut = self.years.sums(earned) - sums
            credited = sums - other + np.maximum(np.minimum(other, 0), np.minimum(cut, np.maximum(other, 0)))
        missing = np.minimum(self.years.minimums - credited, self.years.caps - sums)
        return np.maximum(missing, 0)
