"""The exchange rates that royalties need: what waits for each, and whether it is known."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import Viewer
from money.enums import RateKind
from royalties.domain.known_rates import KnownRate, describe_rate
from royalties.domain.rate_uses import Use, receivable_uses, sales_uses
from royalties.domain.stored_rates import StoredRates
from royalties.engine.codes import RateKind as EngineRateKind
from royalties.models import Invoice


class RateState(models.TextChoices):
    """Whether a rate is known."""

    MISSING = "missing", _("Missing")
    COMING = "coming", _("Coming up")
    PRESENT = "present", _("Present")


class RateKey(NamedTuple):
    """The rate of which pair, day and kind."""

    base: str
    quote: str
    on: dt.date
    kind: RateKind


@dataclass(frozen=True, slots=True)
class NeededRate:
    """A rate with all that waits for it, and the one that serves, if any.

    It can be entered once its day has come, unless the very rate is known; one that only stands in, being
    older or a reference rate for the one at a period's end, can be replaced.
    """

    key: RateKey
    uses: tuple[Use, ...]
    known: KnownRate | None
    state: RateState
    can_be_entered: bool

    @property
    def amount(self) -> Decimal:
        """What is to be converted, in the currency that the rate is from."""
        return sum((use.amount for use in self.uses), Decimal(0))

    @property
    def waiting_invoices(self) -> list[Invoice]:
        """The invoices that have not taken the rate over, though it is known."""
        if self.known is None:
            return []
        return list({use.invoice.pk: use.invoice for use in self.uses if use.invoice is not None}.values())

    @property
    def periods(self) -> list[tuple[dt.date, dt.date]]:
        """The first and last days of the periods that wait, each once."""
        return sorted({(use.period.starts_on, use.period.ends_on) for use in self.uses if use.period is not None})

    @property
    def blocked(self) -> set[int]:
        """The keys of the agreements whose statements cannot be calculated without the rate."""
        if self.state != RateState.MISSING:
            return set()
        return {use.agreement.pk for use in self.uses if use.period is not None and use.is_accepted}


def needed_rates(user: Viewer, *, today: dt.date) -> list[NeededRate]:
    """Return the rates that what `user` may see needs through the present period, missing ones first.

    Missing ones come the oldest first, those coming up the soonest first, known ones the latest first. The
    number of queries does not depend on how many there are.
    """
    uses: dict[RateKey, list[Use]] = defaultdict(list)
    for base, quote, day, kind, use in (*sales_uses(user, today=today), *receivable_uses(user)):
        uses[RateKey(base, quote, day, kind)].append(use)
    rates = StoredRates(
        currencies={code for key in uses for code in (key.base, key.quote)}, days={key.on for key in uses}
    )
    found = (_needed(key, waiting, rates, today) for key, waiting in uses.items())
    return sorted((needed for needed in found if needed is not None), key=_order)


def blocked_agreements(rates: Iterable[NeededRate]) -> set[int]:
    """Return the keys of the agreements whose statements wait for any of the rates."""
    return {pk for needed in rates for pk in needed.blocked}


def _needed(key: RateKey, uses: list[Use], rates: StoredRates, today: dt.date) -> NeededRate | None:
    kind = EngineRateKind(key.kind)
    applied = rates.find(key.base, key.quote, key.on, kind)
    known = None if applied is None else describe_rate(applied, on=key.on, kind=kind)
    if known is not None:
        # A payment takes its rate with its invoice's own: while that one is missing, that is where to look.
        uses = [use for use in uses if not use.is_held]
    if not uses:
        return None
    is_exact = known is not None and known.is_exact
    state = RateState.MISSING if known is None else RateState.PRESENT
    if key.on >= today and not is_exact:
        state = RateState.COMING
    return NeededRate(key, tuple(uses), known, state, can_be_entered=not is_exact and key.on <= today)


def _order(needed: NeededRate) -> tuple[object, ...]:
    key = needed.key
    day = -key.on.toordinal() if needed.state == RateState.PRESENT else key.on.toordinal()
    return list(RateState).index(needed.state), day, key.base, key.quote, key.kind
