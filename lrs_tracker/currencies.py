"""ISO 4217 currency codes."""

from functools import cache

from babel.core import get_global
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def currency_codes() -> frozenset[str]:
    """Return every ISO 4217 code that is, or was, legal tender somewhere (CLDR's list)."""
    return frozenset(get_global("all_currencies"))


def validate_currency(value: str) -> None:
    """Raise ValidationError unless `value` is an ISO 4217 code in capitals."""
    if value not in currency_codes():
        raise ValidationError(
            _("“%(code)s” is not a currency code. Use one such as USD, EUR or CNY."),
            code="unknown_currency",
            params={"code": value[:10]},
        )
