"""Agreements of the engine for tests."""

import datetime as dt
from decimal import Decimal

from royalties.engine.agreement import Agreement, AgreementRules
from royalties.engine.calculation import calculate
from royalties.engine.codes import Basis, LineKind, PeriodLength, TierMode, TierWindow
from royalties.engine.fx import RateTable
from royalties.engine.quantities import TermQuantity
from royalties.engine.terms import Term, Tier

START = dt.date(2026, 1, 1)
H1, H2 = dt.date(2026, 6, 30), dt.date(2026, 12, 31)
NO_RATES = RateTable([])


def tiers(*steps):
    """Tiers from (bound, rate) pairs of texts."""
    return tuple(Tier(None if bound is None else Decimal(bound), Decimal(rate)) for bound, rate in steps)


def make_term(**changes):
    values = {
        "id": "t1",
        "basis": Basis.ENERGY_SOLD,
        "mode": TierMode.GRADUATED,
        "window": TierWindow.CONTRACT_YEAR,
        "tiers": tiers(("5000000", "2.00"), ("15000000", "1.50"), (None, "1.00")),
        "effective_from": START,
    }
    return Term(**values | changes)


def make_agreement(*terms, fees=(), **rules):
    values = {"currency": "USD", "effective_on": START, "period": PeriodLength.HALF_YEAR, "contract_year_start": (1, 1)}
    return Agreement(AgreementRules(**values | rules), terms or (make_term(),), tuple(fees))


def sold(period_end, quantity, term="t1", currency=""):
    return TermQuantity(term, period_end, currency, Decimal(quantity))


def run(agreement, *quantities, through=H2, rates=NO_RATES):
    """Calculate, and return {(kind, term or fee, period end): amount}."""
    lines = calculate(agreement, quantities, through=through, rates=rates)
    return {tuple(key): line.amount for key, line in lines.items()}


def kind_of(lines, kind):
    return {key[2]: amount for key, amount in lines.items() if key[0] == LineKind(kind)}
