"""Approvals that a deal needs from regulators: their status and dates."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.documents import keep_unseen_document
from deals.enums import DECIDED_STATUSES, ApprovalStatus
from deals.models import Approval, Deal
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError

CHANGEABLE = frozenset(
    {
        "regime",
        "authority",
        "jurisdiction",
        "status",
        "file_by_on",
        "filed_on",
        "decision_due_on",
        "decided_on",
        "expires_on",
        "conditions",
        "document",
    }
)
_NEEDS_FILING = DECIDED_STATUSES | {ApprovalStatus.FILED, ApprovalStatus.INFORMATION_REQUESTED}


@transaction.atomic
def add_approval(*, deal: Deal, by: User, **values: Any) -> Approval:
    """Add an approval that a deal needs, from its fields' values.

    Raise DomainError or ValidationError for a status without its date or dates in the wrong order,
    PermissionRefusedError without the permission.
    """
    _require(by, "deals.add_approval")
    return _write(Approval(deal=deal), values)


@transaction.atomic
def change_approval(*, approval: Approval, by: User, expected_version: int | None = None, **values: Any) -> Approval:
    """Change fields of an approval.

    Raise StaleVersionError when the stored version is not the expected one, else as `add_approval` does.
    """
    _require(by, "deals.change_approval")
    approval = Approval.objects.select_for_update(of=("self",)).select_related("deal").get(pk=approval.pk)
    if expected_version is not None and approval.version != expected_version:
        raise StaleVersionError(_("Someone changed this approval after you opened it."))
    return _write(approval, keep_unseen_document(values, row=approval, by=by))


def is_filing_late(approval: Approval, *, today: dt.date) -> bool:
    """Return whether the day has passed by which the approval should have been filed."""
    return approval.status == ApprovalStatus.TO_FILE and approval.file_by_on is not None and approval.file_by_on < today


def is_late(approval: Approval, *, today: dt.date) -> bool:
    """Return whether the authority is past the day by which it should have decided."""
    pending = approval.status in {ApprovalStatus.FILED, ApprovalStatus.INFORMATION_REQUESTED}
    return pending and approval.decision_due_on is not None and approval.decision_due_on < today


def _require(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise PermissionRefusedError(_("Your role cannot change approvals."))


def _write(approval: Approval, values: Mapping[str, Any]) -> Approval:
    unknown = values.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"an approval has no changeable {sorted(unknown)}")
    for name, value in values.items():
        setattr(approval, name, value.strip() if isinstance(value, str) else value)
    if approval.status in _NEEDS_FILING and approval.filed_on is None:
        raise DomainError(_("Give the date of filing."), field="filed_on")
    if approval.status in DECIDED_STATUSES and approval.decided_on is None:
        raise DomainError(_("Give the date of the decision."), field="decided_on")
    if approval.status == ApprovalStatus.GRANTED_WITH_CONDITIONS and not approval.conditions:
        raise DomainError(_("Say what the conditions are."), field="conditions")
    if approval.document is not None and approval.document.deal_id != approval.deal_id:
        raise DomainError(_("Choose a document of this deal."), field="document")
    approval.full_clean(exclude=["deal", "document"])
    approval.save()
    return approval
