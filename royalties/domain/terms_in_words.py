"""The terms that a statement keeps, in words: for its page and its PDF."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount, format_day_in_full, format_number, format_percent
from royalties.domain.explanations import basis_unit
from royalties.domain.rate_words import format_factor
from royalties.engine.escalation import AnnualPercent, escalation_factor
from royalties.enums import Basis, CapWindow, DueFrom, FxRule, Rounding, TierMode, TierWindow
from royalties.models import Statement

type Terms = Mapping[str, Any]


class TermInWords(NamedTuple):
    """One term: what it is about, what it says, its clause, and its rates in the contract year where they rise."""

    label: str
    text: str
    clause: str = ""
    in_force: str = ""


def terms_in_words(statement: Statement) -> list[TermInWords]:
    """Return the terms that a statement keeps in the order of a contract; one that kept none has none."""
    return list(_rows(statement)) if statement.terms_used else []


def _rows(statement: Statement) -> Iterator[TermInWords]:
    terms = statement.terms_used
    clauses = terms["clauses"]
    currency = terms["currency"]
    first, last = statement.period_start.isoformat(), statement.period_end.isoformat()
    for term in terms["terms"]:
        if term["to"] is None or term["to"] >= term["from"]:
            applies = term["from"] <= last and (term["to"] is None or first <= term["to"])
            in_force = _in_force(term, currency, terms["contract_year"]) if applies else ""
            yield TermInWords(term["label"], _royalty(term, currency), term["clause"], in_force)
    if terms["minimum"] is not None:
        words = _("%(amount)s a contract year") % {"amount": format_amount(Decimal(terms["minimum"]), currency)}
        if terms["prorate_minimum"]:
            words = _("%(words)s, pro rata by days in a short year") % {"words": words}
        yield TermInWords(_("Minimum"), words, clauses.get("minimum", ""))
    if terms["cap"] is not None:
        amount = format_amount(Decimal(terms["cap"]), currency)
        window = CapWindow(terms["cap_window"]).label.lower()
        yield TermInWords(_("Cap"), f"{amount}, {window}", clauses.get("cap", ""))
    if Decimal(terms["advance"]):
        words = _("recouped from royalties") if terms["advance_recoupable"] else _("not recouped")
        amount = format_amount(Decimal(terms["advance"]), currency)
        # Statements of before repayment was calculated do not say.
        if terms.get("advance_repayable"):
            words = _("%(words)s, what is left at the end is repaid") % {"words": words}
        yield TermInWords(_("Advance"), f"{amount}, {words}", clauses.get("advance", ""))
    yield from _rules(terms, clauses)


def _rules(terms: Terms, clauses: Mapping[str, str]) -> Iterator[TermInWords]:
    # Statements of before a rate could change from a day do not say.
    changes = terms.get("withholding_changes", ())
    if Decimal(terms["withholding_percent"]) or changes:
        words = _("paid on top by the licensee") if terms["gross_up"] else _("deducted")
        rate = format_percent(Decimal(terms["withholding_percent"]))
        for change in changes:
            words = _("%(words)s; %(rate)s from %(day)s on") % {
                "words": words,
                "rate": format_percent(Decimal(change["percent"])),
                "day": format_day_in_full(dt.date.fromisoformat(change["from"])),
            }
        yield TermInWords(_("Withholding tax"), f"{rate}, {words}", clauses.get("withholding", ""))
    if any(term["basis"] == Basis.NET_SALES for term in terms["terms"]):
        yield TermInWords(_("Conversion of sales"), str(FxRule(terms["fx_rule"]).label), clauses.get("fx", ""))
    rounding = _("%(how)s, once at each line") % {"how": Rounding(terms["rounding"]).label}
    yield TermInWords(_("Rounding"), rounding, clauses.get("rounding", ""))
    payment = _("%(days)s days after %(start)s") % {
        "days": terms["payment_days"],
        "start": DueFrom(terms["due_from"]).label.lower(),
    }
    yield TermInWords(_("Payment"), payment, clauses.get("payment", ""))
    if Decimal(terms["interest_percent"]):
        rate = format_percent(Decimal(terms["interest_percent"]))
        yield TermInWords(_("Late interest"), _("%(rate)s a year") % {"rate": rate}, clauses.get("interest", ""))


def _royalty(term: Terms, currency: str) -> str:
    """Return “Energy sold, kWh: up to … at …; above at …. Graduated over the contract year, …”."""
    words = f"{Basis(term['basis']).label}: {_tiers(term, currency, Decimal(1))}"
    window = {"window": str(TierWindow(term["window"]).label).lower()}
    parts = []
    if len(term["tiers"]) > 1 and term["mode"] == TierMode.GRADUATED:
        parts.append(_("graduated, counted over the %(window)s") % window)
    elif len(term["tiers"]) > 1:
        parts.append(_("all at the rate of the tier reached, counted over the %(window)s") % window)
    if term["escalator"] is not None:
        parts.append(_escalator(term["escalator"]))
    if not term["creditable"]:
        parts.append(_("not counting towards the minimum"))
    if term["to"] is not None:
        parts.append(_("until %(day)s") % {"day": format_day_in_full(dt.date.fromisoformat(term["to"]))})
    return f"{words}. {capfirst(', '.join(parts))}" if parts else words


def _in_force(term: Terms, currency: str, contract_year: int) -> str:
    """Return “Contract year 3, base rates × 1.0404: up to … at …”; nothing where rates stay or are not known."""
    factor = _factor(term["escalator"], contract_year)
    if factor is None:
        return ""
    return _("Contract year %(year)s, base rates × %(factor)s: %(tiers)s") % {
        "year": contract_year,
        "factor": format_factor(factor),
        "tiers": _tiers(term, currency, factor),
    }


def _factor(escalator: Terms | None, contract_year: int) -> Decimal | None:
    if escalator is None:
        return None
    if "factor" in escalator:
        return None if escalator["factor"] is None else Decimal(escalator["factor"])
    # Statements of before the factor was kept have all that a percentage needs, and no values of an index.
    if escalator["kind"] == "index":
        return None
    cap, floor = (escalator[name] and Decimal(escalator[name]) for name in ("cap", "floor"))
    percent = AnnualPercent(Decimal(escalator["percent"]), cap=cap, floor=floor)
    return escalation_factor(percent, contract_year, lambda _year: dt.date.min)


def _tiers(term: Terms, currency: str, factor: Decimal) -> str:
    unit = basis_unit(term["basis"], currency)
    return "; ".join(
        _tier(tier, Decimal(tier["rate"]) * factor, term["basis"], unit, currency, place)
        for place, tier in enumerate(term["tiers"])
    )


def _tier(tier: Terms, exact_rate: Decimal, basis: str, unit: str, currency: str, place: int) -> str:
    rate = format_number(exact_rate, pattern="#,##0.00######")
    match basis:
        case Basis.NET_SALES:
            price = f"{rate} %"
        case Basis.LUMP_SUM:
            price = format_amount(exact_rate, currency)
        case _:
            price = f"{currency} {rate} / {unit}"
    if tier["up_to"] is None:
        return _("above that %(price)s") % {"price": price} if place else price
    bound = format_number(Decimal(tier["up_to"]), pattern="#,##0.###")
    return _("up to %(bound)s %(unit)s at %(price)s") % {"bound": bound, "unit": unit, "price": price}


def _escalator(escalator: Terms) -> str:
    # Statements of before the name of an index was kept do not say.
    if escalator["kind"] == "index" and (name := escalator.get("index")):
        words = _("rates follow %(index)s") % {"index": name}
    elif escalator["kind"] == "index":
        words = _("rates follow an index")
    else:
        words = _("rates rise by %(rate)s a contract year") % {"rate": format_percent(Decimal(escalator["percent"]))}
    for limit, name in ((_("at least %(percent)s"), "floor"), (_("at most %(percent)s"), "cap")):
        if escalator[name] is not None:
            words += ", " + limit % {"percent": format_percent(Decimal(escalator[name]))}
    return words
