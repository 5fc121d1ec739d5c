"""Energy of a plant and month against its nameplate, its latest ramp and the months before.

A factor of about a thousand is named as a mistake of the unit, and then as nothing else.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_number
from royalties.domain.periods import name_month
from royalties.domain.report_context import Expected, ReportContext
from royalties.domain.report_flags import Flag, Severity
from royalties.domain.report_lines import ENERGY
from royalties.domain.report_references import Measure, Reference, energy_words

RAMP_TOLERANCE_PERCENT = 25
PERIOD_TOLERANCE_PERCENT = 50
_UNIT_FACTOR = (Decimal(300), Decimal(3000))


def check_quantities(look: ReportContext, usual: Mapping[Measure, Reference]) -> Iterator[Flag]:
    """Yield a remark for each plant and month whose energy is not what was to be expected.

    What was made is compared with nameplate and ramp, or what was sold where nothing else is reported, since
    sales may come from stock; a mistake of the unit is looked for in both.
    """
    for (plant_id, month), total in sorted(look.totals.items()):
        plant = look.plants.get(plant_id)
        if plant is None:
            continue
        first = "energy_produced_kwh" if total["energy_produced_kwh"] else "energy_sold_kwh"
        expected = look.expected(plant, month)
        where = {"plant": str(plant), "month": name_month(month)}
        for name in ENERGY:
            if total[name] > 0:
                facts = (plant_id, month, total[name])
                reference = usual.get(Measure(plant_id, name))
                beside = _beside(look, plant_id, month, name)
                flags = list(_compare(where, facts, expected, reference, beside, is_first=name == first))
                yield from flags
                if any(flag.code == "unit" for flag in flags):
                    break


class _Beside(NamedTuple):
    """The other agreements that a plant is under, and the energy in kWh that they report of the month."""

    codes: str
    energy_kwh: Decimal


def _beside(look: ReportContext, plant_id: int, month: dt.date, name: str) -> _Beside | None:
    codes = look.neighbours.codes.get(plant_id)
    if not codes:
        return None
    return _Beside(", ".join(codes), look.neighbours.energy_kwh(plant_id, month, name))


def _compare(
    where: Mapping[str, str],
    facts: tuple[int, dt.date, Decimal],
    expected: Expected | None,
    reference: Reference | None,
    beside: _Beside | None,
    *,
    is_first: bool,
) -> Iterator[Flag]:
    quantity = facts[2]
    planned, words = (expected.planned, expected.words) if expected else (None, "")
    if (flag := _unit_mistake(where, facts, planned, reference)) is not None:
        yield flag
    elif not is_first:
        return
    elif expected and quantity > expected.full:
        yield _flag(
            "above-nameplate",
            _("%(plant)s, %(month)s: above nameplate") % where,
            _("%(quantity)s against %(full)s in a month %(words)s.")
            % {"quantity": energy_words(quantity), "full": energy_words(expected.full), "words": expected.words},
            facts,
        )
    elif planned and abs(percent_off(_whole(quantity, planned, beside), planned)) > RAMP_TOLERANCE_PERCENT:
        yield _off_ramp(where, facts, planned, words, beside)
    # A plant that follows its ramp is not what it was; its parts under several agreements may still have shifted.
    elif (
        (not planned or beside)
        and reference
        and reference.is_last_period
        and abs(percent_off(quantity, reference.quantity)) > PERIOD_TOLERANCE_PERCENT
    ):
        yield _flag(
            "off-last-period",
            _("%(plant)s, %(month)s: %(percent)s last period")
            % {**where, "percent": off_in_words(quantity, reference.quantity)},
            _("%(quantity)s against %(average)s in an average month of it.")
            % {"quantity": energy_words(quantity), "average": energy_words(reference.quantity)},
            facts,
        )


def _whole(quantity: Decimal, planned: Decimal, beside: _Beside | None) -> Decimal:
    """Return what to compare with the ramp of a whole plant: with the other parts where one alone is less.

    Never more than was planned: two agreements may also be reported the same energy.
    """
    if beside is None or quantity >= planned:
        return quantity
    return min(planned, quantity + beside.energy_kwh)


def _off_ramp(
    where: Mapping[str, str],
    facts: tuple[int, dt.date, Decimal],
    planned: Decimal,
    words: str,
    beside: _Beside | None,
) -> Flag:
    whole = _whole(facts[2], planned, beside)
    text = _("%(quantity)s against %(planned)s planned %(words)s.") % {
        "quantity": energy_words(facts[2]),
        "planned": energy_words(planned),
        "words": words,
    }
    if beside:
        text += " " + _("The plant is under %(codes)s too: with what was accepted there it is %(whole)s.") % {
            "codes": beside.codes,
            "whole": energy_words(whole),
        }
    title = _("%(plant)s, %(month)s: %(percent)s the ramp") % {**where, "percent": off_in_words(whole, planned)}
    return _flag("off-ramp", title, text, facts)


def _unit_mistake(
    where: Mapping[str, str], facts: tuple[int, dt.date, Decimal], planned: Decimal | None, usual: Reference | None
) -> Flag | None:
    quantity = facts[2]
    references = [(usual.quantity, usual.words)] if usual else []
    if planned:
        references.append((planned, _("planned by the ramp")))
    for reference, words in references:
        if not is_thousandfold(quantity, reference):
            continue
        numbers = {"quantity": energy_words(quantity), "reference": energy_words(reference), "words": words}
        if quantity < reference:
            text = _("%(quantity)s against %(reference)s %(words)s: MWh may have been entered as kWh.")
        else:
            text = _("%(quantity)s against %(reference)s %(words)s: kWh may have been entered as MWh.")
        return _flag("unit", _("%(plant)s, %(month)s: a factor of a thousand") % where, text % numbers, facts)
    return None


def _flag(code: str, title: str, text: str, facts: tuple[int, dt.date, Decimal]) -> Flag:
    plant_id, month, quantity = facts
    return Flag(code, Severity.WARNING, title, text, f"{code}:{plant_id}:{month}:{quantity}", plant_id, month)


def is_thousandfold(quantity: Decimal, reference: Decimal) -> bool:
    """Tell whether one of two positive quantities is about a thousand times the other."""
    low, high = _UNIT_FACTOR
    return low <= max(quantity, reference) / min(quantity, reference) <= high


def percent_off(quantity: Decimal, reference: Decimal) -> Decimal:
    """Return by how many per cent a quantity is above a reference."""
    return (quantity / reference - 1) * 100


def off_in_words(quantity: Decimal, reference: Decimal) -> str:
    """Return by how many per cent a quantity is above or below a reference."""
    percent = percent_off(quantity, reference).quantize(Decimal(1))
    words = _("%(percent)s %% above") if percent > 0 else _("%(percent)s %% below")
    return words % {"percent": format_number(abs(percent))}
