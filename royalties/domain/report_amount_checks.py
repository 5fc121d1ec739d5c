"""Units and sales of a plant and month against earlier reports, and nothing where something was reported."""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from royalties.domain.periods import name_month
from royalties.domain.report_context import ReportContext
from royalties.domain.report_flags import Flag, Severity
from royalties.domain.report_lines import ENERGY, ReportLine
from royalties.domain.report_quantity_checks import PERIOD_TOLERANCE_PERCENT, is_thousandfold, off_in_words, percent_off
from royalties.domain.report_references import Measure, Reference, energy_words, months_by_measure

type _Place = tuple[int, dt.date]


def check_amounts(
    look: ReportContext, usual: Mapping[Measure, Reference], *, remarked: Container[_Place]
) -> Iterator[Flag]:
    """Yield a remark for each plant and month whose units or net sales break with earlier reports.

    A factor of about a thousand is always named. Smaller breaks are not where the energy of the month is
    `remarked` on already, nor while the plant is in its ramp, when it is not what it was.
    """
    for measure, months in sorted(months_by_measure(look.lines).items()):
        reference = usual.get(measure)
        if measure.name in ENERGY or measure.plant_id not in look.plants or reference is None:
            continue
        for month, quantity in sorted(months.items()):
            if quantity <= 0:
                continue
            if is_thousandfold(quantity, reference.quantity):
                yield _thousandfold(look, measure, month, quantity, reference)
            elif (
                reference.is_last_period
                and (measure.plant_id, month) not in remarked
                and not _is_in_ramp(look, measure.plant_id, month)
                and abs(percent_off(quantity, reference.quantity)) > PERIOD_TOLERANCE_PERCENT
            ):
                yield _off_last_period(look, measure, month, quantity, reference)


def check_nothing(look: ReportContext, usual: Mapping[Measure, Reference]) -> Iterator[Flag]:
    """Yield a remark for each plant and month that reports nothing of what was accepted, or was to be expected."""
    given = {line.key for line in look.lines}
    before = _by_place(line for line in look.accepted if line.key in given or line.is_estimate)
    for place, lines in sorted(_by_place(look.lines).items()):
        if place[0] not in look.plants:
            continue
        is_silent = not any(line.has_figures for line in lines)
        was, now = _kinds(before.get(place, [])), _kinds(lines)
        if gone := [kind for kind in was if kind not in now]:
            title = _("nothing any more") if is_silent else ", ".join(str(_NO_MORE[kind]) for kind in gone)
            figures = ", ".join(was[kind] for kind in gone)
            text = _("Accepted before: %(figures)s.") % {"figures": figures}
            yield _flag(look, "nothing-now", place, title, text, figures)
        elif is_silent and not was:
            yield from _silence(look, usual, place)


def _silence(look: ReportContext, usual: Mapping[Measure, Reference], place: _Place) -> Iterator[Flag]:
    """Yield a remark about a nil line where last period had something, or the ramp plans something."""
    plant_id, month = place
    has_sold = Measure(plant_id, "energy_sold_kwh") in usual
    last = [
        measure.words(reference.quantity)
        for measure, reference in sorted(usual.items())
        if measure.plant_id == plant_id
        and reference.is_last_period
        and not (has_sold and measure.name == "energy_produced_kwh")
    ]
    expected = look.expected(look.plants[plant_id], month)
    if last:
        figures = ", ".join(last)
        text = _("%(figures)s in an average month of last period.") % {"figures": figures}
        yield _flag(look, "nothing-now", place, _("nothing, unlike last period"), text, figures)
    elif expected and expected.planned:
        planned = energy_words(expected.planned)
        text = _("%(planned)s planned %(words)s.") % {"planned": planned, "words": expected.words}
        yield _flag(look, "off-ramp", place, _("nothing, unlike the ramp"), text, planned)


_NO_MORE = {
    "energy": gettext_lazy("no energy any more"),
    "units": gettext_lazy("no units any more"),
    "sales": gettext_lazy("no sales any more"),
}
_OFF_A_THOUSAND = {
    "units": gettext_lazy("units off by a factor of a thousand"),
    "net_sales": gettext_lazy("sales off by a factor of a thousand"),
}
_OFF_LAST_PERIOD = {
    "units": gettext_lazy("units %(percent)s last period"),
    "net_sales": gettext_lazy("sales %(percent)s last period"),
}


def _kinds(lines: Iterable[ReportLine]) -> dict[str, str]:
    """Return the kinds of figures that lines have, each in words: what was sold rather than what was made."""
    measures = {
        measure: quantity
        for measure, months in sorted(months_by_measure(lines).items())
        if (quantity := sum(months.values(), Decimal(0)))
    }
    has_sold = any(measure.name == "energy_sold_kwh" for measure in measures)
    kinds: dict[str, list[str]] = defaultdict(list)
    for measure, quantity in measures.items():
        if measure.name == "energy_produced_kwh" and has_sold:
            continue
        kind = "energy" if measure.name in ENERGY else "sales" if measure.name == "net_sales" else "units"
        kinds[kind].append(measure.words(quantity))
    return {kind: ", ".join(words) for kind, words in kinds.items()}


def _by_place(lines: Iterable[ReportLine]) -> dict[_Place, list[ReportLine]]:
    places: dict[_Place, list[ReportLine]] = defaultdict(list)
    for line in lines:
        places[line.plant_id, line.month].append(line)
    return places


def _is_in_ramp(look: ReportContext, plant_id: int, month: dt.date) -> bool:
    expected = look.expected(look.plants[plant_id], month)
    return expected is not None and expected.planned is not None and expected.planned < expected.full


def _thousandfold(
    look: ReportContext, measure: Measure, month: dt.date, quantity: Decimal, reference: Reference
) -> Flag:
    numbers = {
        "quantity": measure.words(quantity),
        "reference": measure.words(reference.quantity),
        "words": reference.words,
    }
    if quantity < reference.quantity:
        text = _("%(quantity)s against %(reference)s %(words)s: thousands may have been entered as ones.")
    else:
        text = _("%(quantity)s against %(reference)s %(words)s: ones may have been entered as thousands.")
    figures = f"{measure.name}{measure.currency}:{quantity}"
    title = str(_OFF_A_THOUSAND[measure.name])
    return _flag(look, "unit", (measure.plant_id, month), title, text % numbers, figures)


def _off_last_period(
    look: ReportContext, measure: Measure, month: dt.date, quantity: Decimal, reference: Reference
) -> Flag:
    title = _OFF_LAST_PERIOD[measure.name] % {"percent": off_in_words(quantity, reference.quantity)}
    text = _("%(quantity)s against %(average)s in an average month of it.") % {
        "quantity": measure.words(quantity),
        "average": measure.words(reference.quantity),
    }
    figures = f"{measure.name}{measure.currency}:{quantity}"
    return _flag(look, "off-last-period", (measure.plant_id, month), title, text, figures)


def _flag(look: ReportContext, code: str, place: _Place, title: str, text: str, figures: str) -> Flag:
    """Return a warning about a plant and month; `figures` make other numbers another remark."""
    plant_id, month = place
    words = _("%(plant)s, %(month)s: %(title)s") % {
        "plant": str(look.plants[plant_id]),
        "month": name_month(month),
        "title": title,
    }
    return Flag(code, Severity.WARNING, words, text, f"{code}:{plant_id}:{month}:{figures}", plant_id, month)
