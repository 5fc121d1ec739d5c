"""Averages of the daily reference rates of a period."""

import datetime as dt
from decimal import Decimal

import pytest

from money.domain.averages import TooFewRatesError, average_of, business_days, published_pair
from money.enums import RateKind
from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 4, 1), dt.date(2026, 4, 30)


def publish(quote, rates, *, first=FIRST, last=LAST):
    """Store the ECB's rate of a currency for each business day, the given ones in turn."""
    for number, day in enumerate(business_days(first, last)):
        FxRateFactory(quote=quote, on=day, rate=Decimal(rates[number % len(rates)]))


def test_business_days_leave_out_weekends_and_the_days_without_fixing():
    days = business_days(FIRST, LAST)

    assert len(days) == 20
    assert dt.date(2026, 4, 3) not in days  # Good Friday
    assert dt.date(2026, 4, 6) not in days  # Easter Monday


def test_average_is_the_mean_of_the_days_and_names_what_it_is_made_of():
    publish("JPY", ["160", "164"])
    FxRateFactory(quote="JPY", on=dt.date(2026, 5, 1), rate=999)
    FxRateFactory(quote="JPY", on=LAST, rate=1, kind=RateKind.PERIOD_END)

    average = average_of("EUR", "JPY", FIRST, LAST)

    assert (average.rate, average.days, average.missing) == (Decimal(162), 20, 0)
    assert average.source == "average of 20 ECB reference rates"


def test_average_of_two_other_currencies_goes_through_the_euro_day_by_day():
    publish("JPY", ["160", "165"])
    publish("USD", ["1.00", "1.10"])

    assert average_of("USD", "JPY", FIRST, LAST).rate == Decimal(155)


def test_average_against_the_euro_is_the_mean_of_inverses():
    publish("USD", ["1.00", "2.00"])

    assert average_of("USD", "EUR", FIRST, LAST).rate == Decimal("0.75")
    assert published_pair("USD", "EUR") == ("EUR", "USD")
    assert published_pair("USD", "JPY") == ("USD", "JPY")


@pytest.mark.parametrize(("removed", "is_refused"), [(3, False), (4, True)])
def test_average_is_refused_when_more_than_a_few_days_are_missing(removed, is_refused):
    publish("JPY", ["160"], last=business_days(FIRST, LAST)[-removed - 1])

    if is_refused:
        with pytest.raises(TooFewRatesError, match="4 business days from 2026-04-01 to 2026-04-30"):
            average_of("EUR", "JPY", FIRST, LAST)
    else:
        assert average_of("EUR", "JPY", FIRST, LAST).missing == removed


def test_average_of_a_weekend_without_rates_is_refused():
    with pytest.raises(TooFewRatesError, match="no reference rate"):
        average_of("EUR", "JPY", dt.date(2026, 4, 4), dt.date(2026, 4, 5))


def test_average_takes_one_query(django_assert_num_queries):
    publish("JPY", ["160"])

    with django_assert_num_queries(1):
        average_of("EUR", "JPY", FIRST, LAST)
