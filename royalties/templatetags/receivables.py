"""Rates, stored amounts and days of receivables in templates."""

import datetime as dt
from decimal import Decimal, InvalidOperation

from django import template

from lrs_tracker.formats import format_number
from royalties.models import Allocation

register = template.Library()


@register.filter
def rate_figure(value: Decimal | str | None) -> str:
    """Write a rate, or a figure that a trace keeps, with all its decimals that matter."""
    figure = as_decimal(value)
    return "–" if figure is None else format_number(figure, pattern="#,##0.########")


@register.simple_tag
def gain_rates(allocation: Allocation) -> str:
    """Return what a unit of the invoice's currency was worth when it was invoiced and when it was paid."""
    invoiced, paid = (Decimal(allocation.trace[name]["rate"]) for name in ("invoice", "payment"))
    if allocation.source_amount is not None:
        # A payment in another currency was worth what it bought of the invoice's.
        paid = paid * allocation.source_amount / allocation.amount
    return f"{rate_figure(invoiced)} → {rate_figure(paid)}"


@register.filter
def as_decimal(value: Decimal | str | None) -> Decimal | None:
    """Read a figure that a trace keeps as text."""
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def exact_figure(value: str) -> str:
    """Write an amount that a trace keeps unrounded, with two decimals or as many as it has."""
    figure = as_decimal(value)
    return "–" if figure is None else format_number(figure, pattern="#,##0.00####")


@register.filter
def as_day(value: str) -> dt.date | None:
    """Read a day that a trace keeps as text."""
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


@register.filter
def as_of_query(as_of: dt.date, today: dt.date) -> str:
    """Return what an address needs to show an earlier day; nothing for today."""
    return "" if as_of == today else f"&as_of={as_of.isoformat()}"
