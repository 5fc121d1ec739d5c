"""ISO 3166 country codes."""

from functools import cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _


@cache
def country_names(language: str) -> dict[str, str]:
    """Return the names of all countries in a language by their two-letter code (CLDR)."""
    territories = Locale.parse(to_locale(language)).territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha() and code != "ZZ"}


def country_name(code: str) -> str:
    """Return the name of a country in the reader's language, or the code when it has none."""
    return country_names(get_language() or "en").get(code, code)


def validate_country(value: str) -> None:
    """Raise ValidationError unless `value` is an ISO 3166 two-letter code in capitals."""
    if value not in country_names("en"):
        raise ValidationError(
            _("“%(code)s” is not a country code. Use two letters such as US, DE or CN."),
            code="unknown_country",
            params={"code": value[:10]},
        )


def country_choices() -> list[tuple[str, str]]:
    """Return the choices of a country field in the reader's language: code and name, by name."""
    names = country_names(get_language() or "en")
    return [("", "–"), *sorted(names.items(), key=lambda choice: choice[1])]
