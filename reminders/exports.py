"""The columns of the ledger's files."""

from django.utils.translation import gettext_lazy as _

from lrs_tracker.exports import Cell, Column
from reminders.models import Notification, Reminder


def _person(reminder: Reminder) -> Cell:
    return str(reminder.recipient or reminder.contact)


def _messages(reminder: Reminder) -> Cell:
    return "\n".join(map(_message, reminder.notifications.all()))


def _message(message: Notification) -> str:
    facts = [message.get_channel_display(), message.address, str(message.get_status_display())]
    facts += [f"{message.sent_at:%Y-%m-%d %H:%M} UTC"] if message.sent_at else []
    return ", ".join(filter(None, [*facts, message.last_error]))


COLUMNS = [
    Column[Reminder](_("For"), _person),
    Column[Reminder](_("Reminder"), lambda reminder: reminder.title or reminder.get_kind_display()),
    Column[Reminder](_("Why"), lambda reminder: reminder.detail),
    Column[Reminder](_("Deal"), lambda reminder: reminder.deal.code if reminder.deal else None),
    Column[Reminder](_("Company"), lambda reminder: reminder.deal.company.name if reminder.deal else None),
    Column[Reminder](_("Rule"), lambda reminder: reminder.rule.name),
    Column[Reminder](_("Date"), lambda reminder: reminder.due_on),
    Column[Reminder](_("Days from the date"), lambda reminder: reminder.offset_days),
    Column[Reminder](_("Status"), lambda reminder: reminder.get_status_display()),
    Column[Reminder](_("Reason"), lambda reminder: reminder.get_reason_display() or None),
    Column[Reminder](_("To be told"), lambda reminder: reminder.send_at),
    Column[Reminder](_("Told"), lambda reminder: reminder.told_at),
    Column[Reminder](_("Told to"), lambda reminder: str(reminder.told_to) if reminder.told_to else None),
    Column[Reminder](_("Done"), lambda reminder: reminder.done_at),
    Column[Reminder](_("Messages"), _messages),
]
