"""Creating, changing, signing and ending agreements."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.documents import keep_unseen_document
from deals.models import Deal
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError, Text
from lrs_tracker.visible_text import refuse_unseen
from plants.models import Plant
from royalties.domain.agreement_edits import is_open_for_changes, lock_for_change, no_new_contradiction, raise_version
from royalties.domain.contradictions import check_contract_year_start, find_contradictions, refuse_contradictions
from royalties.enums import AgreementStatus
from royalties.models import Agreement, AgreementPlant, RoyaltyTerm

_DATES = {
    "royalties_agreement_ends_after_start": (
        _("The last day cannot come before the effective date."),
        "expires_on",
    ),
    "royalties_agreement_notice_before_end": (_("Notice must be given before the last day."), "notice_on"),
    "royalties_agreement_gross_up_possible": (_("A tax of 100 % cannot be grossed up."), "is_grossed_up"),
    "royalties_agreement_ended_after_start": (
        _("An agreement cannot end before its effective date."),
        "ended_on",
    ),
    "royalties_agreement_advance_plausible": (_("The amount is too large, or negative."), "advance"),
    "royalties_agreement_in_force_dated": (
        _("An agreement in force has a signature and an effective date."),
        "effective_on",
    ),
}


# Of an agreement's own facts and rules, those that an amendment can change; figures to date rest on all others.
_AMENDABLE = frozenset({"expires_on", "notice_on", "withholding_percent"})


class UnsignableError(StateError):
    """Refuse to put an agreement into force; `details` says what is missing or contradicts."""

    code = "unsignable"

    def __init__(self, details: Collection[Text]) -> None:
        super().__init__(_("This agreement cannot take effect yet."))
        self.details = tuple(details)


@transaction.atomic
def create_agreement(*, deal: Deal, values: Mapping[str, Any], plants: Collection[Plant], by: User) -> Agreement:
    """Create a draft agreement with the deal's next number.

    Raise DomainError for an invisible title and for dates that contradict.
    """
    require_permission(by, "royalties.add_agreement")
    _check(values)
    Deal.objects.select_for_update(of=("self",)).get(pk=deal.pk)
    last = Agreement.objects.filter(deal=deal).aggregate(last=Max("number"))["last"] or 0
    agreement = Agreement(deal=deal, number=last + 1, **values)
    with constraints_in_words(Agreement, _DATES):
        agreement.save()
    AgreementPlant.objects.bulk_create(AgreementPlant(agreement=agreement, plant=plant) for plant in plants)
    refuse_contradictions(find_contradictions(agreement))
    return agreement


@transaction.atomic
def change_agreement(
    *,
    agreement: Agreement,
    values: Mapping[str, Any],
    plants: Collection[Plant] | None = None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Change the facts and rules of an agreement, and the plants it covers if they are given.

    Terms that start with the agreement go with its effective date. Raise DomainError for what contradicts,
    AmendmentNeededError once statements have been issued, StaleVersionError for an older version.
    """
    require_permission(by, "royalties.change_agreement")
    _check(values)
    values = keep_unseen_document(values, row=agreement, by=by)
    _refuse_fixed(agreement, values)
    locked = lock_for_change(agreement, expected_version=expected_version)
    _refuse_foreign(locked, values)
    with no_new_contradiction(locked):
        before = locked.effective_on
        with constraints_in_words(Agreement, _DATES):
            locked = write_changes(locked, values)
        if before and locked.effective_on and before != locked.effective_on:
            RoyaltyTerm.objects.filter(agreement=locked, effective_from=before).update(
                effective_from=locked.effective_on
            )
        if plants is not None:
            _cover(locked, plants)
    return locked


@transaction.atomic
def delete_agreement(*, agreement: Agreement, expected_version: int | None = None, by: User) -> None:
    """Delete a draft. Raise StateError for an agreement that was ever in force."""
    require_permission(by, "royalties.delete_agreement")
    locked = lock_row(agreement, expected_version=expected_version)
    if locked.status != AgreementStatus.DRAFT:
        raise StateError(_("An agreement that was in force is kept."))
    RoyaltyTerm.objects.filter(agreement=locked).update(continues=None)
    locked.delete()


@transaction.atomic
def sign_agreement(
    *, agreement: Agreement, signed_on: dt.date, expected_version: int | None = None, by: User
) -> Agreement:
    """Put a draft into force. Raise UnsignableError with everything that is missing or contradicts."""
    require_permission(by, "royalties.sign_agreement")
    locked = lock_row(agreement, expected_version=expected_version)
    if locked.status != AgreementStatus.DRAFT:
        raise StateError(_("This agreement is not a draft."))
    missing = obstacles_to_signing(locked)
    if missing:
        raise UnsignableError(missing)
    with constraints_in_words(Agreement, _DATES):
        return write_changes(locked, {"status": AgreementStatus.IN_FORCE, "signed_on": signed_on})


def obstacles_to_signing(agreement: Agreement) -> list[Text]:
    """Return what a draft lacks to take effect, and what contradicts in it."""
    missing: list[Text] = []
    if agreement.effective_on is None:
        missing.append(_("It has no effective date."))
    has_content = agreement.terms.exists() or agreement.fees.exists() or agreement.services.exists()
    if not has_content:
        missing.append(_("It has no royalty term, fee or service."))
    return [*missing, *(found.message for found in find_contradictions(agreement))]


@transaction.atomic
def terminate_agreement(
    *, agreement: Agreement, ended_on: dt.date, expected_version: int | None = None, by: User
) -> Agreement:
    """End an agreement in force on a day, before its last day. Raise DomainError for a day outside its term."""
    require_permission(by, "royalties.sign_agreement")
    locked = lock_row(agreement, expected_version=expected_version)
    if locked.status != AgreementStatus.IN_FORCE:
        raise StateError(_("Only an agreement in force can be terminated."))
    if locked.expires_on and ended_on > locked.expires_on:
        raise DomainError(_("It would have ended before this day anyway."), field="ended_on")
    with constraints_in_words(Agreement, _DATES):
        return write_changes(locked, {"status": AgreementStatus.TERMINATED, "ended_on": ended_on})


@transaction.atomic
def expire_agreement(
    *, agreement: Agreement, today: dt.date, expected_version: int | None = None, by: User
) -> Agreement:
    """Mark an agreement as expired once its last day has passed. Raise StateError before that."""
    require_permission(by, "royalties.sign_agreement")
    locked = lock_row(agreement, expected_version=expected_version)
    if locked.status != AgreementStatus.IN_FORCE or locked.expires_on is None or locked.expires_on >= today:
        raise StateError(_("This agreement has not reached its last day."))
    return write_changes(locked, {"status": AgreementStatus.EXPIRED, "ended_on": locked.expires_on})


def _check(values: Mapping[str, Any]) -> None:
    if "title" in values:
        refuse_unseen(values["title"], field="title")
    check_contract_year_start(values.get("contract_year_start", ""))


def _refuse_fixed(agreement: Agreement, values: Mapping[str, Any]) -> None:
    """Raise StateError for a fact or rule that neither a change nor an amendment can alter once statements rest on it.

    An agreement that has ended is left to `lock_for_change`.
    """
    stored = lock_row(agreement)
    if stored.status != AgreementStatus.IN_FORCE or is_open_for_changes(stored):
        return
    for name, value in values.items():
        if name not in _AMENDABLE and value != getattr(stored, name):
            raise StateError(
                _("Statements have been issued on this: it stays as it is, and no amendment changes it."), field=name
            )


def _refuse_foreign(agreement: Agreement, values: Mapping[str, Any]) -> None:
    document = values.get("document")
    if document is not None and document.deal_id != agreement.deal_id:
        raise DomainError(_("This document is another deal's."), field="document")


def _cover(agreement: Agreement, plants: Collection[Plant]) -> None:
    covered = set(agreement.agreement_plants.values_list("plant_id", flat=True))
    wanted = {plant.pk for plant in plants}
    if covered == wanted:
        return
    agreement.agreement_plants.filter(plant_id__in=covered - wanted).delete()
    AgreementPlant.objects.bulk_create(
        AgreementPlant(agreement=agreement, plant_id=plant_id) for plant_id in sorted(wanted - covered)
    )
    raise_version(agreement)
