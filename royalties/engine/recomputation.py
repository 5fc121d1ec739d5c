"""Rebuilding the amount of a line from its trace alone."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from royalties.engine.calculation import shortfall, uncredited_after_cap
from royalties.engine.codes import LineKind, Rounding
from royalties.engine.escalation import hold, index_percent
from royalties.engine.exact import EXACT, ONE, PERCENT, ROUNDINGS, ZERO, rounded
from royalties.engine.withholding import exact_tax


def recompute(trace: Mapping[str, Any]) -> Decimal:
    """Return the amount that the figures of a trace make: what the line is to date, less what was stated."""
    with localcontext(EXACT):
        to_date = ZERO if trace.get("removed") else _to_date(trace)
        return to_date - Decimal(trace["stated"])


def _to_date(trace: Mapping[str, Any]) -> Decimal:
    match LineKind(trace["kind"]):
        case LineKind.ROYALTY:
            return _royalty(trace)
        case LineKind.CAP:
            return _cut(trace["cap"], "earned_before") - _cut(trace["cap"], "earned")
        case LineKind.SHORTFALL:
            return _shortfall(trace)
        case LineKind.FEE:
            return Decimal(trace["fee"]["amount"])
        case LineKind.RECOUPMENT:
            return _recouped(trace["recoupment"], "earned") - _recouped(trace["recoupment"], "earned_before")
        case LineKind.REPAYMENT:
            return _repaid(trace["repayment"])
        case LineKind.WITHHOLDING:
            return _withheld(trace, "base") - _withheld(trace, "base_before")


def _royalty(trace: Mapping[str, Any]) -> Decimal:
    factors = _factors(trace["escalator"])
    scale = PERCENT if trace["rate_unit"] == "percent" else ONE
    exact = ZERO
    for part in trace["tiers"]:
        rate = Decimal(part["agreed_rate"]) * scale * factors.get(part["contract_year"], ONE)
        exact += Decimal(part["quantity"]) * rate
    return _rounded(exact, trace)


def _factors(steps: list[Mapping[str, Any]]) -> dict[int, Decimal]:
    factor = ONE
    factors = {}
    for step in steps:
        percent = Decimal(step["percent"])
        if step["index"] is not None:
            percent = index_percent(*(Decimal(value) for value in step["index"]))
        limits = {name: None if step[name] is None else Decimal(step[name]) for name in ("floor", "cap")}
        factor *= ONE + hold(percent, floor=limits["floor"], cap=limits["cap"]) * PERCENT
        factors[step["contract_year"]] = factor
    return factors


def _cut(cap: Mapping[str, Any], total: str) -> Decimal:
    return ZERO if cap["cap"] is None else max(ZERO, Decimal(cap[total]) - Decimal(cap["cap"]))


def _shortfall(trace: Mapping[str, Any]) -> Decimal:
    figures = trace["shortfall"]
    minimum, earned, cut = (Decimal(figures[name]) for name in ("agreed_minimum", "earned", "cut"))
    if figures["prorated"] is not None:
        minimum = _rounded(minimum * figures["prorated"]["days"] / figures["prorated"]["of"], trace)
    return shortfall(
        minimum=minimum,
        credited=earned - cut - uncredited_after_cap(Decimal(figures["not_creditable"]), cut),
        cap=None if figures["cap"] is None else Decimal(figures["cap"]),
        earned=earned - cut,
    )


def _recouped(figures: Mapping[str, Any], total: str) -> Decimal:
    return min(Decimal(figures["advance"]), max(ZERO, Decimal(figures[total])))


def _repaid(figures: Mapping[str, Any]) -> Decimal:
    return Decimal(figures["advance"]) - Decimal(figures["recouped"]) if figures["is_due"] else ZERO


def _withheld(trace: Mapping[str, Any], total: str) -> Decimal:
    figures = trace["withholding"]
    # Only where more than one rate has been in force does the trace say what is taxed at each.
    shares = figures.get("by_rate", [figures])
    taxes = (
        exact_tax(Decimal(share["percent"]), Decimal(share[total]), gross_up=figures["gross_up"]) for share in shares
    )
    return _rounded(sum(taxes, ZERO), trace)


def _rounded(exact: Decimal, trace: Mapping[str, Any]) -> Decimal:
    return rounded(exact, Decimal(trace["minor_unit"]), ROUNDINGS[Rounding(trace["rounding"])])
