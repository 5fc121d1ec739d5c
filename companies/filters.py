"""Filters of the directory of companies."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from companies.enums import CompanyKind
from companies.models import Company, Contact, SourcedFact
from companies.panels import panels
from lrs_tracker.countries import country_choices
from lrs_tracker.visible_filters import visible_rows


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


class ContactFilter(django_filters.FilterSet):
    """Text, company, and whether archived ones show."""

    q = django_filters.CharFilter(label=_("Name or e-mail address"), method="search", max_length=200)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), queryset=visible_rows(Company), distinct=False
    )
    archived = django_filters.BooleanFilter(label=_("Archived"), field_name="archived_at", method="filter_archived")

    class Meta:
        model = Contact
        fields: list[str] = []

    def search(self, contacts: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep the contacts whose name or address contains the text."""
        return contacts.filter(Q(name__icontains=value) | Q(email__icontains=value))

    def filter_archived(self, contacts: QuerySet[Contact], name: str, value: bool) -> QuerySet[Contact]:
        """Show archived contacts only, or none of them."""
        return contacts.filter(archived_at__isnull=not value)


class FactFilter(django_filters.FilterSet):
    """Text and company of facts."""

    q = django_filters.CharFilter(label=_("Metric, value or source"), method="search", max_length=200)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), queryset=visible_rows(Company), distinct=False
    )

    class Meta:
        model = SourcedFact
        fields: list[str] = []

    def search(self, facts: QuerySet[SourcedFact], name: str, value: str) -> QuerySet[SourcedFact]:
        """Keep the facts whose metric, value or source contains the text."""
        return facts.filter(
            Q(metric__icontains=value)
            | Q(value__icontains=value)
            | Q(source__icontains=value)
            | Q(note__icontains=value)
        )


def _having_choices() -> list[tuple[str, Any]]:
    return [(panel.key, panel.filter_label) for panel in panels if panel.having is not None]
