"""The filters of deals, shared by board, table, export and API."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.enums import Region
from companies.models import Company
from deals.models import Deal, Pipeline, Stage
from plants.enums import Chemistry

_CODE = re.compile(r"(?:LRS-)?0*([0-9]{1,9})", re.IGNORECASE)
YES = [("1", _("Yes"))]
YES_OR_NO = [("1", _("Yes")), ("0", _("No"))]


def _all_of(model: type[models.Model]) -> models.QuerySet[Any]:
    return model._default_manager.order_by("pk")


class DealFilter(django_filters.FilterSet):
    """Narrow a queryset of deals by the parameters of an address.

    A value that is not known matches nothing, and `problems` says why. Parameters that are not filters
    (such as `sort` or `page`) are left alone.
    """

    q = django_filters.CharFilter(label=_("Text"), method="search", max_length=200)
    owner = django_filters.ModelMultipleChoiceFilter(
        label=_("Owner"), queryset=_all_of(User), null_label=_("Nobody"), distinct=False
    )
    region = django_filters.MultipleChoiceFilter(label=_("Region"), choices=Region.choices, distinct=False)
    chemistry = django_filters.MultipleChoiceFilter(label=_("Chemistry"), choices=Chemistry.choices, distinct=False)
    company = django_filters.ModelMultipleChoiceFilter(label=_("Company"), queryset=_all_of(Company), distinct=False)
    pipeline = django_filters.ModelChoiceFilter(
        label=_("Pipeline"), field_name="stage__pipeline", queryset=_all_of(Pipeline), to_field_name="slug"
    )
    stage = django_filters.ModelMultipleChoiceFilter(label=_("Stage"), queryset=_all_of(Stage), distinct=False)
    mine = django_filters.ChoiceFilter(label=_("Mine and my team's"), choices=YES, method="keep_mine")
    stuck = django_filters.ChoiceFilter(label=_("Stuck"), choices=YES, method="keep_stuck")
    confidential = django_filters.ChoiceFilter(label=_("Confidential"), choices=YES_OR_NO, method="keep_confidential")

    class Meta:
        model = Deal
        fields: list[str] = []

    def __init__(self, params: Mapping[str, Any], *, deals: models.QuerySet[Deal], user: User, at: dt.datetime) -> None:
        """Filter `deals` by `params` (a QueryDict) as seen by `user` at an instant."""
        super().__init__(params, queryset=deals)
        self.user = user
        self.at = at

    @property
    def active(self) -> list[str]:
        """The names of the filters that the address sets."""
        return [name for name in self.filters if self.data.get(name, "") != ""]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the values, one sentence each."""
        if not self.active:
            return []
        return [f"{self.filters[name].label}: {error}" for name, found in self.errors.items() for error in found]

    @property
    def qs(self) -> models.QuerySet[Deal]:
        """The deals that match; none when a value is not known."""
        if not hasattr(self, "_qs"):
            if not self.active:
                self._qs = self.queryset
            else:
                self._qs = self.queryset.none() if self.errors else self.filter_queryset(self.queryset)
        return self._qs

    def search(self, deals: models.QuerySet[Deal], name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals whose title or company contains the text, or whose code it is."""
        text = value.strip()
        companies = Company.objects.filter(name__icontains=text).order_by().values("pk")
        condition = models.Q(title__icontains=text) | models.Q(company__in=companies)
        if code := _CODE.fullmatch(text):
            condition |= models.Q(pk=int(code[1]))
        return deals.filter(condition) if text else deals

    def keep_mine(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that the user owns or works on."""
        return deals.mine(self.user)

    def keep_stuck(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that are longer in their stage than its rot days."""
        return deals.stuck_at(self.at)

    def keep_confidential(self, deals: Any, name: str, value: str) -> models.QuerySet[Deal]:
        """Keep the deals that are confidential, or those that are not."""
        return deals.filter(is_confidential=value == "1")
