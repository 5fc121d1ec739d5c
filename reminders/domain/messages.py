"""Which messages carry what was told: by whose wish, by which way, one by one or as a digest."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reminders.enums import Channel, MessageKind, SubjectKind
from reminders.models import KindPreference, Notification, NotificationItem, Reminder

if TYPE_CHECKING:
    from reminders.domain.telling import Due

# Where a message goes: its way, its reader (a user or a contact), and the chat.
type Address = tuple[Channel, int | None, int | None, int | None]


def add_messages(told: Sequence["Due"], *, at: dt.datetime) -> None:
    """Write the messages that carry what was told, to be sent from `at` on."""
    wishes = _wishes({due.reader.pk for due in told if due.reader is not None})
    singles: list[tuple[Address, MessageKind, list[Reminder]]] = []
    digests: dict[Address, list[Reminder]] = defaultdict(list)
    for due in told:
        for address in _addresses(due, wishes):
            if due.reminder.kind == SubjectKind.WEEKLY_DIGEST:
                singles.append((address, MessageKind.WEEKLY, [due.reminder]))
            elif due.reader is not None and due.reader.wants_digest and not due.reminder.rule.is_urgent:
                digests[address].append(due.reminder)
            else:
                singles.append((address, MessageKind.SINGLE, [due.reminder]))
    together = [(address, MessageKind.DIGEST, reminders) for address, reminders in digests.items()]
    _create([*singles, *together], at)


def _wishes(user_ids: set[int]) -> dict[tuple[int, str], KindPreference]:
    rows = KindPreference.objects.filter(user__in=user_ids)
    return {(row.user_id, row.kind): row for row in rows}


def _addresses(due: "Due", wishes: dict[tuple[int, str], KindPreference]) -> list[Address]:
    rule, reader = due.reminder.rule, due.reader
    if reader is None:
        # A licensee's contact has no inbox: mail is the only way.
        return [(Channel.EMAIL, None, due.reminder.contact_id, None)]
    wish = wishes.get((reader.pk, due.reminder.kind))
    found: list[Address] = []
    if Channel.EMAIL in rule.channels and (wish is None or wish.by_email):
        found.append((Channel.EMAIL, reader.pk, None, None))
    chat = rule.chat_endpoint_id or reader.chat_endpoint_id
    if Channel.CHAT in rule.channels and chat is not None and (wish is None or wish.by_chat):
        found.append((Channel.CHAT, reader.pk, None, chat))
    return found


def _create(messages: Sequence[tuple[Address, MessageKind, list[Reminder]]], at: dt.datetime) -> None:
    made = Notification.objects.bulk_create(
        Notification(
            channel=channel,
            kind=kind,
            recipient_id=user,
            contact_id=contact,
            chat_endpoint_id=chat,
            next_attempt_at=at,
        )
        for (channel, user, contact, chat), kind, _reminders in messages
    )
    NotificationItem.objects.bulk_create(
        NotificationItem(notification=notification, reminder=reminder)
        for notification, (_address, _kind, reminders) in zip(made, messages, strict=True)
        for reminder in reminders
    )
