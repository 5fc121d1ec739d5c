"""What dated cash is worth on one day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Cash:
    """An amount received on a day; negative when paid."""

    on: dt.date
    amount: Decimal


def net_present_value(cash: Iterable[Cash], *, annual_percent: Decimal, on: dt.date) -> Decimal:
    """Return the worth of `cash` on a day, not rounded: each amount over (1 + rate) ^ (days / 365).

    Cash before the day is worth more on it than it was. Raise ValueError for a rate of −100 % or less.
    """
    growth = 1 + annual_percent / 100
    if growth <= 0:
        raise ValueError("An annual rate is above −100 %.")
    return sum((flow.amount / growth ** (Decimal((flow.on - on).days) / _DAYS_A_YEAR) for flow in cash), Decimal(0))


def cumulated(cash: Iterable[Cash]) -> list[Cash]:
    """Return the running total by day, in order: one entry for each day with cash."""
    by_day: dict[dt.date, Decimal] = {}
    for flow in cash:
        by_day[flow.on] = by_day.get(flow.on, Decimal(0)) + flow.amount
    series: list[Cash] = []
    for on in sorted(by_day):
        series.append(Cash(on, by_day[on] + (series[-1].amount if series else 0)))
    return series
