import datetime as dt
import tracemalloc
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings

from royalties.engine.agreement import Fee, YearAmount
from royalties.engine.codes import Basis, CapWindow, PeriodLength
from royalties.engine.terms import Tier
from royalties.forecast.draws import Spread, Uncertainty
from royalties.forecast.expected import expect
from royalties.forecast.simulation import ForecastDeal, simulate
from tests.royalties.forecast.builders import START, make_plan, make_ramp, make_term, plans

SPREAD = Uncertainty()
HALF = Decimal("0.5")


def run(*deals, **changes):
    values = {
        "starts_on": START,
        "months": 48,
        "currency": "USD",
        "seed": 7,
        "draws": 1000,
        "uncertainty": SPREAD,
        "threads": 1,
    }
    return simulate(deals, **{**values, **changes})


def deal(key="LRS-0001", probability=HALF, **changes):
    return ForecastDeal(key=key, plan=changes.pop("plan", None) or make_plan(), probability=probability, **changes)


@given(plan=plans())
@settings(max_examples=40, deadline=None)
def test_simulation_without_chance_equals_the_engine(plan):
    found = run(deal(probability=None, plan=plan), uncertainty=Uncertainty.none())
    expected = expect(plan, starts_on=START, months=48)

    for periods, simulated in (
        (expected.months, found.months),
        (expected.quarters, found.quarters),
        (expected.years, found.years),
    ):
        for planned, estimate in zip(periods, simulated, strict=True):
            near = pytest.approx(float(planned.total), rel=1e-8, abs=4)
            assert planned.period == estimate.period
            assert float(estimate.contracted.mean) == near
            assert float(estimate.total.p10) == near
            assert float(estimate.total.p90) == near
            assert estimate.weighted.p90 == 0


@pytest.mark.parametrize("creditable", [True, False])
@pytest.mark.parametrize("cap_window", CapWindow)
@pytest.mark.parametrize(
    ("effective_on", "ends_on"),
    [(dt.date(2025, 2, 1), None), (dt.date(2026, 2, 1), None), (dt.date(2025, 2, 1), dt.date(2027, 3, 10))],
)
def test_contract_year_without_the_end_of_a_month_keeps_its_own_minimum_and_cap(
    effective_on, ends_on, cap_window, creditable
):
    lump_sum = make_term(
        id="fixed",
        basis=Basis.LUMP_SUM,
        tiers=(Tier(None, Decimal(500)),),
        effective_from=effective_on,
        creditable=creditable,
    )
    plan = make_plan(
        terms=[lump_sum],
        effective_on=effective_on,
        ends_on=ends_on,
        contract_year_start=(2, 28),
        period=PeriodLength.MONTH,
        minimums=(YearAmount(1, Decimal(1000)),),
        caps=(YearAmount(1, Decimal(1200)),),
        cap_window=cap_window,
    )

    found = run(deal(probability=None, plan=plan), uncertainty=Uncertainty.none())

    assert [month.total.mean for month in found.months] == [
        month.total for month in expect(plan, starts_on=START, months=48).months
    ]


def test_simulation_with_the_same_seed_is_the_same_on_any_number_of_threads():
    deals = [deal(f"LRS-{number}", HALF if number % 2 else None) for number in range(6)]

    assert run(*deals, draws=4000) == run(*deals, draws=4000, threads=3)
    assert run(*deals) != run(*deals, seed=8)


def test_another_deal_changes_no_other_draws():
    first = deal("LRS-1", labels=("first",))
    second = deal("LRS-2", labels=("second",))

    assert run(first).years_by_label["first"] == run(second, first).years_by_label["first"]
    assert run(first).years_by_label["first"] != run(second).years_by_label["second"]


def test_percentiles_are_in_order_and_the_mean_is_contracted_plus_weighted():
    found = run(deal("LRS-1", None), deal("LRS-2"))

    for period in (*found.months, *found.quarters, *found.years):
        for estimate in (period.contracted, period.weighted, period.total):
            assert estimate.p10 <= estimate.p50 <= estimate.p90
        both = period.contracted.mean + period.weighted.mean
        assert abs(period.total.mean - both) <= Decimal("0.02")


def test_percentiles_of_a_year_are_not_the_sums_of_those_of_its_months():
    found = run(deal(probability=None))

    of_months = sum(month.total.p90 for month in found.months[12:24])
    assert found.years[1].total.p90 < of_months


@pytest.mark.parametrize("percentile", ["mean", "p10", "p50", "p90"])
def test_likelier_deals_are_worth_no_less(percentile):
    results = [run(deal(probability=Decimal(tenth) / 10)) for tenth in range(0, 11, 2)]

    for less, more in pairwise(results):
        for before, after in zip(less.years, more.years, strict=True):
            assert getattr(before.weighted, percentile) <= getattr(after.weighted, percentile)
    assert {year.weighted.p90 for year in results[0].years} == {Decimal(0)}


def test_slip_only_delays():
    plan = make_plan(terms=[make_term(tiers=make_term().tiers[-1:])])
    totals = []
    for months in (0, 3, 9):
        slip = replace(Uncertainty.none(), sop_slip_months=Spread.certain(Decimal(months)))
        totals.append([month.total.mean for month in run(deal(probability=None, plan=plan), uncertainty=slip).months])

    assert totals[1] == [Decimal(0)] * 3 + totals[0][:-3]
    assert totals[2] == [Decimal(0)] * 9 + totals[0][:-9]


def test_a_plant_that_produces_does_not_slip():
    plan = make_plan(ramps=[make_ramp(sop_on=dt.date(2025, 12, 1))])
    slip = replace(Uncertainty.none(), sop_slip_months=Spread.certain(Decimal(12)))

    assert run(deal(plan=plan), uncertainty=slip).months == run(deal(plan=plan), uncertainty=Uncertainty.none()).months


def test_fees_at_sop_move_with_it_and_others_stay():
    fees = [Fee("upfront", START, Decimal(10)), Fee("sop", dt.date(2026, 4, 1), Decimal(30))]
    nothing = [make_term(tiers=(replace(make_term().tiers[-1], rate=Decimal(0)),))]
    plan = make_plan(terms=nothing, fees=fees, sop_fees=frozenset({"sop"}))
    slip = replace(Uncertainty.none(), sop_slip_months=Spread.certain(Decimal(2)))

    found = run(deal(probability=None, plan=plan), uncertainty=slip)

    assert {month.period.label: month.total.mean for month in found.months if month.total.mean} == {
        "2026-01": Decimal(10),
        "2026-06": Decimal(30),
    }


def test_price_moves_net_sales_only_and_terms_only_what_is_not_contracted():
    flat = make_term().tiers[-1:]
    energy = make_plan(terms=[make_term(tiers=flat)])
    sales = make_plan(terms=[make_term(basis=Basis.NET_SALES, tiers=flat)])
    half = Spread.certain(HALF)

    def ratio(plan, probability, **factors):
        plain, changed = (
            run(deal(probability=probability, plan=plan), uncertainty=uncertainty).years[1].total.mean
            for uncertainty in (Uncertainty.none(), replace(Uncertainty.none(), **factors))
        )
        return changed / plain

    assert ratio(energy, None, price=half) == 1
    assert ratio(sales, None, price=half) == pytest.approx(HALF)
    assert ratio(sales, None, terms=half) == 1
    assert ratio(sales, Decimal(1), terms=half) == pytest.approx(HALF)


def test_minimum_holds_from_below_and_cap_from_above_in_every_draw():
    minimum, cap = Decimal(9_000_000), Decimal(11_000_000)
    plan = make_plan(minimums=(YearAmount(1, minimum),), caps=(YearAmount(1, cap),))

    for year in run(deal(probability=None, plan=plan)).years:
        assert minimum <= year.total.p10 <= year.total.p90 <= cap


def test_amounts_are_converted_at_the_deals_rate_and_rounded_to_the_currency():
    found = run(deal(probability=None, rate=Decimal(150)), currency="JPY", uncertainty=Uncertainty.none())
    dollars = run(deal(probability=None), uncertainty=Uncertainty.none())

    assert found.years[0].total.mean == found.years[0].total.mean.to_integral_value()
    assert found.years[0].total.mean == pytest.approx(dollars.years[0].total.mean * 150)


def test_memory_does_not_grow_with_deals():
    def peak(count):
        deals = [deal(f"LRS-{number}") for number in range(count)]
        tracemalloc.start()
        try:
            run(*deals, months=120, draws=2000)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # A curve of a deal by slip and month is kept, no draws are.
    assert peak(12) - peak(2) < 10 * 200_000


def test_numbers_of_draws_that_leave_a_block_open_are_refused():
    with pytest.raises(ValueError, match="multiple of 1000"):
        run(deal(), draws=1500)


def test_no_deals_give_nothing():
    assert {year.total.p90 for year in run().years} == {Decimal(0)}
