"""Averages of the daily reference rates of a period."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lrs_tracker.problems import DomainError
from money.domain.conversion import PIVOT, derive_rate
from money.enums import RateKind
from money.models import FxRate

# A period in which more business days than this lack a rate has no average.
MOST_MISSING = 3
_STORED = Decimal(1).scaleb(-10)
_FRIDAY = 4


class TooFewRatesError(DomainError):
    """Refuse an average of a period of which too many business days lack a rate."""

    code = "too-few-rates"


@dataclass(frozen=True, slots=True)
class PeriodAverage:
    """The mean of the daily rates of a period: of how many days, and how many business days have none."""

    base: str
    quote: str
    first: dt.date
    last: dt.date
    rate: Decimal
    days: int
    missing: int
    publisher: str

    @property
    def source(self) -> str:
        """What the average is made of, to be kept as a rate's source."""
        return f"average of {self.days} {self.publisher} reference rates"[:80]


def published_pair(base: str, quote: str) -> tuple[str, str]:
    """Return a pair as it is published: one euro buys the other; a pair without the euro stays as it is."""
    return (quote, base) if quote == PIVOT else (base, quote)


def average_of(base: str, quote: str, first: dt.date, last: dt.date) -> PeriodAverage:
    """Return the arithmetic mean of a pair's reference rates from a day to another, to ten decimals, in one query.

    The rate of a day is the one stored for it, the inverse of that, or the cross through EUR; a day without one
    does not count. Raise TooFewRatesError when more than a few business days have none.
    """
    codes = {base, quote, PIVOT}
    by_day: dict[dt.date, dict[tuple[str, str], FxRate]] = defaultdict(dict)
    for row in FxRate.objects.filter(
        kind=RateKind.REFERENCE, on__range=(first, last), base__in=codes, quote__in=codes
    ).order_by("on", "pk"):
        by_day[row.on][row.base, row.quote] = row
    derived = {day: derive_rate(base, quote, day, RateKind.REFERENCE, known) for day, known in by_day.items()}
    found = {day: rate for day, rate in derived.items() if rate is not None}
    missing = sum(day not in found for day in business_days(first, last))
    if missing > MOST_MISSING or not found:
        raise _too_few(base, quote, first, last, missing)
    mean = sum((rate.rate for rate in found.values()), Decimal(0)) / len(found)
    publisher = " + ".join(sorted({rate.source for rate in found.values()}))
    rate = mean.quantize(_STORED, rounding=ROUND_HALF_EVEN)
    return PeriodAverage(base, quote, first, last, rate, len(found), missing, publisher)


def business_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the days on which the European Central Bank publishes: weekdays but those its systems are closed."""
    # Loaded here: only an average needs it, and it takes long to load.
    import holidays

    closed = holidays.financial_holidays("ECB", years=range(first.year, last.year + 1))
    span = (first + dt.timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in span if day.weekday() <= _FRIDAY and day not in closed]


def _too_few(base: str, quote: str, first: dt.date, last: dt.date, missing: int) -> TooFewRatesError:
    words = {"missing": missing, "first": first.isoformat(), "last": last.isoformat(), "base": base, "quote": quote}
    if not missing:
        text = _("From %(first)s to %(last)s no reference rate from %(base)s to %(quote)s is published.")
        return TooFewRatesError(text % words)
    return TooFewRatesError(
        ngettext(
            "%(missing)s business day from %(first)s to %(last)s has no reference rate from %(base)s to %(quote)s. Import the rates of the period first.",  # noqa: E501  # one sentence for translators
            "%(missing)s business days from %(first)s to %(last)s have no reference rate from %(base)s to %(quote)s. Import the rates of the period first.",  # noqa: E501  # the same
            missing,
        )
        % words
    )
