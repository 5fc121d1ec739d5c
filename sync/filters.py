"""Filters of the log of a webhook."""

import django_filters
from django.utils.translation import gettext_lazy as _

from sync.domain.webhook_resources import resource_choices
from sync.enums import DeliveryStatus
from sync.models import WebhookDelivery
from sync.models.webhooks import WebhookDeliveryQuerySet

_LONGEST_ID = 18


class DeliveryFilter(django_filters.FilterSet):
    """Status, resource and the id of an object."""

    status = django_filters.ChoiceFilter(label=_("State"), choices=DeliveryStatus.choices)
    resource = django_filters.ChoiceFilter(label=_("Resource"), choices=resource_choices)
    object = django_filters.CharFilter(label=_("Id"), method="filter_object", max_length=20)

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any(value not in (None, "") for value in self.form.cleaned_data.values())

    def filter_object(self, deliveries: WebhookDeliveryQuerySet, name: str, value: str) -> WebhookDeliveryQuerySet:
        """Keep what is of objects with an id; nothing, for what is none."""
        text = value.strip()
        is_id = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID
        return deliveries.filter(object_id=int(text)) if is_id else deliveries.none()
