"""Filters of the exchange rates."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from money.enums import RateKind
from money.models import FxRate


class FxRateFilter(django_filters.FilterSet):
    """Pair (`EUR/USD`), kind, and a range of dates."""

    pair = django_filters.CharFilter(label=_("Pair"), method="filter_pair", max_length=7)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=RateKind.choices)
    since = django_filters.DateFilter(
        label=_("From"), field_name="on", lookup_expr="gte", widget=forms.DateInput({"type": "date"})
    )
    until = django_filters.DateFilter(
        label=_("To"), field_name="on", lookup_expr="lte", widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = FxRate
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_pair(self, rates: QuerySet[FxRate], name: str, value: str) -> QuerySet[FxRate]:
        """Keep the rates of a pair."""
        base, _slash, quote = value.upper().partition("/")
        return rates.filter(base=base, quote=quote)
