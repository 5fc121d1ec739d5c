"""Values as plain texts, so that what two systems write differently compares as equal.

Numbers are `1200.5`, dates `2027-01-31`, websites `example.com/path`, countries two letters; nothing is empty.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from crm.enums import FieldKind
from lrs_tracker.countries import country_names
from lrs_tracker.problems import DomainError

_MILLISECONDS = 1000


def plain(value: Any, kind: FieldKind) -> str:
    """Return a value of either side as its plain text. Raise DomainError for one that is none of its kind."""
    if value is None:
        return ""
    text = str(value).replace("\r\n", "\n").replace("\0", "").strip()
    return _PLAIN[kind](text) if text else ""


def theirs(text: str, kind: FieldKind) -> str:
    """Return a plain text as people write it there: a country by its name."""
    return country_names("en").get(text, text) if kind == FieldKind.COUNTRY else text


def ours(text: str, kind: FieldKind) -> Any:
    """Return a plain text as a field of ours takes it."""
    if kind == FieldKind.NUMBER:
        return Decimal(text) if text else None
    if kind == FieldKind.DATE:
        return dt.date.fromisoformat(text) if text else None
    return f"https://{text}" if kind == FieldKind.WEBSITE and text else text


def domain_of(website: str) -> str:
    """Return the host of a plain website."""
    return website.split("/")[0].split(":")[0]


def _plain_number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise DomainError(_("“%(text)s” is not a number.") % {"text": text[:40]})
    return f"{number.normalize():f}"


def _plain_date(text: str) -> str:
    try:
        if text.isdecimal() and len(text) > 8:
            return dt.datetime.fromtimestamp(int(text) / _MILLISECONDS, dt.UTC).date().isoformat()
        moment = dt.datetime.fromisoformat(text)
        return (moment.astimezone(dt.UTC) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise DomainError(_("“%(text)s” is not a date.") % {"text": text[:40]}) from None


def _plain_website(text: str) -> str:
    address = text.split("://", 1)[-1].rstrip("/")
    host, slash, path = address.partition("/")
    return host.lower().removeprefix("www.") + slash + path


def _plain_country(text: str) -> str:
    code = text.upper() if len(text) == 2 else _codes().get(text.casefold(), "")
    if code not in country_names("en"):
        raise DomainError(_("“%(text)s” is not a country that is known here.") % {"text": text[:40]})
    return code


@cache
def _codes() -> dict[str, str]:
    names = {name.casefold(): code for code, name in country_names("en").items()}
    # As CRMs and people call them.
    return names | {"united states of america": "US", "usa": "US", "great britain": "GB", "korea, republic of": "KR"}


_PLAIN: dict[FieldKind, Callable[[str], str]] = {
    FieldKind.TEXT: str,
    FieldKind.NUMBER: _plain_number,
    FieldKind.DATE: _plain_date,
    FieldKind.WEBSITE: _plain_website,
    FieldKind.COUNTRY: _plain_country,
}
