"""ISO 4217 currency codes."""

from collections.abc import Iterator
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_precision
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


@cache
def currency_codes() -> frozenset[str]:
    """Return every ISO 4217 code that is, or was, legal tender somewhere (CLDR's list).

    Codes of metals, of units of account, for tests and for no currency (XAU, XDR, XTS, XXX) are none.
    """
    return frozenset(code for code, _until in _tender())


@cache
def _tender_today() -> list[str]:
    return sorted({code for code, until in _tender() if until is None})


def _tender() -> Iterator[tuple[str, object]]:
    """Return each code with the end of its use in a territory, None where it is used today."""
    for uses in get_global("territory_currencies").values():
        yield from ((code, until) for code, _since, until, is_tender in uses if is_tender)


def currency_choices() -> list[tuple[str, str]]:
    """Return today's currencies with their names in the reader's language, in order of their codes."""
    locale = (get_language() or "en").replace("-", "_")
    return [(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in _tender_today()]


@cache
def unusual_decimals() -> dict[str, int]:
    """Return the decimals of the currencies that have other than two."""
    decimals = {code: get_currency_precision(code) for code in sorted(currency_codes())}
    return {code: count for code, count in decimals.items() if count != 2}


def validate_currency(value: str) -> None:
    """Raise ValidationError unless `value` is an ISO 4217 code in capitals."""
    if value not in currency_codes():
        raise ValidationError(
            _("“%(code)s” is not a currency code. Use one such as USD, EUR or CNY."),
            code="unknown_currency",
            params={"code": value[:10]},
        )
