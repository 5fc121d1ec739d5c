import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"rate": Decimal(0)}, "rate_positive"),
        ({"rate": Decimal(-1)}, "rate_positive"),
        ({"quote": "EUR"}, "two_currencies"),
        ({"quote": "usd"}, "currency_codes"),
        ({"kind": "guess"}, "kind_known"),
        ({"on": dt.date(1900, 1, 1)}, "date_plausible"),
        ({"on": dt.date(2100, 1, 1)}, "date_plausible"),
    ],
)
def test_rate_constraint_holds_in_the_database(values, constraint):
    with pytest.raises(IntegrityError, match=f"money_fxrate_{constraint}"), transaction.atomic():
        FxRateFactory(**values)


def test_rate_is_unique_by_pair_kind_and_date():
    FxRateFactory()
    with pytest.raises(IntegrityError, match="money_fxrate_unique"), transaction.atomic():
        FxRateFactory(source="Somebody else")


@pytest.mark.parametrize("code", ["XYZ", "usd", "", "US"])
def test_unknown_currency_is_refused_in_words(code):
    with pytest.raises(ValidationError) as refused:
        FxRateFactory.build(base=code).full_clean()
    assert "base" in refused.value.error_dict
