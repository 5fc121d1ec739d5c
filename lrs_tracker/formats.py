"""Figures, amounts and dates in words, in the reader's language."""

import datetime as dt
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal, get_currency_precision
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_REGIONS = {"en": "en_GB"}  # day before month, as the trade writes it

_ENERGY_UNITS = ((Decimal(1_000_000), "GWh"), (Decimal(1_000), "MWh"), (Decimal(1), "kWh"))
_AMOUNT_UNITS = ((Decimal(1_000_000_000), "bn"), (Decimal(1_000_000), "m"), (Decimal(1_000), "k"))


def reader_locale() -> Locale:
    """Return Babel's locale for the language that is active."""
    return _locale_of(get_language() or "en")


@cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(_REGIONS.get(language, language.replace("-", "_")))


def format_number(value: Decimal | int, *, pattern: str = "#,##0.##") -> str:
    """Return a number with thousands separators and a true minus sign."""
    return format_decimal(value, format=pattern, locale=reader_locale()).replace("-", _MINUS)


def format_count(count: int) -> str:
    """Return a whole number as `format_number` does; most are short and need no locale."""
    return str(count) if 0 <= count < 1000 else format_number(count)


def format_energy(energy_kwh: Decimal) -> tuple[str, str]:
    """Return an energy in kWh as a figure and the unit that suits its size."""
    for size, unit in _ENERGY_UNITS:
        if abs(energy_kwh) >= size:
            return format_number(energy_kwh / size), unit
    return format_number(energy_kwh, pattern="#,##0.###"), "kWh"


def format_amount(amount: Decimal, currency: str) -> str:
    """Return an amount in full: “USD 31,500,000.00”, with the currency's own number of decimals."""
    return f"{currency}{NO_BREAK}{format_figure(amount, currency)}"


def format_figure(amount: Decimal, currency: str) -> str:
    """Return an amount in full without its currency, for columns that name it in their head."""
    decimals = get_currency_precision(currency)
    return format_number(amount, pattern="#,##0." + "0" * decimals if decimals else "#,##0")


def format_amount_short(amount: Decimal, currency: str) -> str:
    """Return an amount to three or four figures: “USD 31.5 m”. Small amounts are given whole."""
    for size, unit in _AMOUNT_UNITS:
        # 999,950 would round to “1,000.0 k”: it belongs to the next unit.
        if abs(amount) >= size * Decimal("0.99995"):
            return f"{currency}{NO_BREAK}{format_number(amount / size, pattern='#,##0.0')}{NO_BREAK}{unit}"
    return f"{currency}{NO_BREAK}{format_number(amount, pattern='#,##0')}"


def format_percent(value: Decimal) -> str:
    """Return a percentage with a space before its sign: “30 %”."""
    return f"{format_number(value)}{NO_BREAK}%"


def format_day(day: dt.date, *, today: dt.date) -> str:
    """Return “24 Nov”, with the year when it is not this one."""
    return format_skeleton("MMMd" if day.year == today.year else "yMMMd", day, locale=reader_locale())


def format_day_in_full(day: dt.date) -> str:
    """Return “Tue 24 Nov 2026”."""
    return format_date(day, "EEE d MMM y", locale=reader_locale())


def format_distance(day: dt.date, *, today: dt.date) -> str:
    """Return how far a day is from today in words: “tomorrow”, “in 3 weeks”, “2 months ago”."""
    days = (day - today).days
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    if days in near:
        return near[days]
    return format_timedelta(dt.timedelta(days=days), granularity="day", add_direction=True, locale=reader_locale())


def format_moment(moment: dt.datetime, *, today: dt.date) -> str:
    """Return the time of day for today, the weekday within the last week, else the day."""
    local = timezone.localtime(moment)
    if local.date() == today:
        return format_time(local, "HH:mm", locale=reader_locale())
    if dt.timedelta() < today - local.date() < dt.timedelta(days=7):
        return format_date(local.date(), "EEE", locale=reader_locale())
    return format_day(local.date(), today=today)


def format_log_time(moment: dt.datetime, *, today: dt.date) -> str:
    """Return the time of day, after the day where that is another: what happened often is told apart by its time."""
    local = timezone.localtime(moment)
    time = format_time(local, "HH:mm", locale=reader_locale())
    return time if local.date() == today else f"{format_day(local.date(), today=today)} {time}"


def format_quarter(day: dt.date) -> str:
    """Return the quarter that a day falls in: “Q3 2029”."""
    return _("Q%(quarter)d %(year)d") % {"quarter": (day.month + 2) // 3, "year": day.year}


def initials_of(name: str) -> str:
    """Return up to two initials: of the first and the last word, or of the part before an address's @."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
