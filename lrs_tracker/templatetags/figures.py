"""Numbers, amounts and dates in templates; an absent value is a dash."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lrs_tracker import formats

register = template.Library()

NOTHING = "–"


def _today(context: Context) -> dt.date:
    today = context.get("today") or getattr(context.get("request"), "today", None)
    return today if isinstance(today, dt.date) else timezone.localdate()


@register.filter
def number(value: Decimal | int | None) -> str:
    """Write a number with thousands separators."""
    return NOTHING if value is None else formats.format_number(value)


@register.filter
def gwh(value: Decimal | None) -> str:
    """Write a capacity in GWh without its unit: “35”, “17.5”."""
    return NOTHING if value is None else formats.format_number(value)


@register.filter
def energy(energy_kwh: Decimal | None) -> str | SafeString:
    """Write an energy given in kWh with the unit that suits its size."""
    if energy_kwh is None:
        return NOTHING
    figure, unit = formats.format_energy(energy_kwh)
    return format_html('<span class="number">{} <span class="unit">{}</span></span>', figure, unit)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """Write an amount in full: {{ fee.amount|money:fee.currency }}."""
    return NOTHING if amount is None else formats.format_amount(amount, currency)


@register.filter
def figure(amount: Decimal | None, currency: str) -> str:
    """Write an amount in full without its currency."""
    return NOTHING if amount is None else formats.format_figure(amount, currency)


@register.filter
def money_short(amount: Decimal | None, currency: str) -> str:
    """Write an amount shortened to thousands, millions or billions."""
    return NOTHING if amount is None else formats.format_amount_short(amount, currency)


@register.filter
def percent(value: Decimal | None) -> str:
    """Write a percentage."""
    return NOTHING if value is None else formats.format_percent(value)


@register.filter
def quarter(day: dt.date | None) -> str:
    """Write the quarter a day falls in."""
    return NOTHING if day is None else formats.format_quarter(day)


@register.filter
def initials(name: object) -> str:
    """Write the initials of a name or an address."""
    return formats.initials_of(str(name))


@register.simple_tag(takes_context=True)
def date_short(context: Context, day: dt.date | None, overdue: bool = False) -> str | SafeString:
    """Write a day as “24 Nov”, its full date and distance on hover; `overdue` marks it red and in words."""
    if day is None:
        return NOTHING
    today = _today(context)
    title = f"{formats.format_day_in_full(day)}, {formats.format_distance(day, today=today)}"
    if not overdue:
        return format_html(
            '<time datetime="{}" title="{}">{}</time>', day.isoformat(), title, formats.format_day(day, today=today)
        )
    return format_html(
        '<time class="late" datetime="{}" title="{}">{}<span class="visually-hidden"> {}</span></time>',
        day.isoformat(),
        title,
        formats.format_day(day, today=today),
        _("overdue"),
    )


@register.simple_tag(takes_context=True)
def distance(context: Context, day: dt.date | None) -> str:
    """Write how far a day is from today: “tomorrow”, “in 3 weeks”."""
    return NOTHING if day is None else formats.format_distance(day, today=_today(context))


@register.simple_tag(takes_context=True)
def moment(context: Context, at: dt.datetime | None) -> str | SafeString:
    """Write an instant as its time today, its weekday this week, else its day."""
    return _instant(at, formats.format_moment, today=_today(context))


@register.simple_tag(takes_context=True)
def log_time(context: Context, at: dt.datetime | None) -> str | SafeString:
    """Write an instant of a log: its time, after its day where that is not today."""
    return _instant(at, formats.format_log_time, today=_today(context))


def _instant(at: dt.datetime | None, write: Callable[..., str], *, today: dt.date) -> str | SafeString:
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        local.isoformat(timespec="seconds"),
        formats.format_day_in_full(local.date()),
        local.strftime("%H:%M"),
        write(at, today=today),
    )
