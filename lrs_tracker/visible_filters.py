"""Filters by rows of other models: only those that exist for who asks can be named."""

from collections.abc import Callable
from typing import Any

from django.db import models


def visible_rows(model: type[models.Model]) -> Callable[[Any], models.QuerySet[Any]]:
    """Return what a filter's `queryset` takes: the rows that exist for the user of a request.

    Without a request, where the API is described, it is all of them.
    """

    def rows(request: Any) -> models.QuerySet[Any]:
        manager: Any = model._default_manager
        found: models.QuerySet[Any] = manager.order_by("pk")
        return found if request is None else manager.visible_to(request.user).order_by("pk")

    return rows
