"""Periods and amounts of the forecast in templates."""

import datetime as dt
from decimal import Decimal

from babel.dates import format_date
from django import template

from lrs_tracker.formats import (
    NO_BREAK,
    format_amount_short,
    format_figure,
    format_number,
    format_quarter,
    reader_locale,
)
from royalties.forecast.periods import CalendarPeriod

register = template.Library()
NOTHING = "–"
_QUARTER, _YEAR = 3, 12


@register.filter
def whole(amount: Decimal | None) -> str:
    """Write an amount without decimals: a forecast has none to speak of."""
    return NOTHING if amount is None else format_number(amount, pattern="#,##0")


@register.filter
def figure_or_dash(amount: Decimal, currency: str) -> str:
    """Write an amount in full, and nothing at all as a dash: most months have no fee."""
    return format_figure(amount, currency) if amount else NOTHING


@register.filter
def amount_axis(amount: Decimal) -> str:
    """Write an amount of an axis: “12.5 m”."""
    return format_amount_short(amount, "").lstrip() if amount else "0"


@register.filter
def whole_or_dash(amount: Decimal) -> str:
    """Write an amount without decimals, and nothing at all as a dash: most deals pay nothing at first."""
    return whole(amount) if amount else NOTHING


@register.filter
def rate_figure(rate: Decimal) -> str:
    """Write an exchange rate to six decimals at most."""
    return format_number(rate, pattern="#,##0.00####")


@register.filter
def signed(amount: Decimal | None) -> str:
    """Write a difference with its sign, without decimals."""
    if amount is None:
        return NOTHING
    whole_amount = amount.quantize(Decimal(1))
    return format_number(whole_amount, pattern="+#,##0;-#,##0") if whole_amount else "0"


@register.filter
def signed_percent(percent: Decimal | None) -> str:
    """Write a difference in percent with its sign."""
    if percent is None:
        return NOTHING
    figure = format_number(percent, pattern="+0.0;-0.0") if percent else "0.0"
    return f"{figure}{NO_BREAK}%"


@register.filter
def period_name(period: CalendarPeriod) -> str:
    """Write a month as “Nov 2026”, a quarter as “Q4 2026”, a year as “2026”."""
    if period.label.isdigit():
        return period.label
    return format_quarter(period.starts_on) if "Q" in period.label else _month(period.starts_on, "MMM y")


@register.filter
def period_part(period: CalendarPeriod) -> str:
    """Write which months of a quarter or year the forecast covers, where it is not all of them: “Nov–Dec”."""
    whole_months = _YEAR if period.label.isdigit() else _QUARTER if "Q" in period.label else 1
    if period.months == whole_months:
        return ""
    first, last = _month(period.starts_on, "MMM"), _month(period.ends_on, "MMM")
    return first if first == last else f"{first}–{last}"


def _month(day: dt.date, pattern: str) -> str:
    return format_date(day, pattern, locale=reader_locale())
