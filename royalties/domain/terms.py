"""Royalty terms and their tiers: entering, correcting, replacing, ending."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError
from lrs_tracker.visible_text import refuse_unseen
from plants.models import Plant
from royalties.domain.agreement_edits import drop_draft_statement, lock_for_change, no_new_contradiction
from royalties.enums import EscalatorKind
from royalties.models import Agreement, Amendment, RoyaltyTerm, RoyaltyTermPlant, Tier

_DAY = dt.timedelta(days=1)
_RULES = {
    "royalties_royaltyterm_ends_after_start": (_("A term cannot end before it starts."), "effective_to"),
    "royalties_royaltyterm_escalator_percent_given": (_("Give the escalator's percentage."), "escalator_percent"),
    "royalties_royaltyterm_escalator_index_given": (_("Choose the index and its base year."), "index"),
}
_TIER_RULES = {
    "royalties_tier_one_open": (_("Only the last tier has no bound."), "tiers"),
    "royalties_tier_rate_plausible": (_("A rate is too large, or negative."), "tiers"),
    "royalties_tier_bound_plausible": (_("A bound is too large, or not above zero."), "tiers"),
}


class TierStep(NamedTuple):
    """A tier as it is entered: up to a quantity (none: without a bound) at a rate."""

    up_to: Decimal | None
    rate: Decimal


@transaction.atomic
def add_term(
    *,
    agreement: Agreement,
    values: Mapping[str, Any],
    tiers: Sequence[TierStep],
    plants: Collection[Plant] = (),
    amendment: Amendment | None = None,
    by: User,
) -> RoyaltyTerm:
    """Add a term to a draft, or by an amendment to an agreement in force.

    Raise DomainError for what contradicts the agreement or its other terms.
    """
    require_permission(by, "royalties.add_royaltyterm")
    locked = lock_for_change(agreement, amendment=amendment)
    _refuse_undated(locked)
    _refuse_before(amendment, values["effective_from"])
    return _add(locked, values, tiers, plants, amendment)


@transaction.atomic
def change_term(
    *,
    term: RoyaltyTerm,
    values: Mapping[str, Any],
    tiers: Sequence[TierStep] | None = None,
    plants: Collection[Plant] | None = None,
    expected_version: int | None = None,
    by: User,
) -> RoyaltyTerm:
    """Correct a term of a draft, or one on which nothing has been stated yet.

    Raise DomainError for what contradicts, AmendmentNeededError once a statement rests on it.
    """
    require_permission(by, "royalties.change_royaltyterm")
    agreement = lock_for_change(term.agreement, amendment=term.introduced_by)
    locked = lock_row(term, expected_version=expected_version)
    with no_new_contradiction(agreement, term=locked):
        _check(agreement, values)
        with constraints_in_words(RoyaltyTerm, _RULES):
            locked = write_changes(locked, _whole(values))
        has_changed = tiers is not None and _write_tiers(locked, tiers)
        has_changed |= plants is not None and _write_plants(locked, plants)
        if has_changed:
            # Tiers and plants are a part of the term: whoever saw an older one is told.
            RoyaltyTerm.objects.filter(pk=locked.pk).update(updated_at=Now())
    return locked


@transaction.atomic
def remove_term(*, term: RoyaltyTerm, expected_version: int | None = None, by: User) -> None:
    """Remove a term of a draft, or one on which nothing has been stated yet. Raise as `change_term` does."""
    require_permission(by, "royalties.delete_royaltyterm")
    lock_for_change(term.agreement, amendment=term.introduced_by)
    term = lock_row(term, expected_version=expected_version)
    if term.continued_by.exists():
        raise StateError(_("Another term continues this one: change that one first."))
    drop_draft_statement(term.agreement)
    term.delete()


@transaction.atomic
def end_term(*, term: RoyaltyTerm, amendment: Amendment, expected_version: int | None = None, by: User) -> RoyaltyTerm:
    """End a term on the day before an amendment applies.

    Raise DomainError for a term that has ended by then.
    """
    require_permission(by, "royalties.sign_agreement")
    lock_for_change(term.agreement, amendment=amendment)
    locked = lock_row(term, expected_version=expected_version)
    last_day = amendment.effective_on - _DAY
    if locked.effective_to is not None and locked.effective_to <= last_day:
        raise StateError(_("This term has ended by then."))
    with constraints_in_words(RoyaltyTerm, _RULES):
        # A term that would start later is over before it starts: it never applies.
        first = locked.effective_from - _DAY
        return write_changes(locked, {"effective_to": max(last_day, first), "ended_by": amendment})


@transaction.atomic
def replace_term(
    *,
    term: RoyaltyTerm,
    amendment: Amendment,
    values: Mapping[str, Any],
    tiers: Sequence[TierStep],
    plants: Collection[Plant],
    counts_on: bool,
    by: User,
) -> RoyaltyTerm:
    """Put another term in the place of one from the day on which an amendment applies.

    With `counts_on`, its tiers count on where the other stopped. Raise DomainError for what contradicts.
    """
    require_permission(by, "royalties.sign_agreement")
    agreement = lock_for_change(term.agreement, amendment=amendment)
    until = term.effective_to
    ended = end_term(term=term, amendment=amendment, by=by)
    facts = {
        **values,
        "effective_from": max(amendment.effective_on, term.effective_from),
        "effective_to": values.get("effective_to") or until,
        "continues": ended if counts_on else None,
    }
    return _add(agreement, facts, tiers, plants, amendment)


def _add(
    agreement: Agreement,
    values: Mapping[str, Any],
    tiers: Sequence[TierStep],
    plants: Collection[Plant],
    amendment: Amendment | None,
) -> RoyaltyTerm:
    _check(agreement, values)
    term = RoyaltyTerm(agreement=agreement, introduced_by=amendment, **_whole(values))
    with no_new_contradiction(agreement, term=term):
        with constraints_in_words(RoyaltyTerm, _RULES):
            term.save()
        _write_tiers(term, tiers)
        _write_plants(term, plants)
    return term


def _refuse_undated(agreement: Agreement) -> None:
    if agreement.effective_on is None:
        raise DomainError(_("Give the agreement its effective date first; it can still change."))


def _refuse_before(amendment: Amendment | None, day: dt.date) -> None:
    if amendment is not None and day < amendment.effective_on:
        raise DomainError(_("The amendment applies only from %(day)s.") % {"day": amendment.effective_on.isoformat()})


def _check(agreement: Agreement, values: Mapping[str, Any]) -> None:
    if "label" in values:
        refuse_unseen(values["label"], field="label")
    continues = values.get("continues")
    if continues is not None and continues.agreement_id != agreement.pk:
        raise DomainError(_("This term is another agreement's."), field="continues")
    kind = values.get("escalator")
    if kind == EscalatorKind.INDEX and values.get("index") and values.get("index_base_year"):
        known = values["index"].values_by_year.filter(year=values["index_base_year"])
        if not known.exists():
            raise DomainError(
                _("The index has no value for %(year)s yet.") % {"year": values["index_base_year"]},
                field="index_base_year",
            )


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without those of an escalator that was not chosen."""
    facts = dict(values)
    kind = facts.get("escalator")
    if kind is not None and kind != EscalatorKind.PERCENT:
        facts["escalator_percent"] = None
    if kind is not None and kind != EscalatorKind.INDEX:
        facts |= {"index": None, "index_base_year": None}
    if kind == EscalatorKind.NONE:
        facts |= {"escalator_floor_percent": None, "escalator_cap_percent": None}
    return facts


def _write_tiers(term: RoyaltyTerm, tiers: Sequence[TierStep]) -> bool:
    stored = {tier.position: tier for tier in term.tiers.order_by("position")}
    before = [TierStep(tier.up_to, tier.rate) for tier in stored.values()]
    if before == list(tiers):
        return False
    with constraints_in_words(Tier, _TIER_RULES):
        term.tiers.filter(position__gt=len(tiers)).delete()
        for position, step in enumerate(tiers, start=1):
            if position in stored:
                write_changes(stored[position], step._asdict())
            else:
                Tier(term=term, position=position, up_to=step.up_to, rate=step.rate).save()
    return True


def _write_plants(term: RoyaltyTerm, plants: Collection[Plant]) -> bool:
    stored = set(term.term_plants.values_list("plant_id", flat=True))
    wanted = {plant.pk for plant in plants}
    term.term_plants.filter(plant_id__in=stored - wanted).delete()
    RoyaltyTermPlant.objects.bulk_create(
        RoyaltyTermPlant(term=term, plant_id=plant_id) for plant_id in sorted(wanted - stored)
    )
    return stored != wanted
