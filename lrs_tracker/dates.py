"""The range of dates this application works with."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

EARLIEST_DATE = dt.date(1950, 1, 1)
LATEST_DATE = dt.date(2099, 12, 31)


def validate_plausible_date(value: dt.date) -> None:
    """Raise ValidationError for a date outside 1950-2099, which is a typing or parsing slip."""
    if not EARLIEST_DATE <= value <= LATEST_DATE:
        raise ValidationError(
            _("%(date)s is not a plausible date: use one from 1950 to 2099."),
            code="implausible_date",
            params={"date": value.isoformat()},
        )


def plausible_dates(*fields: str) -> models.Q:
    """Return the check-constraint condition that each named date is null or within the range."""
    condition = models.Q()
    for field in fields:
        condition &= models.Q(**{f"{field}__isnull": True}) | models.Q(
            **{f"{field}__gte": EARLIEST_DATE, f"{field}__lte": LATEST_DATE}
        )
    return condition
