"""ISO 4217 currency codes."""

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


@cache
def currency_codes() -> frozenset[str]:
    """Return every ISO 4217 code that is, or was, legal tender somewhere (CLDR's list)."""
    return frozenset(get_global("all_currencies"))


@cache
def _tender_today() -> list[str]:
    uses = (use for territory in get_global("territory_currencies").values() for use in territory)
    return sorted({code for code, _since, until, is_tender in uses if until is None and is_tender})


def currency_choices() -> list[tuple[str, str]]:
    """Return today's currencies with their names in the reader's language, in order of their codes."""
    locale = (get_language() or "en").replace("-", "_")
    return [(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in _tender_today()]


def validate_currency(value: str) -> None:
    """Raise ValidationError unless `value` is an ISO 4217 code in capitals."""
    if value not in currency_codes():
        raise ValidationError(
            _("“%(code)s” is not a currency code. Use one such as USD, EUR or CNY."),
            code="unknown_currency",
            params={"code": value[:10]},
        )
