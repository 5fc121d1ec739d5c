"""Conversion between currencies at dated rates."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from lrs_tracker.prepared import Hole, Prepared
from lrs_tracker.problems import DomainError
from money.domain.amounts import Money
from money.enums import RateKind
from money.models import FxRate

# The currency through which two others are compared, since the ECB quotes everything against it.
PIVOT = "EUR"
# A rate older than this does not stand in for a day without one (weekends, holidays).
MAX_AGE = dt.timedelta(days=7)
# Totals for orientation, such as a board's, may use the latest rate of a year, shown with its date.
INDICATIVE_MAX_AGE = dt.timedelta(days=366)
_CONTEXT = Context(prec=28)


@dataclass(frozen=True, slots=True)
class AppliedRate:
    """The factor from one currency to another, with the day and source of the published rates behind it."""

    base: str
    quote: str
    rate: Decimal
    on: dt.date
    source: str
    kind: RateKind


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted amount and the rate that made it, to be shown with it."""

    money: Money
    original: Money
    rate: AppliedRate


class MissingRateError(DomainError):
    """Refuse a conversion for which no rate is known; the message names pair, date and kind."""

    code = "missing-rate"

    def __init__(self, base: str, quote: str, on: dt.date, kind: RateKind) -> None:
        super().__init__(
            _("There is no %(kind)s from %(base)s to %(quote)s for %(date)s or the %(days)s days before.")
            % {
                "kind": kind.label.lower(),
                "base": base,
                "quote": quote,
                "date": on.isoformat(),
                "days": MAX_AGE.days,
            }
        )
        self.base, self.quote, self.on, self.kind = base, quote, on, kind


def rates_to(
    quote: str,
    *,
    bases: Collection[str],
    on: dt.date,
    kind: RateKind = RateKind.REFERENCE,
    max_age: dt.timedelta = MAX_AGE,
) -> dict[str, AppliedRate]:
    """Return the rate from each base to `quote` on a date, in one query; a base without one is left out.

    A direct rate is used first, then the inverse of one, then the cross rate through EUR. The rate of the
    date, or the latest that is not older than `max_age`, counts.
    """
    currencies = sorted({*bases, quote, PIVOT})
    rows = _latest().run(kind=kind, first=on - max_age, last=on, currencies=currencies)
    known = {(row.base, row.quote): row for row in rows}
    found = {}
    for base in bases:
        applied = derive_rate(base, quote, on, kind, known)
        if applied is not None:
            found[base] = applied
    return found


@cache
def _latest() -> Prepared[FxRate]:
    given = Hole("currencies", ArrayField(models.TextField()))
    currencies = RawSQL("SELECT unnest(%s::text[])", (given,))  # constant
    rates = FxRate.objects.filter(
        kind=Hole("kind", models.CharField()),
        on__lte=Hole("last", models.DateField()),
        on__gte=Hole("first", models.DateField()),
        base__in=currencies,
        quote__in=currencies,
    )
    return Prepared(rates.order_by("base", "quote", "-on").distinct("base", "quote"))


def latest_rates(to: str, *, bases: Collection[str], on: dt.date) -> dict[str, AppliedRate]:
    """Return the latest reference rates of the year before a date, for totals that show the rates' dates."""
    return rates_to(to, bases=bases, on=on, max_age=INDICATIVE_MAX_AGE)


def convert(money: Money, to: str, *, on: dt.date, kind: RateKind = RateKind.REFERENCE) -> Converted:
    """Return `money` in another currency at the rate of a date, unrounded.

    Raise MissingRateError when no rate is known: there is no fallback.
    """
    applied = rates_to(to, bases=[money.currency], on=on, kind=kind).get(money.currency)
    if applied is None:
        raise MissingRateError(money.currency, to, on, kind)
    return Converted(Money(money.amount * applied.rate, to), money, applied)


def derive_rate(
    base: str, quote: str, on: dt.date, kind: RateKind, known: Mapping[tuple[str, str], FxRate]
) -> AppliedRate | None:
    """Return the rate of a pair from the rates known by pair: direct, inverse, or the cross through EUR."""
    if base == quote:
        return AppliedRate(base, quote, Decimal(1), on, "", kind)
    if row := known.get((base, quote)):
        return AppliedRate(base, quote, row.rate, row.on, row.source, kind)
    if row := known.get((quote, base)):
        return AppliedRate(base, quote, _CONTEXT.divide(Decimal(1), row.rate), row.on, row.source, kind)
    if PIVOT in (base, quote):
        return None
    first = derive_rate(base, PIVOT, on, kind, known)
    second = derive_rate(PIVOT, quote, on, kind, known)
    if first is None or second is None:
        return None
    sources = " + ".join(dict.fromkeys([first.source, second.source]))
    return AppliedRate(base, quote, _CONTEXT.multiply(first.rate, second.rate), min(first.on, second.on), sources, kind)
