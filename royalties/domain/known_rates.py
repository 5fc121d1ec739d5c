"""How a stored rate came to serve: direct, inverse or through the euro, of its day or of one before."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from royalties.engine.codes import RateKind
from royalties.engine.fx import AppliedRate

_ONE = Decimal(1)


class Way(models.TextChoices):
    """How a rate follows from the published ones."""

    DIRECT = "direct", _("As published")
    INVERSE = "inverse", _("Inverse of the published rate")
    CROSS = "cross", _("Cross rate through EUR")


@dataclass(frozen=True, slots=True)
class KnownRate:
    """The rate that serves a pair, day and kind; `on` is the oldest day of the published rates behind it."""

    rate: Decimal
    on: dt.date
    source: str
    way: Way
    is_older: bool
    is_stand_in: bool

    @property
    def is_exact(self) -> bool:
        """Whether it is of the very day and kind that are asked for."""
        return not (self.is_older or self.is_stand_in)


def describe_rate(applied: AppliedRate, *, on: dt.date, kind: RateKind) -> KnownRate:
    """Describe the rate that was found for a day and kind; a reference rate may stand in for one at a period's end."""
    rates = [leg.rate for leg in applied.legs]
    oldest = min(rate.on for rate in rates)
    return KnownRate(
        rate=applied.convert(_ONE),
        on=oldest,
        source=" + ".join(dict.fromkeys(rate.source for rate in rates)),
        way=_way(applied),
        is_older=oldest != on,
        is_stand_in=any(rate.kind != kind for rate in rates),
    )


def _way(applied: AppliedRate) -> Way:
    if len(applied.legs) > 1:
        return Way.CROSS
    return Way.INVERSE if applied.legs[0].is_inverse else Way.DIRECT
