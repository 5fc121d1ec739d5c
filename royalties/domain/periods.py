"""Reporting periods in words."""

import datetime as dt
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from django.utils.translation import gettext as _

from lrs_tracker.formats import reader_locale

_DAY = dt.timedelta(days=1)


def name_period(starts_on: dt.date, ends_on: dt.date) -> str:
    """Return a short name: “Q3 2026”, “H1 2026”, “2026”, “Jul 2026”, else “15 Jan – 31 Mar 2026”.

    Only periods of whole calendar months, quarters, half-years or years have names of their own.
    """
    months = _whole_months(starts_on, ends_on)
    if months == 1:
        return name_month(ends_on)
    if months == 12 and starts_on.month == 1:
        return str(ends_on.year)
    if months == 6 and starts_on.month in {1, 7}:
        return _("H%(half)d %(year)d") % {"half": 1 if starts_on.month == 1 else 2, "year": ends_on.year}
    if months == 3 and starts_on.month % 3 == 1:
        return _("Q%(quarter)d %(year)d") % {"quarter": (ends_on.month + 2) // 3, "year": ends_on.year}
    return _between(starts_on, ends_on, is_whole=bool(months), skeleton="MMM")


def describe_period(starts_on: dt.date, ends_on: dt.date) -> str:
    """Return a period in full: “July to September 2026”, or by days where it is not of whole months."""
    months = _whole_months(starts_on, ends_on)
    if months == 1:
        return format_skeleton("yMMMM", ends_on, locale=reader_locale())
    if not months:
        return _between(starts_on, ends_on, is_whole=False, skeleton="MMMM")
    first = format_date(starts_on, "LLLL" if starts_on.year == ends_on.year else "LLLL y", locale=reader_locale())
    return _("%(first)s to %(last)s") % {
        "first": first,
        "last": format_skeleton("yMMMM", ends_on, locale=reader_locale()),
    }


def _between(starts_on: dt.date, ends_on: dt.date, *, is_whole: bool, skeleton: str) -> str:
    skeleton = skeleton if is_whole else f"{skeleton}d"
    first = skeleton if starts_on.year == ends_on.year else f"y{skeleton}"
    return _("%(first)s to %(last)s") % {
        "first": format_skeleton(first, starts_on, locale=reader_locale()),
        "last": format_skeleton(f"y{skeleton}", ends_on, locale=reader_locale()),
    }


def name_month(day: dt.date) -> str:
    """Return the month of a day: “Jul 2026”."""
    return _name_month(day.replace(day=1), reader_locale())


@lru_cache(maxsize=1024)
def _name_month(month: dt.date, locale: Locale) -> str:
    # A statement names the same few months for every plant of every line.
    return format_skeleton("yMMM", month, locale=locale)


def _whole_months(starts_on: dt.date, ends_on: dt.date) -> int:
    """Return how many calendar months a period is, or 0 when it is not of whole ones."""
    if starts_on.day != 1 or (ends_on + _DAY).day != 1:
        return 0
    return (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
