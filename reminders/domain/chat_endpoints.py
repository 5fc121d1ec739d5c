"""The chats that rules may use: adding, changing, trying and archiving them."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from reminders.domain.chat import post
from reminders.domain.chat_addresses import check_chat_address
from reminders.enums import Channel, MessageKind
from reminders.models import ChatEndpoint, Notification, Reminder, ReminderRule


@transaction.atomic
def add_chat(*, name: str, format: str, url: str, by: User) -> ChatEndpoint:
    """Add a chat that every rule may use. Raise DomainError for an address that is not https."""
    require_permission(by, "reminders.add_chatendpoint")
    return ChatEndpoint.objects.create(name=name.strip(), format=format, url=_checked(url))


@transaction.atomic
def change_chat(
    *, endpoint: ChatEndpoint, name: str, format: str, url: str = "", expected_version: int | None = None, by: User
) -> ChatEndpoint:
    """Change a chat; without an address it keeps its own. Raise as `add_chat`, and StaleVersionError."""
    require_permission(by, "reminders.change_chatendpoint")
    endpoint = lock_row(endpoint, expected_version=expected_version)
    values = {"name": name.strip(), "format": format} | ({"url": _checked(url)} if url.strip() else {})
    return write_changes(endpoint, values)


@transaction.atomic
def archive_chat(*, endpoint: ChatEndpoint, by: User, at: dt.datetime) -> ChatEndpoint:
    """Retire a chat. Raise DomainError while a rule uses it."""
    require_permission(by, "reminders.delete_chatendpoint")
    endpoint = lock_row(endpoint)
    used_by = ReminderRule.objects.filter(chat_endpoint=endpoint, archived_at__isnull=True).order_by("name").first()
    if used_by is not None:
        raise DomainError(_("The rule “%(rule)s” uses this chat. Choose another one there first.") % {"rule": used_by})
    return write_changes(endpoint, {"archived_at": endpoint.archived_at or at})


def send_test(*, endpoint: ChatEndpoint, by: User, at: dt.datetime) -> None:
    """Post a message to a chat that says it is a trial. Raise ChatError with what the chat answered."""
    require_permission(by, "reminders.change_chatendpoint")
    trial = Reminder(
        title=_("This is a test of LRS Tracker: reminders arrive here."), due_on=at.date(), url="/settings/chats/"
    )
    message = Notification(
        channel=Channel.CHAT, kind=MessageKind.SINGLE, recipient=by, chat_endpoint=endpoint, next_attempt_at=at
    )
    post(endpoint, [trial], message)


def _checked(url: str) -> str:
    url = url.strip()
    check_chat_address(url)
    return url
