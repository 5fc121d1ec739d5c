"""Which rates and index values royalties need, and what entering them sets free."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError
from money.domain.averages import TooFewRatesError, business_days
from money.domain.plausibility import UnlikelyRateError
from money.enums import RateKind
from money.models import FxRate
from royalties.domain.calculation import calculate_to_date
from royalties.domain.index_values import UnlikelyValueError, enter_value
from royalties.domain.known_rates import Way
from royalties.domain.needed_indices import needed_values
from royalties.domain.needed_rates import RateKey, RateState, needed_rates
from royalties.domain.rate_entry import enter_average, enter_rate, fill_receivables, waiting_invoices
from royalties.enums import AgreementStatus, AllocationKind, Basis, EscalatorKind, FxRule
from royalties.models import Allocation, PriceIndex, PriceIndexValue
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import (
    AgreementFactory,
    InvoiceFactory,
    PaymentFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
HALF = dt.date(2026, 6, 30)
KEY = RateKey("EUR", "USD", HALF, RateKind.PERIOD_END)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


def sell(*, month=3, amount=1_000_000, currency="EUR", number=1, filing=None, status="accepted", plant=None, **rules):
    """Report net sales of a month of 2026 under an agreement that charges 3 % of them."""
    if filing is None:
        agreement = AgreementFactory(**rules)
        RoyaltyTermFactory(agreement=agreement, basis=Basis.NET_SALES, tiers=[(None, "3")])
        filing = ReportFilingFactory(agreement=agreement, status=status)
    return ProductionReportFactory(
        filing=filing,
        month=dt.date(2026, month, 1),
        net_sales=Decimal(amount),
        currency=currency,
        number=number,
        status=status,
        accepted_on=dt.date(2026, 7, 10) if status == "accepted" else None,
        **({"plant": plant} if plant else {}),
    )


def states(user):
    return [(needed.key, needed.state) for needed in needed_rates(user, today=TODAY)]


def test_foreign_sales_need_the_rate_of_the_agreements_rule(finance):
    sell()
    sell(currency="USD")
    sell(currency="JPY", fx_rule=FxRule.PERIOD_AVERAGE)
    sell(currency="CNY", fx_rule=FxRule.PAYMENT_DATE)

    assert states(finance) == [
        (KEY, RateState.MISSING),
        (RateKey("JPY", "USD", HALF, RateKind.PERIOD_AVERAGE), RateState.MISSING),
        (RateKey("CNY", "USD", dt.date(2026, 8, 14), RateKind.REFERENCE), RateState.MISSING),
    ]


def test_sales_that_need_one_rate_stand_under_it_with_their_sum(finance):
    first, second = sell(), sell(amount=500_000)

    (needed,) = needed_rates(finance, today=TODAY)

    assert [use.agreement for use in needed.uses] == [first.agreement, second.agreement]
    assert [use.name for use in needed.uses] == ["H1 2026", "H1 2026"]
    assert needed.amount == Decimal(1_500_000)
    assert needed.blocked == {first.agreement_id, second.agreement_id}


def test_submitted_sales_need_a_rate_but_stop_no_statement_yet(finance):
    sell(status="submitted")

    (needed,) = needed_rates(finance, today=TODAY)

    assert [use.is_accepted for use in needed.uses] == [False]
    assert needed.state == RateState.MISSING
    assert needed.blocked == set()


def test_submitted_correction_shows_the_amount_that_will_count(finance):
    accepted = sell()
    correction = ReportFilingFactory(agreement=accepted.agreement, status="submitted")
    sell(filing=correction, amount=700_000, number=2, status="submitted", plant=accepted.plant)

    (needed,) = needed_rates(finance, today=TODAY)

    assert needed.amount == Decimal(700_000)
    assert [use.is_accepted for use in needed.uses] == [True]


@pytest.mark.parametrize("status", ["draft", "disputed"])
def test_sales_that_nobody_submitted_need_nothing(finance, status):
    sell(status=status)

    assert needed_rates(finance, today=TODAY) == []


def test_draft_agreement_needs_nothing(finance):
    sell().agreement.__class__.objects.update(status=AgreementStatus.DRAFT)

    assert needed_rates(finance, today=TODAY) == []


def test_rate_of_the_present_period_is_coming_up(finance):
    sell(month=10)
    FxRateFactory(on=dt.date(2026, 11, 23))

    (needed,) = needed_rates(finance, today=TODAY)

    assert (needed.key.on, needed.state, needed.can_be_entered) == (dt.date(2026, 12, 31), RateState.COMING, False)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([("EUR", "USD", HALF, "1.10", "period_end")], (Decimal("1.10"), HALF, Way.DIRECT, True)),
        ([("USD", "EUR", HALF, "0.80", "period_end")], (Decimal("1.25"), HALF, Way.INVERSE, True)),
        ([("EUR", "USD", HALF, "1.10", "reference")], (Decimal("1.10"), HALF, Way.DIRECT, False)),
        (
            [("EUR", "USD", dt.date(2026, 6, 26), "1.10", "reference")],
            (Decimal("1.10"), dt.date(2026, 6, 26), Way.DIRECT, False),
        ),
    ],
)
def test_known_rate_says_how_it_follows(finance, rates, expected):
    sell()
    for base, quote, on, rate, kind in rates:
        FxRateFactory(base=base, quote=quote, on=on, rate=Decimal(rate), kind=kind)

    (needed,) = needed_rates(finance, today=TODAY)

    known = needed.known
    assert (known.rate, known.on, known.way, known.is_exact) == expected
    assert (needed.state, needed.can_be_entered) == (RateState.PRESENT, not known.is_exact)


def test_cross_rate_is_as_old_as_its_older_part(finance):
    sell(currency="JPY")
    FxRateFactory(quote="JPY", rate=160, on=HALF)
    FxRateFactory(quote="USD", rate=2, on=dt.date(2026, 6, 29))

    (needed,) = needed_rates(finance, today=TODAY)

    assert (needed.known.rate, needed.known.on, needed.known.way) == (
        Decimal("0.0125"),
        dt.date(2026, 6, 29),
        Way.CROSS,
    )


def test_confidential_sales_are_neither_listed_nor_summed_for_outsiders(finance):
    shown = sell()
    hidden = sell(amount=7, deal=DealFactory(is_confidential=True))
    sell(currency="CHF", deal=DealFactory(is_confidential=True))

    (needed,) = needed_rates(finance, today=TODAY)

    assert needed.amount == shown.net_sales
    assert needed.blocked == {shown.agreement_id}
    assert [use.agreement for use in needed_rates(hidden.agreement.deal.owner, today=TODAY)[0].uses] == [
        shown.agreement,
        hidden.agreement,
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_needed_rates_take_a_fixed_number_of_queries(finance, rows, fetch_raise, django_assert_num_queries):
    for _row in range(rows):
        sell()
        InvoiceFactory()
    finance.has_perm("royalties.view_agreement")

    with django_assert_num_queries(13):
        needed_rates(finance, today=TODAY)


def test_entered_rate_sets_the_statement_free(finance):
    agreement = sell().agreement

    entered = enter_rate(key=KEY, rate=Decimal("1.10"), source="ECB", by=finance, today=TODAY)

    assert (entered.statements, entered.invoices) == (1, 0)
    assert states(finance) == [(KEY, RateState.PRESENT)]
    assert [line.amount for line in calculate_to_date(agreement, through=HALF).lines.values()] == [Decimal(33_000)]


def test_statement_that_waits_for_two_rates_is_free_after_the_second(finance):
    report = sell()
    sell(filing=report.filing, currency="CHF", month=4)

    first = enter_rate(key=KEY, rate=Decimal("1.10"), source="ECB", by=finance, today=TODAY)
    second = enter_rate(key=KEY._replace(base="CHF"), rate=Decimal("1.2"), source="SNB", by=finance, today=TODAY)

    assert (first.statements, second.statements) == (0, 1)


def test_rate_typed_the_other_way_round_is_kept_as_published(finance):
    sell()

    entered = enter_rate(key=KEY, rate=Decimal("0.8"), source="ECB", is_inverse=True, by=finance, today=TODAY)

    assert (entered.rate.base, entered.rate.quote) == ("USD", "EUR")
    assert needed_rates(finance, today=TODAY)[0].known.rate == Decimal("1.25")


@pytest.mark.parametrize("is_inverse", [False, True])
def test_second_rate_of_the_same_day_is_refused_either_way_round(finance, is_inverse):
    sell()
    FxRateFactory(on=HALF, kind=RateKind.PERIOD_END)

    with pytest.raises(DomainError):
        enter_rate(
            key=KEY, rate=Decimal(1), source="ECB", is_inverse=is_inverse, is_confirmed=True, by=finance, today=TODAY
        )

    assert FxRate.objects.count() == 1


def test_rate_of_a_day_to_come_is_refused(finance):
    with pytest.raises(DomainError, match="has not come"):
        enter_rate(key=KEY._replace(on=dt.date(2026, 12, 31)), rate=Decimal(1), source="ECB", by=finance, today=TODAY)


@pytest.mark.parametrize(("rate", "words"), [("1.5", "34 % above"), ("0.5", "55 % below")])
def test_rate_far_from_the_latest_known_one_is_asked_about(finance, rate, words):
    sell()
    FxRateFactory(on=dt.date(2026, 3, 31), rate=Decimal("1.1172"))

    with pytest.raises(UnlikelyRateError) as refused:
        enter_rate(key=KEY, rate=Decimal(rate), source="ECB", by=finance, today=TODAY)

    assert words in str(refused.value).replace("\u00a0", " ")
    assert "1.1172 USD on Tue 31 Mar 2026 (ECB)" in str(refused.value).replace("\u00a0", " ")
    enter_rate(key=KEY, rate=Decimal(rate), source="ECB", is_confirmed=True, by=finance, today=TODAY)


@pytest.mark.parametrize("rate", ["0.90", "1.34"])
def test_rate_within_a_fifth_is_kept(finance, rate):
    sell()
    FxRateFactory(on=dt.date(2026, 3, 31), rate=Decimal("1.1172"))

    assert enter_rate(key=KEY, rate=Decimal(rate), source="ECB", by=finance, today=TODAY).rate.rate == Decimal(rate)


def test_rate_before_any_known_one_is_compared_with_the_next(finance):
    FxRateFactory(on=dt.date(2026, 9, 30), rate=Decimal("1.1172"))

    with pytest.raises(UnlikelyRateError, match=r"30 Sept? 2026"):
        enter_rate(key=KEY, rate=Decimal(11), source="ECB", by=finance, today=TODAY)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_only_finance_and_administrators_enter_rates(role):
    with pytest.raises(PermissionRefusedError):
        enter_rate(key=KEY, rate=Decimal(1), source="ECB", by=UserFactory(role=role), today=TODAY)


def test_average_of_the_period_is_kept_with_what_it_is_made_of(finance):
    sell(fx_rule=FxRule.PERIOD_AVERAGE, reporting_period="quarter", month=5)
    for number, day in enumerate(business_days(dt.date(2026, 4, 1), HALF)):
        FxRateFactory(on=day, rate=Decimal("1.10") if number % 2 else Decimal("1.12"))
    (needed,) = needed_rates(finance, today=TODAY)

    entered = enter_average(needed=needed, by=finance, today=TODAY)

    days = len(business_days(dt.date(2026, 4, 1), HALF))
    assert entered.rate.source == f"average of {days} ECB reference rates"
    assert (entered.rate.on, entered.rate.kind, entered.statements) == (HALF, RateKind.PERIOD_AVERAGE, 1)
    assert states(finance) == [(needed.key, RateState.PRESENT)]


def test_average_is_refused_while_days_are_missing_and_for_periods_of_different_length(finance):
    sell(fx_rule=FxRule.PERIOD_AVERAGE)
    (needed,) = needed_rates(finance, today=TODAY)
    with pytest.raises(TooFewRatesError):
        enter_average(needed=needed, by=finance, today=TODAY)

    sell(fx_rule=FxRule.PERIOD_AVERAGE, reporting_period="quarter", month=5)
    (needed,) = needed_rates(finance, today=TODAY)
    with pytest.raises(DomainError, match="different length"):
        enter_average(needed=needed, by=finance, today=TODAY)


def test_invoice_without_a_rate_is_listed_and_filled_when_it_is_entered(finance):
    invoice = InvoiceFactory()
    key = RateKey("USD", "EUR", invoice.issued_on, RateKind.REFERENCE)
    assert states(finance) == [(key, RateState.MISSING)]

    entered = enter_rate(key=key, rate=Decimal("0.80"), source="ECB", by=finance, today=TODAY)

    invoice.refresh_from_db()
    assert (entered.statements, entered.invoices) == (0, 1)
    assert invoice.reporting_amount == invoice.amount * Decimal("0.80")
    assert states(finance) == []


def test_invoice_whose_rate_was_imported_since_waits_to_be_filled(finance):
    invoice = InvoiceFactory()
    FxRateFactory(on=invoice.issued_on, rate=Decimal("1.25"))
    rates = needed_rates(finance, today=TODAY)

    assert [needed.state for needed in rates] == [RateState.PRESENT]
    assert fill_receivables(invoices=waiting_invoices(rates), by=finance) == 1
    assert states(finance) == []


def test_payment_waits_for_its_own_rate_once_its_invoice_has_one(finance):
    invoice = InvoiceFactory()
    payment = PaymentFactory(licensor=invoice.licensor)
    Allocation.objects.create(
        invoice=invoice,
        kind=AllocationKind.PAYMENT,
        payment=payment,
        on=payment.received_on,
        amount=payment.amount,
        source_amount=payment.amount,
    )
    paid_key = RateKey("USD", "EUR", payment.received_on, RateKind.REFERENCE)
    assert [key for key, _state in states(finance)] == [paid_key._replace(on=invoice.issued_on), paid_key]

    FxRateFactory(on=payment.received_on)
    assert [key for key, _state in states(finance)] == [paid_key._replace(on=invoice.issued_on)]

    FxRateFactory(on=invoice.issued_on)
    assert fill_receivables(invoices=[invoice], by=finance) == 1
    assert states(finance) == []


@pytest.fixture
def index():
    return PriceIndex.objects.create(name="Producer prices", source="Destatis")


def escalated(index, **values):
    agreement = AgreementFactory(effective_on=dt.date(2024, 1, 1), **values)
    return RoyaltyTermFactory(
        agreement=agreement,
        effective_from=dt.date(2024, 1, 1),
        escalator=EscalatorKind.INDEX,
        index=index,
        index_base_year=2023,
        index_lag_years=1,
    )


def test_index_values_are_needed_for_the_base_and_each_contract_year(finance, index):
    term = escalated(index)
    PriceIndexValue.objects.create(index=index, year=2024, value=101)

    found = needed_values(finance, today=TODAY)

    assert [(value.year, value.terms, value.is_coming) for value in found] == [
        (2023, (term,), False),
        (2025, (term,), False),
    ]


def test_index_value_of_a_year_that_is_not_over_is_coming_up(finance, index):
    RoyaltyTermFactory._meta.model.objects.filter(pk=escalated(index).pk).update(index_lag_years=0)

    assert [(value.year, value.is_coming) for value in needed_values(finance, today=TODAY)] == [
        (2023, False),
        (2025, False),
        (2026, True),
    ]


def test_index_value_of_a_confidential_agreement_is_not_listed_for_outsiders(finance, index):
    hidden = escalated(index, deal=DealFactory(is_confidential=True))

    assert needed_values(finance, today=TODAY) == []
    assert len(needed_values(hidden.agreement.deal.owner, today=TODAY)) == 3


def test_index_value_is_asked_about_when_it_is_far_from_the_nearest_year(finance, index):
    PriceIndexValue.objects.create(index=index, year=2024, value=100)

    with pytest.raises(UnlikelyValueError, match="above the value of 2024, 100"):
        enter_value(index=index, year=2025, value=Decimal(1030), by=finance, today=TODAY)
    with pytest.raises(DomainError, match="not over"):
        enter_value(index=index, year=2026, value=Decimal(103), by=finance, today=TODAY)
    with pytest.raises(DomainError, match="already"):
        enter_value(index=index, year=2024, value=Decimal(103), by=finance, today=TODAY)
    with pytest.raises(PermissionRefusedError):
        enter_value(index=index, year=2025, value=Decimal(103), by=UserFactory(), today=TODAY)

    assert enter_value(index=index, year=2025, value=Decimal(103), by=finance, today=TODAY).value == 103
