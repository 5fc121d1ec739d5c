"""Filters by currency: a code that is none is refused, where a page would find nothing."""

import re
from typing import Any

import django_filters

from lrs_tracker.api.reading import Schema
from lrs_tracker.currencies import validate_currency

_CODE = re.compile(r"[A-Za-z]{3}")


def validate_code(text: str) -> None:
    """Raise ValidationError unless a text is the code of a currency, in capitals or not."""
    validate_currency(text.upper() if _CODE.fullmatch(text) else text)


class CurrencyFilter(django_filters.CharFilter):
    """The rows in a currency."""

    schema: Schema = {"type": "string", "pattern": "^[A-Za-z]{3}$", "examples": ["USD"]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lookup_expr="iexact", strip=False, validators=[validate_code], **kwargs)
