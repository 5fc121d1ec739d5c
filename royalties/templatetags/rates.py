"""Exchange rates in templates."""

from decimal import Context, Decimal

from django import template

from lrs_tracker.formats import format_number

register = template.Library()
# What publishers give at most; an inverse has no end.
_SHOWN = Context(prec=8)


@register.filter
def rate(value: Decimal) -> str:
    """Write a rate with up to eight significant digits: “163.27”, “0.0061248239”."""
    return format_number(_SHOWN.plus(value), pattern="#,##0.################")
