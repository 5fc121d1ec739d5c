"""Filters of the directory of companies."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from companies.enums import CompanyKind
from companies.models import Company, Contact, SourcedFact
from companies.panels import panels
from lrs_tracker.countries import country_choices
from lrs_tracker.full_text import has_words
from lrs_tracker.visible_filters import visible_rows


class CompanyFilter(django_filters.FilterSet):
    """Text, kind, country, what other apps know (`has=deals`), and whether archived ones show."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
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

    def filter_text(self, companies: QuerySet[Company], name: str, value: str) -> QuerySet[Company]:
        """Keep the companies that have every word in their name or description."""
        return companies.filter(has_words(value, "name", "about"))

    def filter_having(self, companies: QuerySet[Company], name: str, value: str) -> QuerySet[Company]:
        """Keep the companies that have something of this kind, as far as the user may see it."""
        for panel in panels:
            if panel.key == value and panel.having is not None:
                return companies.filter(pk__in=panel.having(self.request.user))
        return companies

    def filter_archived(self, companies: QuerySet[Company], name: str, value: bool) -> QuerySet[Company]:
        """Show archived companies only, or none of them."""
        return companies.filter(archived_at__isnull=not value)


class ContactFilter(django_filters.FilterSet):
    """Text, company, and whether archived ones show."""

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), queryset=visible_rows(Company), distinct=False
    )
    archived = django_filters.BooleanFilter(label=_("Archived"), field_name="archived_at", method="filter_archived")

    class Meta:
        model = Contact
        fields: list[str] = []

    def search(self, contacts: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep the contacts that have every word in their name, address, job title or company."""
        return contacts.filter(has_words(value, "name", "email", "job_title", "company__name"))

    def filter_archived(self, contacts: QuerySet[Contact], name: str, value: bool) -> QuerySet[Contact]:
        """Show archived contacts only, or none of them."""
        return contacts.filter(archived_at__isnull=not value)


class FactFilter(django_filters.FilterSet):
    """Text and company of facts."""

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), queryset=visible_rows(Company), distinct=False
    )

    class Meta:
        model = SourcedFact
        fields: list[str] = []

    def search(self, facts: QuerySet[SourcedFact], name: str, value: str) -> QuerySet[SourcedFact]:
        """Keep the facts that have every word in their metric, value, source or note."""
        return facts.filter(has_words(value, "metric", "value", "source", "note"))


def _having_choices() -> list[tuple[str, Any]]:
    return [(panel.key, panel.filter_label) for panel in panels if panel.having is not None]
