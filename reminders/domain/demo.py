"""Reminders of the demonstration desk: those of its last mornings, as if it had run all along."""

import datetime as dt
from collections.abc import Mapping

from accounts.models import User
from reminders.domain.default_rules import create_default_rules
from reminders.domain.people import DEFAULT_HOURS, read_people
from reminders.domain.scan import scan
from reminders.domain.telling import tell_due
from reminders.domain.working_days import send_time, shift
from reminders.enums import DayCount
from reminders.models import Notification, Reminder

# When everyone's morning has come and nobody's day is over, from Detroit to Shanghai.
_AFTER_ALL_MORNINGS = dt.time(14)
# So many mornings are told of, the last ones before the instant: a Monday with its digests is among them.
_MORNINGS = 5


def load_reminders(people: Mapping[str, User], at: dt.datetime) -> None:
    """Have the default rules tell what was due on the last business days before an instant.

    Nothing is sent: the desk's mails of those mornings would only arrive late.
    """
    days = [shift(at.date(), -number, DayCount.BUSINESS) for number in range(_MORNINGS, 0, -1)]
    create_default_rules(today=days[0])
    for day in days:
        morning = dt.datetime.combine(day, _AFTER_ALL_MORNINGS, dt.UTC)
        scan(at=morning)
        tell_due(at=morning)
        _tell_in_the_morning(day, morning)
    Notification.objects.all().delete()


def _tell_in_the_morning(day: dt.date, told_at: dt.datetime) -> None:
    """Let each person have been told at the hour of their own, wherever they are."""
    told = Reminder.objects.filter(told_at=told_at)
    told.filter(told_to__isnull=True).update(told_at=send_time(DEFAULT_HOURS, day, is_after=True))
    for person in read_people().values():
        told.filter(told_to=person.pk).update(told_at=send_time(person.hours, day, is_after=True))
