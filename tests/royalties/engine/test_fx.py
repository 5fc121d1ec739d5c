import datetime as dt
from decimal import Decimal

import pytest

from royalties.engine.calculation import calculate
from royalties.engine.codes import Basis, FxRule, RateKind, Rounding
from royalties.engine.fx import MissingRate, Rate, RateTable, missing_rates, rate_day
from tests.royalties.engine.agreements import H1, kind_of, make_agreement, make_term, run, sold, tiers

KIND = RateKind.PERIOD_END


def rate(base, quote, number, on=H1, kind=KIND):
    return Rate(base, quote, on, kind, Decimal(number), "test")


def converted(*rates, amount="100", base="USD", quote="JPY", on=H1):
    found = RateTable(rates).find(base, quote, on, KIND)
    return None if found is None else found.convert(Decimal(amount))


def test_direct_rate_is_used_before_any_other():
    assert converted(rate("USD", "JPY", "150"), rate("JPY", "USD", "0.5"), rate("EUR", "USD", "9")) == 15000


def test_inverse_rate_divides_exactly():
    assert converted(rate("JPY", "USD", "0.03"), amount="7.5") == 250


def test_cross_rate_goes_through_the_euro_in_any_direction():
    assert converted(rate("EUR", "USD", "1.10"), rate("EUR", "JPY", "163.27"), amount="11") == Decimal("1632.7")
    assert converted(rate("USD", "EUR", "0.5"), rate("EUR", "JPY", "160"), amount="11") == 880
    assert converted(rate("EUR", "USD", "1.10")) is None
    assert converted(rate("GBP", "USD", "1.3"), rate("GBP", "JPY", "190")) is None


@pytest.mark.parametrize(("days", "is_found"), [(0, True), (7, True), (8, False), (-1, False)])
def test_rate_is_at_most_seven_days_old(days, is_found):
    found = converted(rate("USD", "JPY", "150", on=H1 - dt.timedelta(days=days)))

    assert (found is not None) == is_found


def test_latest_rate_of_the_kind_counts():
    rates = [
        rate("USD", "JPY", "150", on=H1 - dt.timedelta(days=3)),
        rate("USD", "JPY", "151", on=H1 - dt.timedelta(days=1)),
        rate("USD", "JPY", "152", on=H1 + dt.timedelta(days=1)),
        rate("USD", "JPY", "153", kind=RateKind.PERIOD_AVERAGE),
    ]

    assert converted(*rates, amount="1") == 151


@pytest.mark.parametrize(
    ("rule", "payment_days", "expected"),
    [
        (FxRule.PERIOD_END, 30, (H1, RateKind.PERIOD_END)),
        (FxRule.PERIOD_AVERAGE, 30, (H1, RateKind.PERIOD_AVERAGE)),
        (FxRule.PAYMENT_DATE, 30, (dt.date(2026, 7, 30), RateKind.REFERENCE)),
        # Due on Thursday 30 July, and on Monday 3 August.
        (FxRule.LAST_BUSINESS_DAY_BEFORE_DUE, 30, (dt.date(2026, 7, 29), RateKind.REFERENCE)),
        (FxRule.LAST_BUSINESS_DAY_BEFORE_DUE, 34, (dt.date(2026, 7, 31), RateKind.REFERENCE)),
    ],
)
def test_rule_says_which_rate_counts(rule, payment_days, expected):
    agreement = make_agreement(fx_rule=rule, payment_days=payment_days)

    assert rate_day(agreement.rules, agreement.calendar.period_on(H1)) == expected


def test_net_sales_in_the_own_currency_need_no_rate_and_nil_sales_none_either():
    agreement = make_agreement(make_term(basis=Basis.NET_SALES, tiers=tiers((None, "3"))))

    lines = run(agreement, sold(H1, 100, currency="USD"), sold(H1, 0, currency="EUR"))

    assert kind_of(lines, "royalty") == {H1: Decimal("3.00")}


def test_currencies_of_a_period_share_the_tiers():
    term = make_term(basis=Basis.NET_SALES, tiers=tiers(("150", "10"), (None, "0")))
    agreement = make_agreement(term, rounding=Rounding.HALF_UP)

    lines = run(
        agreement,
        sold(H1, 100, currency="USD"),
        sold(H1, 100, currency="EUR"),
        rates=RateTable([rate("EUR", "USD", "1.1")]),
    )

    assert kind_of(lines, "royalty") == {H1: Decimal("15.00")}


def test_line_of_converted_sales_shows_thousandths_and_charges_the_exact_amount():
    agreement = make_agreement(make_term(basis=Basis.NET_SALES, tiers=tiers((None, "100"))))
    third = RateTable([rate("USD", "EUR", "3")])

    lines = calculate(agreement, [sold(H1, "0.0449", currency="EUR")], through=H1, rates=third)

    assert [(str(line.quantity), str(line.amount)) for line in lines.values()] == [("0.015", "0.01")]


def test_missing_rates_are_listed_before_they_stop_the_calculation():
    agreement = make_agreement(make_term(basis=Basis.NET_SALES, tiers=tiers((None, "3"))))
    quantities = [sold(H1, 5, currency="CNY"), sold(H1, 5, currency="USD"), sold(H1, 0, currency="JPY")]

    ((period_end, missing),) = missing_rates(agreement, quantities, RateTable([]))

    assert (period_end, missing.base, missing.quote, missing.on, missing.kind) == (H1, "CNY", "USD", H1, KIND)
    with pytest.raises(MissingRate, match="period-end rate from CNY to USD for 2026-06-30"):
        run(agreement, *quantities)
