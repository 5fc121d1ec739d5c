"""Filters of the log of a run."""

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.enums import Outcome, Resource, Way
from crm.models import SyncRecord


class LogFilter(django_filters.FilterSet):
    """Text in the record's name, its ids or the note; kind, outcome, direction, and conflicts alone."""

    q = django_filters.CharFilter(label=_("Record"), method="search", max_length=200)
    resource = django_filters.ChoiceFilter(label=_("Kind"), choices=Resource.choices)
    outcome = django_filters.ChoiceFilter(label=_("Outcome"), choices=Outcome.choices)
    way = django_filters.ChoiceFilter(label=_("Direction"), choices=Way.choices)
    conflicts = django_filters.ChoiceFilter(
        label=_("Conflicts"), choices=[("1", _("With conflicts"))], method="keep_conflicts"
    )

    class Meta:
        model = SyncRecord
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def search(self, records: models.QuerySet[SyncRecord], name: str, value: str) -> models.QuerySet[SyncRecord]:
        """Keep what has a text in its name, its id there or its note."""
        return records.filter(
            models.Q(label__icontains=value) | models.Q(external_id=value) | models.Q(note__icontains=value)
        )

    def keep_conflicts(
        self, records: models.QuerySet[SyncRecord], name: str, value: str
    ) -> models.QuerySet[SyncRecord]:
        """Keep what had conflicts."""
        return records.exclude(conflicts=[])
