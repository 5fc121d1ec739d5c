"""Entering the values of price indices."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import require_permission
from lrs_tracker.formats import format_number, format_percent
from lrs_tracker.problems import DomainError
from money.domain.plausibility import MOST_PERCENT
from royalties.models import PriceIndex, PriceIndexValue

_RULES = {
    "royalties_priceindexvalue_year_unique": (later("The index has a value for this year already."), "value"),
    "royalties_priceindexvalue_positive": (later("A value is above zero."), "value"),
}


class UnlikelyValueError(DomainError):
    """Ask whether a value is right that is far from the index's nearest year."""

    code = "unlikely-value"


@transaction.atomic
def enter_value(
    *, index: PriceIndex, year: int, value: Decimal, is_confirmed: bool = False, by: User, today: dt.date
) -> PriceIndexValue:
    """Keep the value of an index for a year.

    Raise UnlikelyValueError for one far from that of the nearest year, unless it is confirmed, and DomainError
    for a year that is not over or has a value.
    """
    require_permission(by, "royalties.add_priceindexvalue")
    if year >= today.year:
        raise DomainError(_("%(year)s is not over: its value is not known yet.") % {"year": year})
    if not is_confirmed:
        _require_plausible(index, year, value)
    row = PriceIndexValue(index=index, year=year, value=value)
    with constraints_in_words(PriceIndexValue, _RULES):
        row.save()
    return row


def _require_plausible(index: PriceIndex, year: int, value: Decimal) -> None:
    rows = PriceIndexValue.objects.filter(index=index)
    nearest = min(rows, key=lambda row: (abs(row.year - year), row.year), default=None)
    if nearest is None:
        return
    percent = value * 100 / nearest.value - 100
    if abs(percent) > MOST_PERCENT:
        words = {
            "percent": format_percent(abs(percent).quantize(Decimal(1))),
            "value": format_number(nearest.value, pattern="#,##0.####"),
            "year": nearest.year,
        }
        text = _("That is %(percent)s above the value of %(year)s, %(value)s.")
        if percent < 0:
            text = _("That is %(percent)s below the value of %(year)s, %(value)s.")
        raise UnlikelyValueError(text % words, field="value")
