"""Keeping exchange rates by hand and from a published file."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TextIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from money.domain.ecb import import_ecb_rates
from money.models import FxRate

_FILE_RULES = {
    "money_fxrate_date_plausible": (_("The file has a date outside 1950-2099."), "file"),
    "money_fxrate_rate_positive": (_("The file has a rate that is zero or too small."), "file"),
    "money_fxrate_two_currencies": (_("The file has a column for the euro against itself."), "file"),
    "money_fxrate_unique": (_("The file has two rates of one currency for the same date."), "file"),
}
_RULES = {
    "money_fxrate_two_currencies": (_("A rate is of two different currencies."), "quote"),
    "money_fxrate_rate_positive": (_("A rate is above zero."), "rate"),
}


@transaction.atomic
def add_rate(*, values: Mapping[str, Any], by: User) -> FxRate:
    """Add a rate. Raise DomainError when the pair has one of this kind on its date."""
    require_permission(by, "money.add_fxrate")
    rate = FxRate(**values)
    with constraints_in_words(FxRate, _RULES):
        rate.save()
    return rate


@transaction.atomic
def change_rate(*, rate: FxRate, values: Mapping[str, Any], expected_version: int | None = None, by: User) -> FxRate:
    """Correct a rate. Raise DomainError for a taken date, StaleVersionError for an older version."""
    require_permission(by, "money.change_fxrate")
    rate = lock_row(rate, expected_version=expected_version)
    with constraints_in_words(FxRate, _RULES):
        return write_changes(rate, values)


@transaction.atomic
def import_rates(*, file: TextIO, since: dt.date, by: User) -> int:
    """Take in the ECB's reference rates from a date on and return how many were new or different.

    Nothing is stored when a row cannot be read. Raise DomainError naming the row.
    """
    require_permission(by, "money.add_fxrate")
    require_permission(by, "money.change_fxrate")
    with constraints_in_words(FxRate, _FILE_RULES):
        return import_ecb_rates(file, since=since)
