"""Filters of the forecast's deals."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from deals.enums import CLOSED_TYPES, StageType
from deals.filters import DealFilter
from deals.models import Deal
from deals.models.deals import DealQuerySet
from deals.urls.converters import DealCodeConverter

OPEN_STAGE_TYPES = [(value, label) for value, label in StageType.choices if value not in CLOSED_TYPES]


class ForecastFilter(DealFilter):
    """The filters of the table of deals, the type of the stage, and one deal by its code."""

    type = django_filters.ChoiceFilter(label=_("Stage type"), field_name="stage__type", choices=OPEN_STAGE_TYPES)
    deal = django_filters.CharFilter(label=_("Deal"), method="keep_deal", max_length=20)

    @property
    def deals(self) -> DealQuerySet:
        """The deals that match, as deals are queried."""
        return cast(DealQuerySet, self.qs)

    def keep_deal(self, deals: Any, name: str, value: str) -> QuerySet[Deal]:
        """Keep the deal that has a code; none for a code that no deal has."""
        try:
            return deals.filter(pk=DealCodeConverter().to_python(value))
        except ValueError:
            return deals.none()
