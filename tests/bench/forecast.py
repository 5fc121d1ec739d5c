"""The simulation of a large portfolio's royalties."""

import datetime as dt
import time
from decimal import Decimal

from royalties.engine.agreement import Agreement, AgreementRules, YearAmount
from royalties.engine.codes import Basis, PeriodLength, TierMode, TierWindow
from royalties.engine.terms import Term, Tier
from royalties.forecast.draws import Uncertainty
from royalties.forecast.output import Assumptions, PlantRamp
from royalties.forecast.plan import Plan
from royalties.forecast.simulation import ForecastDeal, simulate
from tests.bench.report import Row

DEALS = 200
MONTHS = 120
DRAWS = 10_000
GOAL_S = 5
STARTS_ON = dt.date(2026, 1, 1)


def measure() -> list[Row]:
    """Simulate a portfolio of every kind of term, half of it contracted, by region."""
    deals = [_deal(number) for number in range(DEALS)]
    times = []
    for _run in range(3):
        start = time.perf_counter()
        simulate(
            deals,
            starts_on=STARTS_ON,
            months=MONTHS,
            currency="EUR",
            seed=1,
            draws=DRAWS,
            uncertainty=Uncertainty(),
        )
        times.append(time.perf_counter() - start)
    name = f"forecast of {DEALS} deals × {MONTHS} months × {DRAWS:,} draws"
    return [Row(name, times, unit="s", goal=f"{GOAL_S} s", is_met=max(times) < GOAL_S)]


def _deal(number: int) -> ForecastDeal:
    rules = AgreementRules(
        currency="EUR",
        effective_on=dt.date(2025 + number % 3, 1 + number % 12, 1),
        period=PeriodLength.QUARTER,
        minimums=(YearAmount(2, Decimal(5_000_000)),) if number % 2 else (),
        caps=(YearAmount(1, Decimal(40_000_000)),) if number % 4 == 0 else (),
    )
    term = Term(
        id="royalty",
        basis=Basis.NET_SALES if number % 5 == 0 else Basis.ENERGY_SOLD,
        mode=TierMode.VOLUME if number % 3 == 0 else TierMode.GRADUATED,
        window=TierWindow.LIFETIME if number % 7 == 0 else TierWindow.CONTRACT_YEAR,
        tiers=(
            Tier(Decimal(5_000_000), Decimal(2)),
            Tier(Decimal(15_000_000), Decimal("1.5")),
            Tier(None, Decimal(1)),
        ),
        effective_from=rules.effective_on,
    )
    ramp = PlantRamp(
        plant=number,
        chemistry="LFP",
        field="EV",
        sop_on=dt.date(2026 + number % 4, 1 + number % 12, 1),
        months_to_nameplate=24,
        nameplate_gwh=Decimal(10 + number % 30),
        utilisation_percent=Decimal(90),
        yield_percent=Decimal(95),
    )
    return ForecastDeal(
        key=f"LRS-{number:04}",
        plan=Plan(Agreement(rules, (term,)), (ramp,), Assumptions(price_per_kwh=Decimal(60))),
        probability=None if number % 2 else Decimal(1 + number % 10) / 10,
        labels=(f"region {number % 6}",),
    )
