"""Reminders of overdue invoices: which are due, what was sent and when."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError
from lrs_tracker.visibility import Viewer
from royalties.domain.settlement import outstanding_of
from royalties.enums import DunningLevel, InvoiceStatus, StatementStatus
from royalties.models import Invoice
from sync.models import Change

# How many days after the due date each level goes out.
LEVEL_DAYS = {DunningLevel.REMINDED: 5, DunningLevel.FIRST_NOTICE: 20, DunningLevel.FINAL_NOTICE: 40}
# No level follows the one before within these days, however late the first one went out.
PAUSE_DAYS = 10


@dataclass(frozen=True, slots=True)
class SentReminder:
    """A reminder that went out: its level, its day and who recorded it."""

    level: DunningLevel
    on: str
    who: str


def due_for_dunning(user: Viewer, *, today: dt.date) -> models.QuerySet[Invoice]:
    """Return the invoices whose next reminder is due, the longest overdue first. What is disputed waits."""
    due = models.Q(pk__in=[])
    for level, days in LEVEL_DAYS.items():
        due |= models.Q(dunning_level=level - 1, due_on__lte=today - dt.timedelta(days=days))
    paused = models.Q(dunned_on__gt=today - dt.timedelta(days=PAUSE_DAYS))
    disputed = models.Q(statement__status=StatementStatus.DISPUTED)
    overdue = Invoice.objects.visible_to(user).filter(due, status=InvoiceStatus.OPEN).exclude(paused).exclude(disputed)
    return overdue.with_balance().filter(outstanding__gt=0).order_by("due_on", "pk")


def next_level(invoice: Invoice) -> DunningLevel | None:
    """Return the level of an invoice's next reminder, None after the final notice."""
    level = invoice.dunning_level + 1
    return DunningLevel(level) if level in DunningLevel.values else None


@transaction.atomic
def record_dunning(
    *,
    invoice: Invoice,
    level: DunningLevel,
    on: dt.date,
    expected_version: int | None = None,
    by: User,
    today: dt.date,
) -> Invoice:
    """Note that an overdue invoice's next reminder was sent on a day.

    Raise DomainError for an invoice that is not overdue, for a level out of turn, and for a day in the
    future or before the last reminder.
    """
    require_permission(by, "royalties.change_invoice")
    invoice = lock_row(invoice, expected_version=expected_version)
    is_disputed = invoice.statement is not None and invoice.statement.status == StatementStatus.DISPUTED
    if invoice.status != InvoiceStatus.OPEN or is_disputed:
        raise StateError(_("Only an open invoice is reminded of: this one is disputed or cancelled."))
    if outstanding_of(invoice) == 0 or invoice.due_on >= on:
        raise DomainError(_("This invoice is not overdue on that day."), field="on")
    if level != next_level(invoice):
        raise DomainError(_("The levels follow one another: this is not the next one."), field="level")
    if on > today or (invoice.dunned_on is not None and on < invoice.dunned_on):
        raise DomainError(_("A reminder was sent today or earlier, and after the one before it."), field="on")
    return write_changes(invoice, {"dunning_level": level, "dunned_on": on})


def sent_reminders(invoice: Invoice) -> Sequence[SentReminder]:
    """Return the reminders that went out, in order, as the change log keeps them."""
    changes = Change.objects.filter(
        resource="invoice", object_id=invoice.pk, fields__has_key="dunning_level", operation="update"
    )
    sent = []
    for change in changes.select_related("actor").order_by("pk"):
        level = change.fields["dunning_level"][1]
        on = change.fields.get("dunned_on", [None, invoice.dunned_on])[1]
        sent.append(SentReminder(DunningLevel(level), str(on), str(change.actor or "")))
    return sent
