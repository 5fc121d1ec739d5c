"""Withholding: which rate a period takes, and the tax on a base to date that several rates may share.

Treaties and laws change rates. The base of a period stays at the period's own rate, also when it is restated after
the rate has changed. The tax is rounded once, on the sum of all rates' shares to date, so that no cents drift.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from royalties.engine.agreement import AgreementRules
from royalties.engine.calendar import Period
from royalties.engine.exact import ONE, PERCENT, ROUNDINGS, ZERO, minor_unit, rounded

# What is taxed to date, by the rate (in percent) that it is taxed at.
type BaseByRate = Mapping[Decimal, Decimal]


def withholding_percent_on(rules: AgreementRules, day: dt.date) -> Decimal:
    """Return the rate in force on a day; a reporting period takes that of its last day."""
    percent = rules.withholding_percent
    for change in rules.withholding_changes:
        if change.starts_on > day:
            break
        percent = change.percent
    return percent


def bases_to_date(rules: AgreementRules, periods: Sequence[Period], base: Iterable[Decimal]) -> list[BaseByRate]:
    """Return, for each period, what is taxed through it at each rate, in order of the rates' first use."""
    found: list[BaseByRate] = []
    sums: dict[Decimal, Decimal] = {}
    for period, amount in zip(periods, base, strict=True):
        percent = withholding_percent_on(rules, period.ends_on)
        sums = {**sums, percent: sums.get(percent, ZERO) + amount}
        found.append(sums)
    return found


def withheld_to_date(rules: AgreementRules, bases: BaseByRate) -> Decimal:
    """Return the tax on what is taxed to date."""
    exact = sum((exact_tax(percent, base, gross_up=rules.gross_up) for percent, base in bases.items()), ZERO)
    return rounded(exact, minor_unit(rules.currency), ROUNDINGS[rules.rounding])


def exact_tax(percent: Decimal, base: Decimal, *, gross_up: bool) -> Decimal:
    """Return the exact tax on a base: deducted from it, or grossed up on top of it."""
    rate = percent * PERCENT
    return base * rate / (ONE - rate) if gross_up else base * rate
