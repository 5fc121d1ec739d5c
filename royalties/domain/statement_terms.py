"""The terms that a statement was made by, kept with it as data."""

from typing import Any

from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.agreement import YearAmount, year_amount
from royalties.engine.calendar import Calendar, Period
from royalties.engine.codes import CapWindow
from royalties.engine.escalation import AnnualPercent, Escalator, MissingIndexError, escalation_factor
from royalties.engine.exact import plain
from royalties.engine.terms import Key, Term
from royalties.engine.withholding import withholding_percent_on
from royalties.models import Agreement, PriceIndex, RoyaltyTerm


def terms_used(agreement: Agreement, terms: EngineAgreement, *, period: Period) -> dict[str, Any]:
    """Return the parties, rules, terms and fees of an agreement as JSON, with strings for numbers.

    `minimum` and `cap` are those of the period's contract year, and so is the `factor` of a term's escalator: what its
    base rates are multiplied by, null where a value of the index is missing. `withholding_percent` is the rate of the
    period.
    """
    rules, contract_year = terms.rules, period.contract_year
    rows: dict[Key, RoyaltyTerm] = {
        row.pk: row for row in RoyaltyTerm.objects.filter(agreement=agreement).select_related("index")
    }
    return {
        "agreement": {"code": agreement.code, "title": agreement.title},
        "licensor": _licensor(agreement),
        "licensee": {"name": agreement.licensee.name},
        "amendments": [
            {"number": number, "title": title, "effective_on": effective_on.isoformat()}
            for number, title, effective_on in agreement.amendments.order_by("number").values_list(
                "number", "title", "effective_on"
            )
        ],
        "clauses": agreement.clauses,
        "effective_on": rules.effective_on.isoformat(),
        "ends_on": rules.ends_on and rules.ends_on.isoformat(),
        "contract_year": contract_year,
        "currency": rules.currency,
        "period": str(rules.period),
        "payment_days": agreement.payment_days,
        "due_from": agreement.due_from,
        "minimum": _amount(rules.minimums, contract_year),
        "prorate_minimum": rules.prorate_minimum,
        "cap": _amount(rules.caps, 1 if rules.cap_window == CapWindow.LIFETIME else contract_year),
        "cap_window": str(rules.cap_window),
        "advance": plain(rules.advance),
        "advance_recoupable": rules.advance_recoupable,
        "advance_repayable": rules.advance_repayable,
        "withholding_percent": plain(withholding_percent_on(rules, period.ends_on)),
        "withholding_changes": [
            {"from": change.starts_on.isoformat(), "percent": plain(change.percent)}
            for change in rules.withholding_changes
        ],
        "gross_up": rules.gross_up,
        "fx_rule": str(rules.fx_rule),
        "rounding": str(rules.rounding),
        "interest_percent": plain(agreement.interest_percent),
        "terms": [
            {
                **_term(term, rows[term.id].label),
                "escalator": _escalator(term, terms.calendar, contract_year, index=rows[term.id].index),
            }
            for term in terms.terms
        ],
        "fees": [
            {"id": fee.id, "on": fee.on.isoformat(), "amount": plain(fee.amount), "label": fee.label}
            for fee in terms.fees
        ],
    }


def _licensor(agreement: Agreement) -> dict[str, str]:
    licensor = agreement.licensor
    return {
        "name": licensor.name,
        "address": licensor.address,
        "country": licensor.country,
        "tax_number": licensor.tax_number,
        "bank_details": licensor.bank_details,
        "email": licensor.email,
    }


def _amount(amounts: tuple[YearAmount, ...], contract_year: int) -> str | None:
    amount = year_amount(amounts, contract_year)
    return None if amount is None else plain(amount)


def _term(term: Term, label: str) -> dict[str, Any]:
    return {
        "id": term.id,
        "label": label,
        "clause": term.clause,
        "basis": str(term.basis),
        "mode": str(term.mode),
        "window": str(term.window),
        "creditable": term.creditable,
        "from": term.effective_from.isoformat(),
        "to": term.effective_to and term.effective_to.isoformat(),
        "tiers": [
            {"up_to": None if tier.up_to is None else plain(tier.up_to), "rate": plain(tier.rate)}
            for tier in term.tiers
        ],
        "chemistries": sorted(map(str, term.scope.chemistries)),
        "fields": sorted(map(str, term.scope.fields)),
    }


def _escalator(
    term: Term, calendar: Calendar, contract_year: int, *, index: PriceIndex | None
) -> dict[str, Any] | None:
    escalator = term.escalator
    if escalator is None:
        return None
    found = {
        "factor": _factor(escalator, calendar, contract_year),
        "cap": None if escalator.cap is None else plain(escalator.cap),
        "floor": None if escalator.floor is None else plain(escalator.floor),
    }
    if isinstance(escalator, AnnualPercent):
        return {"kind": "percent", "percent": plain(escalator.percent), **found}
    return {"kind": "index", "index": index.name if index else "", **found}


def _factor(escalator: Escalator, calendar: Calendar, contract_year: int) -> str | None:
    try:
        return plain(escalation_factor(escalator, contract_year, lambda year: calendar.contract_year(year).starts_on))
    except MissingIndexError:
        # No line of the statement needs it: the calculation would have been refused.
        return None
