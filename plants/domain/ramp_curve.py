"""The S-curve of a ramp, from start of production to nameplate.

The share of nameplate after `m` of `M` months is (1 − cos(π m / M)) / 2: it leaves zero gently, is
steepest at half time, where it is one half, and reaches one gently. Output is nameplate × share ×
utilisation × yield; a month's share is the curve's at the middle of that month.
"""

import datetime as dt
import math
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_STEP = Decimal("0.000001")
_GWH = Decimal("0.001")
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class RampMonth:
    """A month of a ramp: its number from SOP, first day, share of nameplate, and output as GWh a year."""

    number: int
    begins_on: dt.date
    share: Decimal
    gwh_a_year: Decimal


@dataclass(frozen=True, slots=True)
class RampYear:
    """The output of a calendar year in GWh, and how many of its months produce."""

    year: int
    months: int
    output_gwh: Decimal


def ramp_share(*, month: Decimal, months_to_nameplate: int) -> Decimal:
    """Return the share of nameplate, 0 to 1 to six places, `month` months after SOP."""
    if month <= 0:
        return Decimal(0)
    if month >= months_to_nameplate:
        return Decimal(1)
    share = (1 - math.cos(math.pi * float(month) / months_to_nameplate)) / 2
    return Decimal(share).quantize(_STEP)


def full_output_gwh(*, nameplate_gwh: Decimal, utilisation_percent: Decimal, yield_percent: Decimal) -> Decimal:
    """Return the good output of a year at nameplate in GWh."""
    return nameplate_gwh * utilisation_percent / 100 * yield_percent / 100


def ramp_months(*, sop_on: dt.date, months_to_nameplate: int, full_gwh: Decimal) -> list[RampMonth]:
    """Return the months from SOP (share 0) to nameplate (share 1), both included."""
    months = []
    for number in range(months_to_nameplate + 1):
        share = ramp_share(month=Decimal(number), months_to_nameplate=months_to_nameplate)
        months.append(RampMonth(number, add_months(sop_on, number), share, (full_gwh * share).quantize(_GWH)))
    return months


def ramp_years(*, sop_on: dt.date, months_to_nameplate: int, full_gwh: Decimal) -> list[RampYear]:
    """Return the output of each calendar year from SOP to the first whole year at nameplate."""
    outputs: dict[int, list[Decimal]] = {}
    for year, share in _shares(sop_on, months_to_nameplate):
        outputs.setdefault(year, []).append(full_gwh / _MONTHS_A_YEAR * share)
    return [RampYear(year, len(months), sum(months, Decimal(0)).quantize(_GWH)) for year, months in outputs.items()]


def _shares(sop_on: dt.date, months_to_nameplate: int) -> Iterator[tuple[int, Decimal]]:
    last_year = add_months(sop_on, months_to_nameplate).year + 1
    number = 0
    while (year := sop_on.year + (sop_on.month - 1 + number) // _MONTHS_A_YEAR) <= last_year:
        middle = Decimal(number) + Decimal("0.5")
        yield year, ramp_share(month=middle, months_to_nameplate=months_to_nameplate)
        number += 1


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day `months` later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
