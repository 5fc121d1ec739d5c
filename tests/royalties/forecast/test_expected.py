import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings

from royalties.engine.agreement import Fee, YearAmount
from royalties.engine.codes import Basis, PeriodLength, TierWindow
from royalties.engine.escalation import Index
from royalties.engine.quantities import ReportLine
from royalties.engine.terms import Tier
from royalties.forecast.compilation import curve_of
from royalties.forecast.draws import planned_outcome
from royalties.forecast.expected import expect
from royalties.forecast.output import Assumptions, MissingAssumption
from royalties.forecast.plan import Plan
from tests.royalties.forecast.builders import START, make_plan, make_ramp, make_term, plans

MONTHS = 60
FLAT = (Tier(None, Decimal(2)),)


@given(plan=plans())
@settings(max_examples=100, deadline=None)
def test_curve_equals_engine_in_every_month(plan):
    expected = expect(plan, starts_on=START, months=MONTHS)
    amounts = curve_of(plan, starts_on=START, months=MONTHS).amounts(planned_outcome(), rate=1)[0]

    # The engine rounds each line, which a lifetime cap adds up over years.
    assert [float(month.total) for month in expected.months] == [
        pytest.approx(each, rel=1e-8, abs=1) for each in amounts
    ]


@given(plan=plans())
@settings(max_examples=40, deadline=None)
def test_months_add_up_to_statements_to_the_cent(plan):
    first = plan.agreement.rules.effective_on.replace(day=1)
    expected = expect(plan, starts_on=first, months=MONTHS)

    last = expected.months[-1].period.ends_on
    if all(statement.period.ends_on <= last for statement in expected.statements):
        assert sum(month.royalty for month in expected.months) == sum(each.earned for each in expected.statements)
        assert sum(month.shortfall for month in expected.months) == sum(each.shortfall for each in expected.statements)
    for name in ("energy_kwh", "royalty", "shortfall", "fees", "total"):
        totals = {
            sum(getattr(period, name) for period in periods)
            for periods in (expected.months, expected.quarters, expected.years)
        }
        assert len(totals) == 1


def test_worked_example_of_tiers_by_half_years():
    ramp = make_ramp(
        sop_on=dt.date(2025, 12, 1),
        months_to_nameplate=1,
        nameplate_gwh=Decimal(18),
        utilisation_percent=Decimal(100),
        yield_percent=Decimal(100),
    )
    plan = make_plan(terms=[make_term(basis=Basis.ENERGY_PRODUCED)], ramps=[ramp], period=PeriodLength.HALF_YEAR)

    expected = expect(plan, starts_on=START, months=12)

    assert [statement.earned for statement in expected.statements] == [Decimal("16000000.00"), Decimal("12000000.00")]
    assert [quarter.royalty for quarter in expected.quarters] == [
        Decimal(9_000_000),
        Decimal(7_000_000),
        Decimal(6_750_000),
        Decimal(5_250_000),
    ]


def test_reported_months_count_instead_of_planned_ones():
    report = {"plant": "p1", "chemistry": "LFP", "field": "EV", "month": dt.date(2026, 4, 1)}
    reported = [
        ReportLine(**report, version=version, accepted_on=dt.date(2026, 5, 9), energy_sold_kwh=Decimal(kwh))
        for version, kwh in ((1, 1_000), (2, 900))
    ]

    plan = make_plan(terms=[make_term(tiers=FLAT)], reported=reported)

    assert expect(plan, starts_on=START, months=12).months[3].royalty == Decimal(1_800)
    assert curve_of(plan, starts_on=START, months=12).amounts(planned_outcome(), rate=1)[0][3] == 1_800


def test_what_was_earned_before_the_forecast_counts_for_tiers_and_minimum():
    terms = [make_term(window=TierWindow.LIFETIME, effective_from=dt.date(2023, 1, 1))]
    plan = make_plan(
        terms=terms,
        effective_on=dt.date(2023, 1, 1),
        ramps=[make_ramp(sop_on=dt.date(2023, 1, 1))],
        minimums=(YearAmount(1, Decimal(20_000_000)),),
    )

    early = expect(plan, starts_on=dt.date(2023, 1, 1), months=60)
    late = expect(plan, starts_on=dt.date(2025, 7, 1), months=30)

    assert early.months[30:] == late.months
    amounts = curve_of(plan, starts_on=dt.date(2025, 7, 1), months=30).amounts(planned_outcome(), rate=1)[0]
    assert [float(month.total) for month in late.months] == [pytest.approx(amount, abs=0.5) for amount in amounts]


def test_price_index_goes_on_by_the_assumed_rise():
    index = Index(base=Decimal(100), values={2027: Decimal(110)})
    plan = make_plan(terms=[make_term(tiers=FLAT, escalator=index)], ramps=[make_ramp(sop_on=dt.date(2020, 1, 1))])
    plan = Plan(plan.agreement, plan.ramps, Assumptions(index_percent=Decimal(10)))

    years = expect(plan, starts_on=START, months=36).years

    assert years[1].royalty == pytest.approx(years[0].royalty * Decimal("1.1"))
    assert years[2].royalty == pytest.approx(years[0].royalty * Decimal("1.21"))


def test_fees_and_coverage_of_a_year():
    plan = make_plan(
        terms=[make_term(tiers=FLAT)],
        fees=[Fee("f1", dt.date(2026, 2, 3), Decimal(500))],
        minimums=(YearAmount(1, Decimal(100_000_000)),),
        withholding_percent=Decimal(10),
    )

    expected = expect(plan, starts_on=START, months=12)

    assert expected.months[1].fees == 500
    [coverage] = expected.coverage
    assert coverage.credited == expected.years[0].royalty
    assert coverage.credited + coverage.shortfall == Decimal(100_000_000)
    assert coverage.share == (coverage.credited / 100_000_000).quantize(Decimal("0.0001"))
    assert sum(statement.payable for statement in expected.statements) == Decimal(100_000_500) * 9 / 10
    assert expected.statements[0].due_on == dt.date(2026, 4, 30)


@pytest.mark.parametrize("basis", [Basis.NET_SALES, Basis.UNITS])
def test_terms_without_the_assumption_they_need_are_refused(basis):
    plan = make_plan(terms=[make_term(basis=basis)])

    with pytest.raises(MissingAssumption):
        Plan(plan.agreement, plan.ramps)
