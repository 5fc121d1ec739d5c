"""How values are written in bodies and parameters: each in the one way that the description names."""

import datetime as dt
import re
from typing import Any

from lrs_tracker.api.reading import DECIMAL

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# RFC 3339, as “date-time” of JSON Schema means it.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_NUMBER = re.compile(DECIMAL["pattern"])
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def read_day(text: Any) -> dt.date:
    """Return the date of a text such as “2026-11-28”. Raise ValueError for anything else."""
    if not (isinstance(text, str) and _DAY.fullmatch(text)):
        raise ValueError
    return dt.date.fromisoformat(text)


def read_instant(text: Any) -> dt.datetime:
    """Return the instant, in UTC, of a text such as “2026-11-28T09:00:00+01:00”. Raise ValueError for anything else."""
    if not (isinstance(text, str) and _INSTANT.fullmatch(text.upper())):
        raise ValueError
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError from error


def is_day(text: str) -> bool:
    """Tell whether a text is a date that there is."""
    try:
        read_day(text)
    except ValueError:
        return False
    return True


def is_number(text: str) -> bool:
    """Tell whether a text is an exact number."""
    return _NUMBER.fullmatch(text) is not None


def is_whole_number(text: str) -> bool:
    """Tell whether a text is a whole number."""
    return _WHOLE.fullmatch(text) is not None
