"""Exchange rates as a resource."""

import re
from decimal import Decimal
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lrs_tracker.api.currency_filters import CurrencyFilter, validate_code
from lrs_tracker.api.reading import CURRENCY, Member, Schema, choice, date, number, text
from lrs_tracker.api.resources import Resource, register, versioned
from lrs_tracker.api.writing import ExactNumber, Writer
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.full_text import every_word
from money.domain.rates import add_rate, change_rate
from money.enums import RateKind
from money.filters import FxRateFilter
from money.models import FxRate

_PAIR = re.compile(r"[A-Za-z]{3}/[A-Za-z]{3}")
_SMALLEST = Decimal("0.0000000001")


def _validate_pair(text: str) -> None:
    if not _PAIR.fullmatch(text):
        raise ValidationError(_("Give two currencies, such as EUR/USD."), code="invalid")
    for code in text.split("/"):
        validate_code(code)


class _PairFilter(django_filters.CharFilter):
    """The rates between two currencies, in one direction."""

    schema: Schema = {"type": "string", "pattern": "^[A-Za-z]{3}/[A-Za-z]{3}$", "examples": ["EUR/USD"]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, validators=[_validate_pair], **kwargs)


def _is_about(word: str) -> Q:
    return Q(source__icontains=word) | Q(base__iexact=word) | Q(quote__iexact=word)


class FxRatesFilter(FxRateFilter):
    """Those of the page, by text and by either currency, and a period."""

    # The page's names of the period.
    since = until = None
    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=80)
    pair = _PairFilter(label=_("Pair"), method="filter_pair")
    base = CurrencyFilter(label=_("One unit of"))
    quote = CurrencyFilter(label=_("Buys units of"))
    period_from = django_filters.DateFilter(label=_("From"), field_name="on", lookup_expr="gte")
    period_to = django_filters.DateFilter(label=_("To"), field_name="on", lookup_expr="lte")

    class Meta:
        model = FxRate
        fields: list[str] = []

    def filter_text(self, rates: QuerySet[FxRate], name: str, value: str) -> QuerySet[FxRate]:
        """Keep the rates of which every word is a currency or in the source."""
        return rates.filter(every_word(value, _is_about))


class FxRateWriter(Writer):
    """A published rate."""

    rate = ExactNumber(max_digits=20, decimal_places=10, min_value=_SMALLEST)

    class Meta:
        model = FxRate
        fields = ["base", "quote", "on", "kind", "rate", "source"]


@register
class FxRates(Resource):
    """Exchange rates."""

    name = "fx-rates"
    singular = "fx-rate"
    title = "Exchange rates"
    description = "How many units of `quote` one unit of `base` buys on a date; one rate of a kind for each date."
    model = FxRate
    members = versioned(
        {
            "base": Member(("base",), CURRENCY),
            "quote": Member(("quote",), CURRENCY),
            "on": date("on"),
            "kind": choice("kind", RateKind),
            "rate": number("rate"),
            "source": text("source"),
        }
    )
    filters = FxRatesFilter
    orders = {"on": "on"}
    creator = FxRateWriter
    changer = FxRateWriter
    domain = DomainFunctions(create=add_rate, change=change_rate)
