"""How numbers become JSON: exactly."""

from decimal import Decimal

import pytest

from lrs_tracker.api.reading import Reader, money, number, objects
from royalties.models import Agreement, Fee, RoyaltyTerm, Tier
from tests.royalties.factories import AgreementFactory, FeeFactory, RoyaltyTermFactory


@pytest.mark.django_db
def test_numbers_of_small_objects_are_not_rounded():
    agreement = AgreementFactory(currency="KWD")
    FeeFactory(agreement=agreement, amount=Decimal("999999999999999.125"))
    RoyaltyTermFactory(agreement=agreement, tiers=[("99999999999999.123", "123456.12345678"), (None, "0")])
    fees = objects(Fee.objects.all(), of="agreement_id", members={"amount": money("amount", "agreement__currency")})
    tiers = objects(Tier.objects.all(), of="term_id", members={"up_to": number("up_to"), "rate": number("rate")})

    assert Reader({"fees": fees}).read(Agreement.objects.all())[0] == [
        {"fees": [{"amount": {"amount": "999999999999999.125", "currency": "KWD"}}]}
    ]
    assert Reader({"tiers": tiers}).read(RoyaltyTerm.objects.all())[0] == [
        {
            "tiers": [
                {"up_to": "99999999999999.123", "rate": "123456.12345678"},
                {"up_to": None, "rate": "0.00000000"},
            ]
        }
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("16000000.000", "USD", "16000000.00"),
        ("4898100.000", "JPY", "4898100"),
        ("12.50", "KWD", "12.500"),
        ("-0.005", "USD", "-0.005"),
        ("1E+3", "EUR", "1000.00"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(amount, currency, shown):
    convert = money("amount", "currency").convert
    assert convert(Decimal(amount), currency) == {"amount": shown, "currency": currency}
