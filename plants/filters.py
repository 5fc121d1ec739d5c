"""Filters of plants and their milestones."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from companies.enums import Region
from companies.models import Company
from lrs_tracker.full_text import has_words
from lrs_tracker.visible_filters import visible_rows
from plants.enums import Chemistry, MilestoneKind, PlantStatus
from plants.models import Plant, PlantMilestone
from plants.panels import panels


class PlantFilter(django_filters.FilterSet):
    """Text, status, region, chemistry, company, what other apps know (`has=deals`), archived."""

    q = django_filters.CharFilter(label=_("Text"), method="filter_text", max_length=200)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PlantStatus.choices)
    region = django_filters.ChoiceFilter(label=_("Region"), choices=Region.choices)
    chemistry = django_filters.ChoiceFilter(label=_("Chemistry"), choices=Chemistry.choices)
    company = django_filters.ModelChoiceFilter(label=_("Company"), queryset=visible_rows(Company))
    has = django_filters.ChoiceFilter(
        label=_("With"),
        choices=lambda: [(panel.key, panel.filter_label) for panel in panels if panel.having],
        method="filter_having",
    )
    archived = django_filters.BooleanFilter(
        label=_("Archived"), method="filter_archived", widget=forms.CheckboxInput, initial=False
    )

    class Meta:
        model = Plant
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "", False) for value in self.form.cleaned_data.values())

    def filter_text(self, plants: QuerySet[Plant], name: str, value: str) -> QuerySet[Plant]:
        """Keep the plants that have every word in their name, place, company or description."""
        return plants.filter(has_words(value, "name", "locality", "company__name", "about"))

    def filter_having(self, plants: QuerySet[Plant], name: str, value: str) -> QuerySet[Plant]:
        """Keep the plants that have something of this kind, as far as the user may see it."""
        for panel in panels:
            if panel.key == value and panel.having is not None:
                return plants.filter(pk__in=panel.having(self.request.user))
        return plants

    def filter_archived(self, plants: QuerySet[Plant], name: str, value: bool) -> QuerySet[Plant]:
        """Show archived plants only, or none of them."""
        return plants.filter(archived_at__isnull=not value)


class PlantMilestoneFilter(django_filters.FilterSet):
    """Text, plant, its company, kind, and whether it was reached."""

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    plant = django_filters.ModelMultipleChoiceFilter(label=_("Plant"), queryset=visible_rows(Plant), distinct=False)
    company = django_filters.ModelMultipleChoiceFilter(
        label=_("Company"), field_name="plant__company", queryset=visible_rows(Company), distinct=False
    )
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=MilestoneKind.choices, distinct=False)
    reached = django_filters.BooleanFilter(
        label=_("Reached"), field_name="actual_on", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = PlantMilestone
        fields: list[str] = []

    def search(self, milestones: QuerySet[PlantMilestone], name: str, value: str) -> QuerySet[PlantMilestone]:
        """Keep the milestones that have every word in their plant's name or their note."""
        return milestones.filter(has_words(value, "plant__name", "note"))
