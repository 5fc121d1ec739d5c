"""Filters of the directory of companies."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from companies.enums import CompanyKind
from companies.models import Company
from companies.panels import panels
from lrs_tracker.countries import country_choices


class CompanyFilter(django_filters.FilterSet):
    """Text, kind, country, what other apps know (`has=deals`), and whether archived ones show."""

    q = django_filters.CharFilter(label=_("Name"), field_name="name", lookup_expr="icontains", max_length=200)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=CompanyKind.choices)
    country = django_filters.ChoiceFilter(label=_("Country"), choices=country_choices)
    has = django_filters.ChoiceFilter(label=_("With"), choices=lambda: _having_choices(), method="filter_having")
    archived = django_filters.BooleanFilter(
        label=_("Archived"), method="filter_archived", widget=forms.CheckboxInput, initial=False
    )

    class Meta:
        model = Company
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "", False) for value in self.form.cleaned_data.values())

    def filter_having(self, companies: QuerySet[Company], name: str, value: str) -> QuerySet[Company]:
        """Keep the companies that a panel's app knows something of, as far as the user may see it."""
        for panel in panels:
            if panel.key == value and panel.having is not None:
                return companies.filter(pk__in=panel.having(self.request.user))
        return companies

    def filter_archived(self, companies: QuerySet[Company], name: str, value: bool) -> QuerySet[Company]:
        """Show archived companies only, or none of them."""
        return companies.filter(archived_at__isnull=not value)


def _having_choices() -> list[tuple[str, Any]]:
    return [(panel.key, panel.filter_label) for panel in panels if panel.having is not None]
