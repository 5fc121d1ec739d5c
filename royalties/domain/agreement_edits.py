"""What may still be changed of an agreement, and how: locked, and never into a contradiction."""

import contextlib
from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.edits import lock_row
from lrs_tracker.problems import DomainError, StateError
from royalties.domain.contradictions import find_contradictions, refuse_contradictions
from royalties.enums import AgreementStatus, StatementStatus
from royalties.models import Agreement, Amendment, RoyaltyTerm, Statement


class AmendmentNeededError(StateError):
    """Refuse to rewrite what statements have been issued on."""

    code = "amendment-needed"


def issued_statements(agreement: Agreement) -> QuerySet[Statement]:
    """Return the statements of an agreement that were issued."""
    return Statement.objects.filter(~Q(status=StatementStatus.DRAFT), agreement=agreement)


def is_open_for_changes(agreement: Agreement) -> bool:
    """Tell whether an agreement can be written anew: a draft, or one in force of which nothing has been stated."""
    if agreement.status == AgreementStatus.DRAFT:
        return True
    return agreement.status == AgreementStatus.IN_FORCE and not issued_statements(agreement).exists()


def is_open_amendment(agreement: Agreement, amendment: Amendment) -> bool:
    """Tell whether changes can still be made under an amendment: until the next statement is issued."""
    if agreement.status != AgreementStatus.IN_FORCE:
        return False
    return not issued_statements(agreement).filter(issued_at__gt=amendment.created_at).exists()


def lock_for_change(
    agreement: Agreement, *, amendment: Amendment | None = None, expected_version: int | None = None
) -> Agreement:
    """Return a locked copy of an agreement that may be changed, by an amendment if one is given.

    Whoever changes any part of an agreement locks it here first, so that no two people can enter what contradicts.
    Raise StateError for one that has ended, DomainError for an amendment of another, AmendmentNeededError for one
    that statements rest on, StaleVersionError when it is no longer at `expected_version`.
    """
    locked = lock_row(agreement, expected_version=expected_version)
    if locked.status not in {AgreementStatus.DRAFT, AgreementStatus.IN_FORCE}:
        raise StateError(_("This agreement has ended: it no longer changes."))
    if amendment is not None:
        if amendment.agreement_id != locked.pk:
            raise DomainError(_("This amendment is another agreement's."))
        if not is_open_amendment(locked, amendment):
            raise AmendmentNeededError(
                _("A statement was issued since “%(amendment)s” was recorded. Record a new amendment.")
                % {"amendment": amendment}
            )
    elif not is_open_for_changes(locked):
        raise AmendmentNeededError(
            _(
                "Statements have been issued under this agreement. Only an amendment can change its royalty terms, "
                "minimums, caps, fees, last day, notice date and withholding tax; the rest stays as it is."
            )
        )
    return locked


@contextlib.contextmanager
def no_new_contradiction(agreement: Agreement, *, term: RoyaltyTerm | None = None) -> Iterator[None]:
    """Run a change of a locked agreement and refuse it, with words at its fields, when it brings a contradiction.

    What contradicted before stays to be mended one by one. `term` is the one that is changed, if one is.
    """
    before = frozenset(find_contradictions(agreement))
    yield
    last = term.pk if term is not None else None
    refuse_contradictions([found for found in find_contradictions(agreement, last=last) if found not in before])


def raise_version(agreement: Agreement) -> None:
    """Raise an agreement's version after a part of it changed that has none of its own."""
    Agreement.objects.filter(pk=agreement.pk).update(updated_at=Now())


def drop_draft_statement(agreement: Agreement) -> None:
    """Delete the draft of a statement, which is calculated anew at will, before a part it rests on goes."""
    Statement.objects.filter(agreement=agreement, status=StatementStatus.DRAFT).delete()
