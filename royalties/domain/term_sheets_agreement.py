"""Saving the chosen term sheet as the draft of an agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from plants.enums import MilestoneKind
from plants.models import Plant
from royalties.domain.agreements import create_agreement
from royalties.domain.engine_input import read_agreement
from royalties.domain.fees import add_fee
from royalties.domain.sandbox_ramps import SandboxPlant, earliest_sop, sop_of
from royalties.domain.sandbox_terms import SheetTerms, read_terms, term_values
from royalties.domain.terms import TierStep, add_term
from royalties.domain.year_amounts import YearValue, set_caps, set_minimums
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.agreement import Fee as EngineFee
from royalties.engine.terms import Key, Term
from royalties.enums import CapWindow, FeeKind, FeeTrigger
from royalties.models import Agreement, Fee, Licensor, Minimum, RoyaltyTerm, TermSheet, Tier


@transaction.atomic
def save_as_draft(
    *,
    sheet: TermSheet,
    title: str,
    licensor: Licensor,
    plants: Sequence[SandboxPlant],
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Create the draft agreement that a term sheet describes, with the deal's company as licensee.

    A fee at the start of production falls due with the milestone of the plant that starts first. Raise DomainError
    for terms that an agreement cannot hold as they are, ScenarioError for terms that contradict,
    StaleVersionError when the term sheet is no longer at `expected_version`.
    """
    require_permission(by, "royalties.add_agreement")
    locked = lock_row(sheet, expected_version=expected_version)
    terms = read_terms(locked.terms, sop_on=sop_of(plants))
    rules = terms.agreement.rules
    if rules.withholding_changes:
        raise DomainError(_("A draft has one withholding rate: record later rates as amendments once it is signed."))
    start = rules.contract_year_start
    values = {
        "title": title,
        "currency": rules.currency,
        "effective_on": rules.effective_on,
        "expires_on": rules.ends_on,
        "contract_year_start": f"{start[0]:02}-{start[1]:02}" if start else "",
        "reporting_period": rules.period.value,
        "payment_days": rules.payment_days,
        "prorate_minimum": rules.prorate_minimum,
        "cap_window": rules.cap_window.value,
        "advance": rules.advance,
        "is_advance_recoupable": rules.advance_recoupable,
        "is_advance_repayable": rules.advance_repayable,
        "withholding_percent": rules.withholding_percent,
        "is_grossed_up": rules.gross_up,
        "fx_rule": rules.fx_rule.value,
        "rounding": rules.rounding.value,
    }
    _check_fields(Agreement, values)
    agreement = create_agreement(
        deal=locked.deal,
        values={**values, "licensor": licensor, "licensee": locked.deal.company},
        plants=[one.plant for one in plants],
        by=by,
    )
    names = _add_terms(agreement, terms.agreement.terms, [one.plant for one in plants], by)
    for amount in (*rules.minimums, *rules.caps):
        _check_fields(Minimum, {"contract_year": amount.contract_year, "amount": amount.amount})
    if rules.minimums:
        minimums = [YearValue(one.contract_year, one.amount) for one in rules.minimums]
        set_minimums(agreement=agreement, minimums=minimums, is_prorated=rules.prorate_minimum, by=by)
    if rules.caps:
        caps = [YearValue(one.contract_year, one.amount) for one in rules.caps]
        set_caps(agreement=agreement, caps=caps, window=CapWindow(rules.cap_window.value), by=by)
    for fee in (*terms.agreement.fees, *terms.waiting):
        values = _fee_values(fee, terms, plants)
        _check_fields(Fee, values)
        add_fee(agreement=agreement, values=values, by=by)
    _refuse_other(read_agreement(agreement), terms.agreement, names)
    write_changes(locked, {"agreement": agreement})
    return agreement


def _add_terms(agreement: Agreement, terms: Sequence[Term], plants: Sequence[Plant], by: User) -> dict[Key, Key]:
    """Add the terms, those that others continue first, and return their names by their new keys."""
    stored: dict[Key, RoyaltyTerm] = {}
    left = list(terms)
    while left:
        term = next(one for one in left if one.continues is None or one.continues in stored)
        left.remove(term)
        _check_fields(RoyaltyTerm, term_values(term))
        for tier in term.tiers:
            _check_fields(Tier, {"up_to": tier.up_to, "rate": tier.rate})
        stored[term.id] = add_term(
            agreement=agreement,
            values={**term_values(term), "continues": None if term.continues is None else stored[term.continues]},
            tiers=[TierStep(tier.up_to, tier.rate) for tier in term.tiers],
            plants=[plant for plant in plants if str(plant.pk) in term.scope.plants],
            by=by,
        )
    return {term.pk: name for name, term in stored.items()}


def _fee_values(fee: EngineFee, terms: SheetTerms, plants: Sequence[SandboxPlant]) -> dict[str, Any]:
    label = fee.label or str(fee.id)
    if fee.id not in terms.sop_fees:
        kind = FeeKind.UPFRONT if fee.on <= terms.agreement.rules.effective_on else FeeKind.OTHER
        return {"label": label, "amount": fee.amount, "kind": kind, "trigger": FeeTrigger.DATE, "due_on": fee.on}
    first = earliest_sop(plants) or next(iter(plants), None)
    if first is None:
        raise DomainError(
            _("The fee “%(fee)s” falls due at the start of production: link a plant to the deal first.")
            % {"fee": label}
        )
    return {
        "label": label,
        "amount": fee.amount,
        "kind": FeeKind.MILESTONE,
        "trigger": FeeTrigger.MILESTONE,
        "plant": first.plant,
        "milestone": MilestoneKind.START_OF_PRODUCTION,
    }


def _check_fields(model: type[Model], values: Mapping[str, Any]) -> None:
    """Raise DomainError for a value that a field of the model does not hold."""
    for name, value in values.items():
        field = model._meta.get_field(name)
        if not isinstance(field, Field) or field.is_relation:
            continue
        try:
            field.clean(value, None)
        except ValidationError as error:
            raise DomainError(f"{field.verbose_name}: {' '.join(error.messages)}") from error


def _refuse_other(stored: EngineAgreement, wanted: EngineAgreement, names: dict[Key, Key]) -> None:
    """Raise DomainError when the stored agreement would calculate otherwise: more decimals than it holds, or plants."""
    renamed = {
        replace(
            term,
            id=names[term.id],
            continues=None if term.continues is None else names[term.continues],
            scope=replace(term.scope, plants=frozenset(str(key) for key in term.scope.plants)),
        )
        for term in stored.terms
    }
    if stored.rules != wanted.rules or renamed != set(wanted.terms):
        raise DomainError(
            _("An agreement cannot hold these terms as they are: too many decimals, or a plant the deal is not about.")
        )
