"""Dates and labels of agreements in templates."""

import datetime as dt

from babel.dates import format_date
from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lrs_tracker.formats import format_distance, reader_locale
from royalties.enums import AgreementStatus
from royalties.models import Agreement

register = template.Library()


@register.filter
def mid_sentence(label: str) -> str:
    """Write a label within a sentence: its first letter small, an abbreviation as it is."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


@register.simple_tag
def day_in_full(day: dt.date | None) -> str | SafeString:
    """Write a day with its year: “24 Nov 2026”; contracts run over many."""
    if day is None:
        return "–"
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time>', day.isoformat(), format_date(day, "d MMM y", reader_locale())
    )


@register.simple_tag(takes_context=True)
def notice_day(context: Context, agreement: Agreement) -> str | SafeString:
    """Write the day by which notice must be given, in red once an agreement in force has missed it."""
    day = agreement.notice_on
    if day is None:
        return "–"
    request: HttpRequest = context["request"]
    today: dt.date = request.today  # type: ignore[attr-defined]  # set by ReaderMiddleware
    if agreement.status != AgreementStatus.IN_FORCE:
        return day_in_full(day)
    distance = format_distance(day, today=today)
    if day >= today:
        return format_html('{}<div class="hint">{}</div>', day_in_full(day), distance)
    return format_html('<span class="late">{}<div>{} {}</div></span>', day_in_full(day), _("missed"), distance)
