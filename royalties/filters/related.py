"""Filters by what rows belong to: only by what exists for the reader."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from deals.models import Deal
from lrs_tracker.problems import Text
from plants.models import Plant
from royalties.models import Agreement


def rows_for_reader(model: type[models.Model]) -> Callable[[Any], models.QuerySet[Any]]:
    """Return what gives the rows that exist for the user of a request; all of them where there is no request."""

    def rows(request: Any) -> models.QuerySet[Any]:
        manager: Any = model._default_manager
        found: models.QuerySet[Any] = manager.order_by("pk")
        # Without a request only the description of the parameter is written.
        return found if request is None else manager.visible_to(request.user).order_by("pk")

    return rows


def _by(model: type[models.Model], label: Text, field_name: str | None) -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(label=label, field_name=field_name, queryset=rows_for_reader(model))


def by_agreement(field_name: str = "agreement") -> django_filters.ModelChoiceFilter:
    """Return the filter by agreement."""
    return _by(Agreement, _("Agreement"), field_name)


def by_deal(field_name: str = "agreement__deal") -> django_filters.ModelChoiceFilter:
    """Return the filter by deal."""
    return _by(Deal, _("Deal"), field_name)


def by_licensee(field_name: str = "agreement__licensee") -> django_filters.ModelChoiceFilter:
    """Return the filter by licensee."""
    return _by(Company, _("Licensee"), field_name)


def by_plant(field_name: str) -> django_filters.ModelChoiceFilter:
    """Return the filter by plant."""
    return _by(Plant, _("Plant"), field_name)


def since(field_name: str) -> django_filters.DateFilter:
    """Return the filter by the first day of a period."""
    return django_filters.DateFilter(label=_("From"), field_name=field_name, lookup_expr="gte")


def until(field_name: str) -> django_filters.DateFilter:
    """Return the filter by the last day of a period."""
    return django_filters.DateFilter(label=_("To"), field_name=field_name, lookup_expr="lte")
