"""Days of contracts in words."""

import datetime as dt

from babel.dates import format_date, format_skeleton

from lrs_tracker.formats import reader_locale


def day_in_words(day: dt.date, *, with_year: bool = True) -> str:
    """Return “24 Nov 2026”, or “24 Nov”."""
    if with_year:
        return format_date(day, "d MMM y", locale=reader_locale())
    return format_skeleton("MMMd", day, locale=reader_locale())
