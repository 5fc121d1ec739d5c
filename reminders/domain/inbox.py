"""What stands in someone's inbox, what sleeps until a day, and what was done."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import User
from deals.models import Deal
from reminders.enums import InboxGrouping, InboxView, ReminderStatus
from reminders.models import Reminder
from reminders.models.reminders import ReminderQuerySet

MOST_SHOWN = 100


@dataclass(slots=True)
class InboxGroup:
    """Reminders of one day, or of one deal (None: of no deal)."""

    day: dt.date | None = None
    deal: Deal | None = None
    reminders: list[Reminder] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The first reminders of a view in groups, and whether there are more."""

    groups: list[InboxGroup]
    has_more: bool

    @property
    def reminders(self) -> list[Reminder]:
        """All that is shown, in order."""
        return [reminder for group in self.groups for reminder in group.reminders]


def count_unread(user: User) -> int:
    """Return how many reminders in the user's inbox are new, in one query."""
    return Reminder.objects.in_inbox(user).unread().count()


def read_inbox(
    user: User, *, view: InboxView = InboxView.STANDING, grouping: InboxGrouping = InboxGrouping.DAY, at_most: int
) -> Inbox:
    """Return the latest reminders of a view in their groups, in one query."""
    found = list(_ordered(user, view).select_related("rule", "recipient", "deal__company")[: at_most + 1])
    shown = found[:at_most]
    groups = _by_deal(shown) if grouping == InboxGrouping.DEAL else _by_day(shown, view)
    return Inbox(groups, has_more=len(found) > at_most)


def _ordered(user: User, view: InboxView) -> ReminderQuerySet:
    told = Reminder.objects.visible_to(user).for_person(user)
    match view:
        case InboxView.SNOOZED:
            return told.filter(status=ReminderStatus.WAITING, snoozed_until__isnull=False).order_by("send_at", "pk")
        case InboxView.DONE:
            return told.filter(status=ReminderStatus.TOLD, done_at__isnull=False).order_by("-done_at", "-pk")
        case _:
            return Reminder.objects.in_inbox(user).order_by("-told_at", "-pk")


def _by_day(reminders: Iterable[Reminder], view: InboxView) -> list[InboxGroup]:
    instant = {InboxView.SNOOZED: "snoozed_until", InboxView.DONE: "done_at"}.get(view, "told_at")
    groups: dict[dt.date, InboxGroup] = {}
    for reminder in reminders:
        day = timezone.localdate(getattr(reminder, instant))
        groups.setdefault(day, InboxGroup(day=day)).reminders.append(reminder)
    return list(groups.values())


def _by_deal(reminders: Iterable[Reminder]) -> list[InboxGroup]:
    groups: dict[int | None, InboxGroup] = {}
    for reminder in reminders:
        groups.setdefault(reminder.deal_id, InboxGroup(deal=reminder.deal)).reminders.append(reminder)
    return list(groups.values())
