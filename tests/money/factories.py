"""Exchange rates for tests."""

import datetime as dt
from decimal import Decimal

import factory

from money.models import FxRate


class FxRateFactory(factory.django.DjangoModelFactory):
    """The ECB's rate of the dollar on a Friday."""

    class Meta:
        model = FxRate

    base = "EUR"
    quote = "USD"
    on = dt.date(2026, 10, 30)
    rate = Decimal("1.1172")
    source = "ECB"
