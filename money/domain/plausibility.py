"""Whether a rate that someone types is near those that are known."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_day_in_full, format_number, format_percent
from lrs_tracker.problems import DomainError
from money.domain.conversion import INDICATIVE_MAX_AGE, AppliedRate, rates_to
from money.enums import RateKind

# A rate further than this from the latest known one is asked about.
MOST_PERCENT = Decimal(20)


class UnlikelyRateError(DomainError):
    """Ask whether a rate is right that is far from the latest known one; the message says how far."""

    code = "unlikely-rate"


def latest_known_rate(base: str, quote: str, *, on: dt.date) -> AppliedRate | None:
    """Return the latest rate of any kind in the year before a day, else in the year after it, else None."""
    for day in (on, on + INDICATIVE_MAX_AGE):
        known = [
            rate
            for kind in RateKind
            for rate in rates_to(quote, bases=[base], on=day, kind=kind, max_age=INDICATIVE_MAX_AGE).values()
        ]
        if known:
            return max(known, key=lambda rate: rate.on)
    return None


def require_plausible(*, base: str, quote: str, on: dt.date, rate: Decimal) -> None:
    """Raise UnlikelyRateError when a rate is far from the latest known one; where none is known, any will do."""
    known = latest_known_rate(base, quote, on=on)
    if known is None:
        return
    percent = rate * 100 / known.rate - 100
    if abs(percent) <= MOST_PERCENT:
        return
    words = {
        "base": base,
        "quote": quote,
        "rate": format_number(rate, pattern="#,##0.##########"),
        "known": format_number(known.rate, pattern="@#####"),
        "percent": format_percent(abs(percent).quantize(Decimal(1))),
        "day": format_day_in_full(known.on),
        "source": known.source,
    }
    if percent > 0:
        text = _(
            "That is %(percent)s above the latest known rate: 1 %(base)s = %(known)s %(quote)s on %(day)s (%(source)s)."
        )  # one sentence for translators
    else:
        text = _(
            "That is %(percent)s below the latest known rate: 1 %(base)s = %(known)s %(quote)s on %(day)s (%(source)s)."
        )  # the same
    raise UnlikelyRateError(text % words, field="rate")
