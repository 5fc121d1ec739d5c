"""Filters of the ledger."""

import re

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reminders.enums import ReminderStatus
from reminders.models import Reminder, ReminderRule
from reminders.models.reminders import ReminderQuerySet

# The code of a deal, or its number alone.
_CODE = re.compile(r"(?:LRS-)?([0-9]{1,18})", re.IGNORECASE)


class LedgerFilter(django_filters.FilterSet):
    """Person (name or e-mail address), deal (code), day told or to be told, status and rule."""

    person = django_filters.CharFilter(label=_("Person"), method="filter_person", max_length=200)
    deal = django_filters.CharFilter(label=_("Deal"), method="filter_deal", max_length=30)
    day = django_filters.DateFilter(
        label=_("Day"), field_name="on_at", lookup_expr="date", widget=forms.DateInput({"type": "date"})
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=ReminderStatus.choices)
    rule = django_filters.ModelChoiceFilter(label=_("Rule"), queryset=ReminderRule.objects.order_by("name", "pk"))

    class Meta:
        model = Reminder
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_person(self, reminders: ReminderQuerySet, name: str, value: str) -> ReminderQuerySet:
        """Keep what is for a person, or was told to them standing in."""
        return reminders.filter(
            Q(recipient__name__icontains=value)
            | Q(recipient__email__icontains=value)
            | Q(told_to__name__icontains=value)
            | Q(told_to__email__icontains=value)
            | Q(contact__name__icontains=value)
            | Q(contact__email__icontains=value)
        )

    def filter_deal(self, reminders: ReminderQuerySet, name: str, value: str) -> ReminderQuerySet:
        """Keep what is about a deal; nothing, for what is no code."""
        code = _CODE.fullmatch(value.strip())
        return reminders.filter(deal_id=int(code[1])) if code else reminders.none()
