"""A stored agreement as the terms of a term sheet."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from plants.enums import MilestoneKind
from royalties.domain.engine_input import read_agreement
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.agreement import AgreementRules
from royalties.engine.escalation import AnnualPercent, Escalator, Index
from royalties.engine.exact import plain
from royalties.engine.terms import Key, Term
from royalties.enums import FeeTrigger
from royalties.models import Agreement, Fee, RoyaltyTerm


def terms_of_agreement(agreement: Agreement) -> tuple[dict[str, Any], list[str]]:
    """Return an agreement's terms as those of a term sheet, and in words what a term sheet cannot say of them.

    The agreement needs an effective date.
    """
    stored = read_agreement(agreement)
    names = _names(stored.terms)
    left_out = list(_left_out(stored))
    fees = list(Fee.objects.filter(agreement=agreement).order_by("due_on", "pk"))
    days = {fee.id: fee.on for fee in stored.fees}
    rows, at_sop = [], []
    for number, fee in enumerate(fees, start=1):
        is_at_sop = fee.trigger == FeeTrigger.MILESTONE and fee.milestone == MilestoneKind.START_OF_PRODUCTION
        if fee.pk not in days and not is_at_sop:
            left_out.append(_("The fee “%(fee)s” waits for a milestone and is left out.") % {"fee": fee.label})
            continue
        day = days.get(fee.pk, stored.rules.effective_on)
        rows.append({"id": f"f{number}", "on": day.isoformat(), "amount": plain(fee.amount), "label": fee.label})
        if is_at_sop:
            at_sop.append(f"f{number}")
    terms = {
        "agreement": _rules(stored.rules),
        "terms": [_term(term, names) for term in stored.terms],
        "fees": rows,
        "sop_fees": at_sop,
    }
    return terms, left_out


def _names(terms: Sequence[Term]) -> dict[Key, str]:
    labels = dict(RoyaltyTerm.objects.filter(pk__in=[term.id for term in terms]).values_list("pk", "label"))
    names: dict[Key, str] = {}
    for term in terms:
        label = labels[int(term.id)]
        names[term.id] = label if label not in names.values() else f"{label} {len(names) + 1}"
    return names


def _rules(rules: AgreementRules) -> dict[str, Any]:
    start = rules.contract_year_start
    return {
        "currency": rules.currency,
        "effective_on": rules.effective_on.isoformat(),
        "ends_on": rules.ends_on and rules.ends_on.isoformat(),
        "contract_year_start": f"{start[0]:02}-{start[1]:02}" if start else None,
        "period": rules.period.value,
        "payment_days": rules.payment_days,
        "minimums": [
            {"contract_year": minimum.contract_year, "amount": plain(minimum.amount)} for minimum in rules.minimums
        ],
        "prorate_minimum": rules.prorate_minimum,
        "cap": plain(rules.caps[0].amount) if rules.caps else None,
        "cap_window": rules.cap_window.value,
        "advance": plain(rules.advance),
        "advance_recoupable": rules.advance_recoupable,
        "advance_repayable": rules.advance_repayable,
        "withholding_percent": plain(rules.withholding_percent),
        "withholding_changes": [
            {"from": change.starts_on.isoformat(), "percent": plain(change.percent)}
            for change in rules.withholding_changes
        ],
        "gross_up": rules.gross_up,
        "fx_rule": rules.fx_rule.value,
        "rounding": rules.rounding.value,
    }


def _term(term: Term, names: dict[Key, str]) -> dict[str, Any]:
    return {
        "id": names[term.id],
        "basis": term.basis.value,
        "mode": term.mode.value,
        "window": term.window.value,
        "creditable": term.creditable,
        "clause": term.clause,
        "continues": None if term.continues is None else names[term.continues],
        "tiers": [{"up_to": _figure(tier.up_to), "rate": plain(tier.rate)} for tier in term.tiers],
        "from": term.effective_from.isoformat(),
        "to": term.effective_to and term.effective_to.isoformat(),
        "scope": {
            "plants": sorted(str(key) for key in term.scope.plants),
            "chemistries": sorted(str(key) for key in term.scope.chemistries),
            "fields": sorted(str(key) for key in term.scope.fields),
        },
        "escalator": _escalator(term.escalator),
    }


def _escalator(escalator: Escalator | None) -> dict[str, Any] | None:
    if not isinstance(escalator, AnnualPercent):
        return None
    return {
        "percent": plain(escalator.percent),
        "cap": _figure(escalator.cap),
        "floor": _figure(escalator.floor),
    }


def _figure(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _left_out(stored: EngineAgreement) -> list[str]:
    words = []
    if any(isinstance(term.escalator, Index) for term in stored.terms):
        words.append(_("A price index is left out: give a yearly percentage instead."))
    caps = stored.rules.caps
    if len(caps) > 1 or any(cap.contract_year > 1 for cap in caps):
        words.append(_("Of the caps by contract year the first is taken for all."))
    return words
