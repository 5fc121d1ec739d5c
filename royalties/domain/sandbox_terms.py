"""The terms of a term sheet: a what-if document's agreement, terms and fees, read by the engine's strict reader.

A term sheet may also name, under `sop_fees`, the ids of fees that fall due at the start of production, whatever their
own day says.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from royalties.engine.agreement import Agreement, Fee
from royalties.engine.codes import Basis
from royalties.engine.document import read_scenario
from royalties.engine.escalation import AnnualPercent, Escalator
from royalties.engine.problems import Problem, ScenarioError
from royalties.engine.terms import Key, Term
from royalties.enums import EscalatorKind

_SECTIONS = ("agreement", "terms", "fees")


@dataclass(frozen=True, slots=True)
class SheetTerms:
    """What a term sheet says; `waiting` are the fees at a start of production that is not planned yet."""

    agreement: Agreement
    sop_fees: frozenset[Key]
    waiting: tuple[Fee, ...]


def read_terms(terms: object, *, sop_on: dt.date | None) -> SheetTerms:
    """Return what a term sheet says, with its fees at the start of production on that day.

    Raise ScenarioError with a problem for each field that is wrong.
    """
    if not isinstance(terms, Mapping):
        raise ScenarioError([Problem("", _("These are no terms."))])
    at_sop = _sop_fees(terms)
    document = {name: terms[name] for name in _SECTIONS if name in terms}
    document["fees"] = [_dated(fee, at_sop, sop_on, document) for fee in _rows(terms.get("fees", []))]
    if not isinstance(terms.get("fees", []), list):
        document["fees"] = terms["fees"]
    agreement = read_scenario(document).agreement
    waiting = () if sop_on else tuple(fee for fee in agreement.fees if fee.id in at_sop)
    kept = tuple(fee for fee in agreement.fees if fee not in waiting)
    return SheetTerms(Agreement(agreement.rules, agreement.terms, kept), frozenset(at_sop), waiting)


def blank_terms(*, currency: str, effective_on: dt.date) -> dict[str, Any]:
    """Return terms to begin with: one term without tiers, reported by quarters."""
    return {
        "agreement": {
            "currency": currency,
            "effective_on": effective_on.isoformat(),
            "period": "quarter",
            "payment_days": 45,
        },
        "terms": [
            {
                "id": _("Royalty"),
                "basis": Basis.ENERGY_SOLD.value,
                "mode": "graduated",
                "window": "contract_year",
                "tiers": [],
            }
        ],
        "fees": [],
        "sop_fees": [],
    }


def term_values(term: Term) -> dict[str, Any]:
    """Return the fields of a stored royalty term, but for its plants and what it continues."""
    return {
        "label": str(term.id),
        "clause": term.clause,
        "basis": term.basis.value,
        "mode": term.mode.value,
        "window": term.window.value,
        "effective_from": term.effective_from,
        "effective_to": term.effective_to,
        "chemistries": sorted(str(key) for key in term.scope.chemistries),
        "fields": sorted(str(key) for key in term.scope.fields),
        "is_creditable": term.creditable,
        **_escalator_values(term.escalator),
    }


def _escalator_values(escalator: Escalator | None) -> dict[str, Any]:
    if not isinstance(escalator, AnnualPercent):
        return {"escalator": EscalatorKind.NONE}
    return {
        "escalator": EscalatorKind.PERCENT,
        "escalator_percent": escalator.percent,
        "escalator_floor_percent": escalator.floor,
        "escalator_cap_percent": escalator.cap,
    }


def _sop_fees(terms: Mapping[str, Any]) -> set[str]:
    named = terms.get("sop_fees") or []
    return {str(key) for key in named} if isinstance(named, list) else set()


def _dated(fee: Any, at_sop: set[str], sop_on: dt.date | None, document: Mapping[str, Any]) -> Any:
    if not isinstance(fee, Mapping) or fee.get("id") not in at_sop:
        return fee
    if sop_on is not None:
        return {**fee, "on": sop_on.isoformat()}
    agreement = document.get("agreement")
    # Any day of the agreement will do to check the rest of a fee that waits.
    return {**fee, "on": agreement.get("effective_on") if isinstance(agreement, Mapping) else None}


def _rows(rows: Any) -> Iterator[Any]:
    yield from rows if isinstance(rows, list) else ()
