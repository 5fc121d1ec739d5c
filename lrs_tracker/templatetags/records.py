"""What tables of records need: names of countries, counts by row, slips between dates."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lrs_tracker import countries, formats

register = template.Library()


@register.filter
def country(code: str) -> str:
    """Write the name of a country in the reader's language."""
    return countries.country_name(code) if code else ""


@register.simple_tag
def count_of(counts: Mapping[str, Mapping[int, int]], key: str, pk: int) -> str | SafeString:
    """Write how many of a panel's things a row has; none is faint."""
    count = counts.get(key, {}).get(pk, 0)
    return formats.format_number(count) if count else format_html('<span class="faint">{}</span>', 0)


@register.filter
def exact(value: Decimal) -> str:
    """Write a number with thousands separators and all of its decimals."""
    return formats.format_number(value, pattern="#,##0.##########")


@register.filter
def in_list[Item](item: Item) -> list[Item]:
    """Return a list of one."""
    return [item]


@register.simple_tag
def slip(before: dt.date | None, after: dt.date | None) -> str | SafeString:
    """Write by how many days a date moved: late ones in red with a plus, never by colour alone."""
    if before is None or after is None:
        return "–"
    days = (after - before).days
    if days == 0:
        return format_html('<span class="muted">{}</span>', _("on time"))
    figure = formats.format_number(days) if days < 0 else f"+{formats.format_number(days)}"
    return format_html('<span class="{}">{} {}</span>', "late" if days > 0 else "done", figure, _("d"))
