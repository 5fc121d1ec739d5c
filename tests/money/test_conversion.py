import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_tracker.problems import DomainError
from money.domain.amounts import Money
from money.domain.conversion import MissingRateError, convert, latest_rates, rates_to
from tests.money.factories import FxRateFactory

FRIDAY = dt.date(2026, 10, 30)


@pytest.mark.django_db
def test_convert_names_rate_date_and_source():
    FxRateFactory(rate=Decimal("1.25"))

    converted = convert(Money(Decimal("100.00"), "EUR"), "USD", on=FRIDAY + dt.timedelta(days=2))

    assert converted.money == Money(Decimal("125.0000"), "USD")
    assert (converted.rate.rate, converted.rate.on, converted.rate.source) == (Decimal("1.25"), FRIDAY, "ECB")


@pytest.mark.django_db
def test_convert_uses_the_inverse_of_a_known_rate():
    FxRateFactory(rate=Decimal("1.25"))

    assert convert(Money(Decimal(100), "USD"), "EUR", on=FRIDAY).money == Money(Decimal("80.0"), "EUR")


@pytest.mark.django_db
def test_convert_crosses_through_the_euro():
    FxRateFactory(quote="USD", rate=Decimal("1.25"))
    FxRateFactory(quote="JPY", rate=Decimal(150), on=FRIDAY - dt.timedelta(days=1))

    converted = convert(Money(Decimal(10), "USD"), "JPY", on=FRIDAY)

    assert converted.money == Money(Decimal("1200.0"), "JPY")
    assert converted.rate.on == FRIDAY - dt.timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("age_days", [-1, 8])
def test_convert_refuses_a_rate_of_a_later_day_or_an_old_one(age_days):
    FxRateFactory(on=FRIDAY - dt.timedelta(days=age_days))

    with pytest.raises(MissingRateError, match="from EUR to USD for 2026-10-30"):
        convert(Money(Decimal(1), "EUR"), "USD", on=FRIDAY)


@pytest.mark.django_db
def test_convert_accepts_a_rate_of_seven_days_before():
    FxRateFactory(on=FRIDAY - dt.timedelta(days=7))

    assert convert(Money(Decimal(1), "EUR"), "USD", on=FRIDAY).rate.on == FRIDAY - dt.timedelta(days=7)


@pytest.mark.django_db
def test_rates_to_takes_the_latest_in_one_query(django_assert_num_queries):
    FxRateFactory(on=FRIDAY - dt.timedelta(days=1), rate=Decimal("1.1"))
    FxRateFactory(rate=Decimal("1.2"))
    FxRateFactory(quote="JPY", rate=Decimal(150))

    with django_assert_num_queries(1):
        rates = rates_to("USD", bases=["EUR", "JPY", "CNY", "USD"], on=FRIDAY)

    assert {base: rate.rate for base, rate in rates.items()} == {
        "EUR": Decimal("1.2"),
        "JPY": Decimal("0.008"),
        "USD": Decimal(1),
    }


@pytest.mark.django_db
def test_latest_rates_reach_back_a_year_and_say_so():
    FxRateFactory(on=FRIDAY - dt.timedelta(days=300))

    assert latest_rates("USD", bases=["EUR"], on=FRIDAY)["EUR"].on == FRIDAY - dt.timedelta(days=300)


def test_adding_two_currencies_is_refused():
    with pytest.raises(DomainError, match="EUR and USD cannot be added"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@pytest.mark.parametrize(
    ("money", "rounded"),
    [
        (Money(Decimal("1.005"), "USD"), Decimal("1.00")),
        (Money(Decimal("1.015"), "USD"), Decimal("1.02")),
        (Money(Decimal("4898100.4"), "JPY"), Decimal(4898100)),
        (Money(Decimal("1.5"), "KRW"), Decimal(2)),
    ],
)
def test_rounded_uses_the_minor_unit_of_the_currency(money, rounded):
    assert money.rounded().amount == rounded


@given(
    st.lists(st.decimals(min_value=-(10**12), max_value=10**12, places=2), max_size=20),
    st.sampled_from(["USD", "JPY", "EUR"]),
)
def test_sum_of_money_does_not_depend_on_order(amounts, currency):
    def total(values):
        result = Money(Decimal(0), currency)
        for value in values:
            result = result + Money(value, currency)
        return result

    assert total(amounts) == total(reversed(amounts))
