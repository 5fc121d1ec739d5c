"""Credit notes that are paid back."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.formats import format_amount
from lrs_tracker.problems import DomainError, StateError
from royalties.domain.payments import check_amount
from royalties.domain.settlement import follow_credit_note, lock_credit_note, unused_of
from royalties.models import CreditNote


@transaction.atomic
def repay_credit_note(
    *, credit_note: CreditNote, amount: Decimal, on: dt.date, expected_version: int | None = None, by: User
) -> CreditNote:
    """Note that a credit note, or what is left of it, was paid back on a day; once.

    Raise DomainError for more than is left, for a second repayment and for a day before the credit note's.
    """
    require_permission(by, "royalties.change_creditnote")
    credit_note = lock_row(lock_credit_note(credit_note.pk), expected_version=expected_version)
    check_amount(amount, credit_note.currency)
    if credit_note.repaid_on is not None:
        raise StateError(_("This credit note was repaid already. Take that back first."))
    left = unused_of(credit_note)
    if amount > left:
        message = _("Only %(left)s of this credit note are left.")
        raise DomainError(message % {"left": format_amount(left, credit_note.currency)}, field="amount")
    if on < credit_note.issued_on:
        raise DomainError(_("The credit note is of a later day than this."), field="on")
    with constraints_in_words(CreditNote):
        credit_note = write_changes(credit_note, {"repaid_amount": amount, "repaid_on": on})
    follow_credit_note(credit_note)
    return credit_note


@transaction.atomic
def take_back_repayment(*, credit_note: CreditNote, expected_version: int | None = None, by: User) -> CreditNote:
    """Take a repayment back that was noted by mistake."""
    require_permission(by, "royalties.change_creditnote")
    credit_note = lock_row(lock_credit_note(credit_note.pk), expected_version=expected_version)
    if credit_note.repaid_on is None:
        raise StateError(_("This credit note was not repaid."))
    credit_note = write_changes(credit_note, {"repaid_amount": Decimal(0), "repaid_on": None})
    follow_credit_note(credit_note)
    return credit_note
