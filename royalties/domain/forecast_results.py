"""The numbers of a forecast: each deal's plan by month, the simulation of them all, and what they were in the past.

They are kept in the cache under a digest of everything that they are calculated from, so nothing in them can be out
of date or belong to someone else's deals. What calculates needs numpy, and is imported by the functions that use it.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from lrs_tracker.problems import DomainError
from plants.domain.ramp_curve import add_months
from royalties.domain.forecast_estimates import estimated_months
from royalties.domain.forecast_parameters import MONTHS_A_YEAR, Horizon, Parameters
from royalties.domain.forecast_plans import ForecastDeals, LeftOutDeal, PlannedDeal
from royalties.engine.exact import PERCENT, ZERO
from royalties.engine.terms import Scope
from royalties.enums import PlanBasis
from royalties.forecast.plan import Plan

if TYPE_CHECKING:
    from royalties.forecast.draws import Uncertainty
    from royalties.forecast.expected import ExpectedPeriod
    from royalties.forecast.simulation import Simulation

# Deals × months × draws that one request simulates: some two seconds, 1,600 deals over five years at 2,000 draws.
MOST_AMOUNTS = 200_000_000
_KEEP_SECONDS = 3600
# Changes with what is kept under a digest.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class DealMonths:
    """A deal's plan by month in its own currency, and the rate to the reader's, None where there is none."""

    planned: PlannedDeal
    months: "tuple[ExpectedPeriod, ...]"
    rate: Decimal | None

    @property
    def own_total(self) -> Decimal:
        """All its money in its own currency, before probability."""
        return sum((month.total for month in self.months), ZERO)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The plans of deals by month and their simulation.

    `simulation` is None without a deal in the sums, and where it would take too long (`is_too_much`).
    """

    deals: tuple[DealMonths, ...]
    simulation: "Simulation | None"
    is_too_much: bool = False


def calculate_forecast(read: ForecastDeals, *, horizon: Horizon, parameters: Parameters) -> Forecast:
    """Calculate the plans and the simulation of deals; those whose plan cannot be calculated join those left out."""
    deals = _calculable(
        read, _kept(("plans", horizon, _digests(read.planned)), lambda: _expect_all(read.planned, horizon))
    )
    counted = [each for each in deals if each.rate is not None]
    is_too_much = len(counted) * horizon.months * parameters.draws > MOST_AMOUNTS
    inputs = (horizon, parameters, read.currency, _digests([each.planned for each in counted]))
    rates = [each.rate for each in counted]
    simulation = (
        _kept(("simulation", *inputs, rates), lambda: _simulate(counted, read.currency, horizon, parameters))
        if counted and not is_too_much
        else None
    )
    return Forecast(tuple(deals), simulation, is_too_much)


@dataclass(frozen=True, slots=True)
class PastMonths:
    """A contracted deal's past: by month what its ramps and terms said, and what the reports accepted so far bring.

    `missing` counts, by month, the plants that should have been reported and were not.
    """

    planned: PlannedDeal
    said: "tuple[ExpectedPeriod, ...]"
    reported: "tuple[ExpectedPeriod, ...]"
    missing: tuple[int, ...]
    rate: Decimal | None


def calculate_past(read: ForecastDeals, *, today: dt.date) -> list[PastMonths]:
    """Return the past year, through the last whole month, of the agreements in force that had begun by then."""
    months = MONTHS_A_YEAR
    horizon = Horizon(add_months(today.replace(day=1), -months), months)
    contracted = [
        planned
        for planned in read.planned
        if planned.basis == PlanBasis.CONTRACT and planned.plan.agreement.rules.effective_on < today.replace(day=1)
    ]
    digests = _digests(contracted)
    said = _kept(("said", horizon, digests), lambda: _expect_all(map(_unreported, contracted), horizon))
    reported = _kept(("reported", horizon, digests), lambda: _expect_all(map(_unplanned, contracted), horizon))
    return [
        PastMonths(planned, past, made, _missing(planned, horizon), _rate(read, planned))
        for planned, past, made in zip(contracted, said, reported, strict=True)
        if not isinstance(past, str) and not isinstance(made, str)
    ]


def _unreported(planned: PlannedDeal) -> PlannedDeal:
    return replace(planned, plan=replace(planned.plan, reported=()))


def _unplanned(planned: PlannedDeal) -> PlannedDeal:
    return replace(planned, plan=replace(planned.plan, ramps=()))


def _missing(planned: PlannedDeal, horizon: Horizon) -> tuple[int, ...]:
    calendar = planned.plan.agreement.calendar
    known = {(line.plant, line.month) for line in planned.plan.reported}
    counts = []
    for number in range(horizon.months):
        month = add_months(horizon.starts_on, number)
        is_in_force = calendar.period_of_month(month) is not None
        waiting = [
            ramp
            for ramp in planned.plan.ramps
            if ramp.sop_on.replace(day=1) <= month and (ramp.plant, month) not in known
        ]
        counts.append(len(waiting) if is_in_force else 0)
    return tuple(counts)


def _calculable(read: ForecastDeals, months: Sequence[Any]) -> list[DealMonths]:
    found = []
    for planned, expected in zip(read.planned, months, strict=True):
        if isinstance(expected, str):
            read.left_out.append(LeftOutDeal(planned.deal, expected))
        else:
            found.append(DealMonths(planned, expected, _rate(read, planned)))
    return found


def _rate(read: ForecastDeals, planned: PlannedDeal) -> Decimal | None:
    applied = read.rates.get(planned.currency)
    return None if applied is None else applied.rate


def _expect_all(planned: Iterable[PlannedDeal], horizon: Horizon) -> "list[tuple[ExpectedPeriod, ...] | str]":
    """Return the months of each plan, or in words why it cannot be calculated."""
    from royalties.forecast.expected import expect

    found: list[tuple[ExpectedPeriod, ...] | str] = []
    for each in planned:
        if each.basis == PlanBasis.ESTIMATE:
            found.append(estimated_months(each.plan, horizon))
            continue
        try:
            found.append(expect(each.plan, starts_on=horizon.starts_on, months=horizon.months).months)
        except DomainError as error:
            found.append(str(error))
    return found


def _simulate(deals: Sequence[DealMonths], currency: str, horizon: Horizon, parameters: Parameters) -> "Simulation":
    from royalties.forecast.simulation import ForecastDeal, simulate

    return simulate(
        [
            ForecastDeal(each.planned.deal.code, each.planned.plan, each.planned.probability, each.rate or Decimal(0))
            for each in deals
        ],
        starts_on=horizon.starts_on,
        months=horizon.months,
        currency=currency,
        seed=parameters.seed,
        draws=parameters.draws,
        uncertainty=uncertainty_of(parameters),
    )


def uncertainty_of(parameters: Parameters) -> "Uncertainty":
    """Return how far the outcomes spread, as the simulation takes it."""
    from royalties.forecast.draws import Spread, Uncertainty

    def around_plan(low: Decimal, high: Decimal) -> Spread:
        return Spread(low * PERCENT, Decimal(1), high * PERCENT)

    return Uncertainty(
        sop_slip_months=Spread(Decimal(0), Decimal(parameters.slip_likely), Decimal(parameters.slip_high)),
        utilisation=around_plan(parameters.utilisation_low, parameters.utilisation_high),
        price=around_plan(parameters.price_low, parameters.price_high),
        terms=around_plan(parameters.terms_low, parameters.terms_high),
    )


def _kept[Result](inputs: object, calculate: Callable[[], Result]) -> Result:
    digest = hashlib.sha256(repr(inputs).encode()).hexdigest()
    key = f"royalties:forecast:{_VERSION}:{digest}"
    found: Result | None = cache.get(key)
    if found is None:
        found = calculate()
        cache.set(key, found, _KEEP_SECONDS)
    return found


def _digests(planned: Sequence[PlannedDeal]) -> list[tuple[str, Decimal | None, str]]:
    return [(each.code, each.probability, _digest(each.plan)) for each in planned]


def _digest(plan: Plan) -> str:
    """Return a digest of a plan, the same in every process: sets, whose order differs, are written in order."""
    scopes = [
        [sorted(map(str, getattr(term.scope, part.name))) for part in fields(Scope)] for term in plan.agreement.terms
    ]
    terms = [replace(term, scope=Scope()) for term in plan.agreement.terms]
    parts = (
        plan.agreement.rules,
        terms,
        scopes,
        plan.agreement.fees,
        plan.ramps,
        plan.assumptions,
        plan.reported,
        sorted(map(str, plan.sop_fees)),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
