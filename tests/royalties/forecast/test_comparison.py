import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.engine.agreement import YearAmount
from royalties.engine.codes import PeriodLength
from royalties.forecast.comparison import TermSheet, compare
from royalties.forecast.net_present_value import Cash, cumulated, net_present_value
from tests.royalties.forecast.builders import ASSUMPTIONS, START, make_plan, make_ramp

DAY = dt.date(2026, 1, 1)


def comparison(*sheets, rate=Decimal(8)):
    return compare(
        sheets, ramps=[make_ramp()], assumptions=ASSUMPTIONS, annual_percent=rate, valued_on=START, months=60
    )


def sheet(name="A", **rules):
    return TermSheet(name, make_plan(**rules).agreement)


def test_present_value_of_a_year_from_now():
    cash = [Cash(DAY, Decimal(-100)), Cash(dt.date(2027, 1, 1), Decimal(110))]

    assert net_present_value(cash, annual_percent=Decimal(10), on=DAY) == 0
    assert net_present_value(cash, annual_percent=Decimal(0), on=DAY) == 10


@given(percents=st.tuples(st.decimals(0, 40, places=2), st.decimals(0, 40, places=2)))
def test_present_value_of_what_is_to_come_falls_with_the_rate(percents):
    low, high = sorted(percents)
    cash = [Cash(dt.date(2027 + year, 3, 1), Decimal(1000 * year)) for year in range(10)]

    worth = [net_present_value(cash, annual_percent=percent, on=DAY) for percent in (low, high)]

    assert worth[0] >= worth[1]


def test_rate_that_takes_everything_is_refused():
    with pytest.raises(ValueError, match="above"):
        net_present_value([], annual_percent=Decimal(-100), on=DAY)


def test_cash_adds_up_by_day():
    cash = [Cash(dt.date(2026, 5, 1), Decimal(5)), Cash(DAY, Decimal(2)), Cash(dt.date(2026, 5, 1), Decimal(1))]

    assert cumulated(cash) == [Cash(DAY, Decimal(2)), Cash(dt.date(2026, 5, 1), Decimal(8))]


def test_versions_side_by_side():
    minimum = (YearAmount(1, Decimal(30_000_000)),)

    found = comparison(sheet(), sheet("B", minimums=minimum, advance=Decimal(1_000_000), currency="JPY"))

    plain, guarded = found.versions
    assert [version.name for version in found.versions] == ["A", "B"]
    assert [year.period.label for year in plain.years] == ["2026", "2027", "2028", "2029", "2030"]
    assert plain.years[0].shortfall == 0
    assert guarded.years[0].shortfall == 30_000_000 - guarded.years[0].royalty
    assert [coverage.contract_year for coverage in guarded.coverage] == [1, 2, 3, 4, 5]
    assert guarded.coverage[0].share < 1
    assert plain.coverage[0].share is None
    assert guarded.cumulative_cash[0] == Cash(START, Decimal(1_000_000))
    assert guarded.present_value == guarded.present_value.to_integral_value()
    assert guarded.present_value > plain.present_value


def test_cash_without_interest_is_what_the_years_earn():
    version = comparison(sheet(), rate=Decimal(0)).versions[0]

    assert version.present_value == version.cumulative_cash[-1].amount == sum(year.total for year in version.years)


def test_an_advance_is_worth_more_the_higher_the_rate():
    early, late = (
        comparison(sheet(), sheet("B", advance=Decimal(5_000_000)), rate=rate).versions
        for rate in (Decimal(0), Decimal(9))
    )

    assert early[0].present_value == early[1].present_value
    assert late[0].present_value < late[1].present_value


def test_yearly_reports_are_paid_later():
    quarterly, yearly = comparison(sheet(), sheet("B", period=PeriodLength.YEAR)).versions

    for by_quarter, by_year in zip(quarterly.years, yearly.years, strict=True):
        assert abs(by_quarter.total - by_year.total) <= Decimal("0.02")
    assert quarterly.present_value > yearly.present_value


def test_same_terms_give_the_same():
    first, second = comparison(sheet(), sheet("B")).versions

    assert replace(second, name="A") == first
