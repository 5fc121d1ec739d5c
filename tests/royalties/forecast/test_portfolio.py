from decimal import Decimal

import pytest

from royalties.forecast.draws import Uncertainty
from royalties.forecast.portfolio import expect_portfolio
from royalties.forecast.simulation import ForecastDeal, simulate
from tests.royalties.forecast.builders import START, make_plan

QUARTER = Decimal("0.25")


def deals():
    return [
        ForecastDeal("LRS-1", make_plan(), None, labels=("region:EU", "currency:USD")),
        ForecastDeal("LRS-2", make_plan(), QUARTER, labels=("region:EU", "currency:USD")),
        ForecastDeal("LRS-3", make_plan(currency="EUR"), QUARTER, Decimal("1.1"), ("region:APAC", "currency:EUR")),
    ]


def test_contracted_and_weighted_are_kept_apart():
    found = expect_portfolio(deals(), starts_on=START, months=24, currency="USD")

    plain = found.plans[0][1].years[1].total
    assert found.years[1].contracted == plain
    assert found.years[1].weighted == pytest.approx(plain * QUARTER * Decimal("2.1"), abs=Decimal("0.02"))
    assert found.years[1].total == found.years[1].contracted + found.years[1].weighted
    assert list(found.years_by_label) == ["currency:EUR", "currency:USD", "region:APAC", "region:EU"]
    assert found.years_by_label["region:EU"] == found.years_by_label["currency:USD"]
    assert found.years_by_label["region:APAC"][1].contracted == 0
    for periods in (found.months, found.quarters):
        assert sum(each.total for each in periods) == pytest.approx(
            sum(year.total for year in found.years), abs=Decimal("0.2")
        )


def test_simulated_mean_without_spread_comes_near_the_weighted_plan():
    planned = expect_portfolio(deals(), starts_on=START, months=24, currency="USD")
    found = simulate(
        deals(), starts_on=START, months=24, currency="USD", seed=3, draws=10_000, uncertainty=Uncertainty.none()
    )

    for plan, estimate in zip(planned.years, found.years, strict=True):
        assert estimate.contracted.mean == pytest.approx(plan.contracted)
        assert estimate.weighted.mean == pytest.approx(plan.weighted, rel=Decimal("0.05"))
