"""The parts of a plant's ramp that belong to each of several agreements over it.

Of the months that all of them have reported, the latest twelve say how what the plant makes is split. Where the same
chemistry, field of use and month is reported under two of them, it may be the same energy, which both charge: then,
and while one has reported nothing, nothing is known of a split and each is planned the whole ramp.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_percent
from royalties.domain.forecast_ramps import PlannedPlant
from royalties.domain.forecast_reports import OBSERVED_MONTHS, Reported
from royalties.engine.exact import ONE, ZERO
from royalties.models import Agreement

_STEP = Decimal("0.001")

type _Energy = dict[tuple[dt.date, str, str], Decimal]


@dataclass(frozen=True, slots=True)
class PlantShare:
    """The codes of the other agreements over a plant, and this one's part of the ramp; None is not known."""

    codes: tuple[str, ...] = ()
    part: Decimal | None = None

    @property
    def planned_part(self) -> Decimal:
        """The part of the ramp that is planned."""
        return ONE if self.part is None else self.part

    def in_words(self, plant: str) -> str:
        """Return which agreements share the plant of a name, and how much of its ramp is planned for this one."""
        where = {"plant": plant, "codes": ", ".join(self.codes)}
        if self.part is None:
            return _("%(plant)s is under %(codes)s too: its whole ramp is planned for each.") % where
        where["percent"] = format_percent(self.part * 100)
        return _("%(plant)s is under %(codes)s too: %(percent)s of its ramp is planned, as last reported.") % where


WHOLE = PlantShare()


def plant_shares(
    agreements: Iterable[Agreement], plants: Mapping[int, Sequence[PlannedPlant]], reported: Mapping[int, Reported]
) -> dict[tuple[int, int], PlantShare]:
    """Return the shares of plants that are under more than one agreement, by the keys of agreement and plant."""
    owners: dict[int, list[Agreement]] = defaultdict(list)
    for agreement in agreements:
        for plant in plants.get(agreement.pk, ()):
            owners[plant.pk].append(agreement)
    shares = {}
    for plant_pk, found in owners.items():
        if len(found) < 2:
            continue
        parts = _parts([_energy(reported.get(each.pk, Reported()), plant_pk) for each in found])
        for agreement, part in zip(found, parts, strict=True):
            codes = tuple(other.code for other in found if other.pk != agreement.pk)
            shares[agreement.pk, plant_pk] = PlantShare(codes, part)
    return shares


def _energy(reported: Reported, plant_pk: int) -> _Energy:
    found: _Energy = defaultdict(lambda: ZERO)
    for line in reported.lines:
        if line.plant == plant_pk:
            found[line.month, str(line.chemistry), str(line.field)] += line.energy_produced_kwh
    return found


def _parts(energies: Sequence[_Energy]) -> list[Decimal | None]:
    common = set.intersection(*({month for month, _chemistry, _field in energy} for energy in energies))
    months = set(sorted(common)[-OBSERVED_MONTHS:])
    latest = [{key: kwh for key, kwh in energy.items() if key[0] in months and kwh} for energy in energies]
    sums = [sum(energy.values(), ZERO) for energy in latest]
    is_twice = len(set().union(*latest)) < sum(map(len, latest))
    if is_twice or min(sums) <= 0:
        return [None] * len(sums)
    return [(part / sum(sums, ZERO)).quantize(_STEP) for part in sums]
