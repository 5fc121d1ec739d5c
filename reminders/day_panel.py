"""The inbox on My day: the same reminders, the same actions."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.my_day_panels import panels
from lrs_tracker.clock import today_for
from lrs_tracker.panels import Panel
from lrs_tracker.visibility import Viewer
from reminders.domain.inbox import read_inbox
from reminders.domain.snoozes import snoozes_of

MOST_SHOWN = 8


def register_day_panel() -> None:
    """Add the inbox to My day."""
    panels.register(Panel("inbox", _("Inbox"), "reminders/day_panel.html", _context))


def day_context(user: User) -> dict[str, Any]:
    """Return the latest reminders of the inbox, and what can be done with them."""
    inbox = read_inbox(user, at_most=MOST_SHOWN)
    return {"inbox": inbox, "snoozes": snoozes_of(user, today=today_for(user)) if inbox.groups else []}


def _context(record: Any, _user: Viewer) -> dict[str, Any]:
    # The record of My day is the person whose day it is.
    return day_context(record)
