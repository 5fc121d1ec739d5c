"""Lines of reports in templates: figures with their units, rows of the form with their labels."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from lrs_tracker.currencies import unusual_decimals
from lrs_tracker.formats import NO_BREAK, format_amount, format_energy, format_figure, format_moment, format_number
from plants.enums import Chemistry
from plants.models import Plant
from royalties.domain.periods import name_month
from royalties.domain.report_lines import ENERGY, SALES, LineKey, ReportLine
from royalties.domain.report_versions import FigureChange
from royalties.enums import FieldOfUse
from royalties.forms.filings import LABELS, LineForm
from royalties.models import ProductionReport

register = template.Library()
_BREAK = mark_safe("<br>")


@register.filter
def month(day: dt.date) -> str:
    """Return “Mar 2026”."""
    return name_month(day)


@register.filter
def instant(text: str) -> str:
    """Return a stored instant as people read it."""
    at = parse_datetime(text)
    return format_moment(at, today=timezone.localdate()) if at else ""


@register.simple_tag
def report_figure(row: ProductionReport, name: str) -> str:
    """Return a figure of a line: energy in full kWh, amounts with their currency."""
    value = getattr(row, name)
    return format_amount(value, row.currency) if name in SALES else figure_value(name, value)


@register.simple_tag
def report_total(totals: Mapping[str, Mapping[str, Decimal]], name: str) -> SafeString:
    """Return the total of a column; amounts have one for each currency, each on its line."""
    lines = ((figure_value(name, total, currency),) for currency, total in totals[name].items())
    return format_html_join(_BREAK, "{}", lines)


@register.simple_tag
def figure_value(name: str, value: Decimal | None, currency: str = "") -> str:
    """Return a figure with its unit or currency; nothing is a dash."""
    if value is None:
        return "–"
    if currency:
        return format_amount(value, currency)
    figure = format_number(value, pattern="#,##0.###")
    return f"{figure}{NO_BREAK}kWh" if name in ENERGY else figure


@register.simple_tag
def figure_difference(change: FigureChange) -> str:
    """Return by how much a figure has changed, with its sign; a dash between currencies."""
    if (difference := change.difference) is None:
        return "–"
    currency = change.currency_after or change.currency_before
    figure = format_figure(difference, currency) if currency else figure_value(change.name, difference)
    return f"+{figure}" if difference > 0 else figure


@register.simple_tag
def figure_label(name: str) -> Any:
    """Return what a figure is called."""
    return LABELS[name]


@register.simple_tag(name="unusual_decimals")
def write_unusual_decimals() -> str:
    """Return as JSON the decimals of the currencies that have other than two."""
    return json.dumps(unusual_decimals(), separators=(",", ":"))


@register.simple_tag
def line_words(key: LineKey, plants: Mapping[int, Plant]) -> str:
    """Return what a line is about."""
    return _("%(month)s, %(plant)s, %(chemistry)s for %(field)s") % {
        "month": name_month(key.month),
        "plant": plants.get(key.plant_id, ""),
        "chemistry": Chemistry(key.chemistry).label,
        "field": str(FieldOfUse(key.field).label).lower(),
    }


@register.simple_tag
def row_month(row: LineForm) -> str:
    """Return the month of a row that came with one."""
    return name_month(dt.date.fromisoformat(row.initial["month"]))


@register.simple_tag
def row_plant(row: LineForm) -> str:
    """Return the plant of a row that came with one."""
    return str(row.scope.plants.get(row.initial["plant"], ""))


@register.simple_tag
def row_chemistry(row: LineForm) -> Any:
    """Return the chemistry of a row that came with one."""
    return Chemistry(row.initial["chemistry"]).label


@register.simple_tag
def row_field(row: LineForm) -> Any:
    """Return the field of use of a row that came with one."""
    return FieldOfUse(row.initial["field"]).label


@register.simple_tag
def labelled(field: BoundField, number: int) -> SafeString:
    """Return a control with a label for those who hear it, and its errors."""
    label = _("%(label)s, row %(number)s") % {"label": field.label, "number": number}
    return format_html(
        '<label class="visually-hidden" for="{}">{}</label>{}{}', field.id_for_label, label, field, field.errors
    )


def _shown_before(line: ReportLine, name: str) -> str:
    """Return a figure of last period as a hint: energy in the unit that suits it, money with its currency."""
    figure = getattr(line, name)
    if name in ENERGY:
        return " ".join(format_energy(figure))
    return format_amount(figure, line.currency) if name in SALES and line.currency else format_number(figure)


@register.simple_tag
def figure_cell(row: LineForm, name: str) -> SafeString:
    """Return the control of a figure, its label for those who hear it, last period's figure, and its errors."""
    field = row[name]
    hint = ""
    if row.row and row.row.last:
        shown = _shown_before(row.row.last, name)
        hint = format_html('<span class="hint">{}</span>', _("last %(figure)s") % {"figure": shown})
    label = str(LABELS[name])
    if row.is_fixed:
        label = f"{label}, {row_plant(row)}, {row_month(row)}, {row_chemistry(row)}, {row_field(row)}"
    return format_html(
        '<label class="visually-hidden" for="{}">{}</label>{}{}{}', field.id_for_label, label, field, hint, field.errors
    )
