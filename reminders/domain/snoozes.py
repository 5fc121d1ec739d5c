"""How long the menus let a reminder sleep, in words."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reminders.domain.preferences import read_hours
from reminders.domain.working_days import send_time
from reminders.enums import InboxAction, LinkAction

# How many days from today a snooze lasts.
SNOOZE_DAYS = {LinkAction.SNOOZE_DAY: 1, LinkAction.SNOOZE_WEEK: 7}


@dataclass(frozen=True, slots=True)
class SnoozeChoice:
    """A snooze of the menu: what it is called, and when the reminder comes back."""

    action: InboxAction
    label: str
    moment: dt.datetime


def snoozes_of(user: User, *, today: dt.date) -> list[SnoozeChoice]:
    """Return the snoozes that the menu offers, with the instants at which they end."""
    hours = read_hours(user)
    tomorrow, next_week = (
        send_time(hours, today + dt.timedelta(days=SNOOZE_DAYS[action]), is_after=True)
        for action in (LinkAction.SNOOZE_DAY, LinkAction.SNOOZE_WEEK)
    )
    is_tomorrow = timezone.localdate(tomorrow) == today + dt.timedelta(days=1)
    return [
        SnoozeChoice(InboxAction.SNOOZE_DAY, _("Tomorrow") if is_tomorrow else _("Next working day"), tomorrow),
        SnoozeChoice(InboxAction.SNOOZE_WEEK, _("In a week"), next_week),
    ]
