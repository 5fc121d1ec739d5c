"""Amendments: what changes in an agreement that is in force, from which day."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.agreement_edits import is_open_amendment, issued_statements, lock_for_change, no_new_contradiction
from royalties.enums import AgreementStatus
from royalties.models import Agreement, Amendment

_END_RULES = {
    "royalties_agreement_ends_after_start": (_("The last day cannot come before the effective date."), "expires_on"),
    "royalties_agreement_notice_before_end": (_("Notice must be given before the last day."), "notice_on"),
}


@transaction.atomic
def record_amendment(*, agreement: Agreement, values: Mapping[str, Any], by: User) -> Amendment:
    """Record a signed amendment; what it changes is entered under it afterwards.

    Raise DomainError for an agreement that is not in force, or a day outside its term.
    """
    require_permission(by, "royalties.sign_agreement")
    locked = lock_row(agreement)
    if locked.status != AgreementStatus.IN_FORCE:
        raise DomainError(_("Only an agreement in force is amended; a draft is changed directly."))
    _check(locked, values)
    last = locked.amendments.aggregate(last=Max("number"))["last"] or 0
    amendment = Amendment(agreement=locked, number=last + 1, **values)
    with constraints_in_words(Amendment):
        amendment.save()
    return amendment


@transaction.atomic
def change_amendment(
    *, amendment: Amendment, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> Amendment:
    """Correct an amendment's own facts. Its day stays once something hangs on it."""
    require_permission(by, "royalties.sign_agreement")
    agreement = lock_row(amendment.agreement)
    locked = lock_row(amendment, expected_version=expected_version)
    _check(agreement, {"effective_on": locked.effective_on, **values})
    moves = "effective_on" in values and values["effective_on"] != locked.effective_on
    if moves and (has_changes(locked) or not is_open_amendment(agreement, locked)):
        raise DomainError(_("Its changes apply from this day: record another amendment."), field="effective_on")
    with constraints_in_words(Amendment):
        return write_changes(locked, values)


@transaction.atomic
def change_end(
    *,
    amendment: Amendment,
    expires_on: dt.date | None,
    notice_on: dt.date | None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Change an agreement's last day and notice date by an amendment, which says so in its summary.

    Raise DomainError for dates that contradict, or a last day before the end of a period that was stated.
    """
    require_permission(by, "royalties.sign_agreement")
    locked = lock_for_change(amendment.agreement, amendment=amendment, expected_version=expected_version)
    stated = issued_statements(locked).aggregate(last=Max("period_end"))["last"]
    if expires_on and stated and expires_on < stated:
        raise DomainError(_("A statement was issued through %(day)s.") % {"day": stated}, field="expires_on")
    with no_new_contradiction(locked), constraints_in_words(Agreement, _END_RULES):
        locked = write_changes(locked, {"expires_on": expires_on, "notice_on": notice_on})
    sentence = _("Last day: %(last)s; notice by: %(notice)s.") % {
        "last": expires_on or "–",
        "notice": notice_on or "–",
    }
    summary = "\n".join(filter(None, [amendment.summary, str(sentence)]))
    write_changes(lock_row(amendment), {"summary": summary[:4000]})
    return locked


@transaction.atomic
def change_withholding(
    *, amendment: Amendment, percent: Decimal | None, expected_version: int | None = None, by: User
) -> Amendment:
    """Set the withholding rate that an amendment agrees on, in percent, or with None leave the rate as it was.

    It holds for the reporting periods that end on the amendment's day or later. Raise DomainError for a rate that
    contradicts, AmendmentNeededError once a statement was issued since.
    """
    require_permission(by, "royalties.sign_agreement")
    agreement = lock_for_change(amendment.agreement, amendment=amendment)
    locked = lock_row(amendment, expected_version=expected_version)
    with no_new_contradiction(agreement), constraints_in_words(Amendment):
        return write_changes(locked, {"withholding_percent": percent})


def has_changes(amendment: Amendment) -> bool:
    """Tell whether anything was entered under an amendment."""
    agreement = amendment.agreement
    return (
        amendment.withholding_percent is not None
        or amendment.terms_added.exists()
        or amendment.terms_ended.exists()
        or amendment.fees_added.exists()
        or agreement.minimums.filter(amendment=amendment).exists()
        or agreement.caps.filter(amendment=amendment).exists()
    )


def count_affected_statements(amendment: Amendment) -> int:
    """Return how many issued statements are of periods that an amendment dated back reaches."""
    return issued_statements(amendment.agreement).filter(period_end__gte=amendment.effective_on).count()


def _check(agreement: Agreement, values: Mapping[str, Any]) -> None:
    if "title" in values:
        refuse_unseen(values["title"], field="title")
    day = values.get("effective_on")
    if day and agreement.effective_on and day < agreement.effective_on:
        raise DomainError(_("The agreement took effect only later."), field="effective_on")
    if day and agreement.last_day and day > agreement.last_day:
        raise DomainError(_("The agreement has ended by then."), field="effective_on")
