"""Handing on what waits to be told to someone who leaves."""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import ngettext

from accounts.domain.hand_over import Work, register_work
from accounts.models import User
from reminders.domain.preferences import reschedule
from reminders.enums import ReminderStatus, SkipReason
from reminders.models import Reminder
from reminders.models.reminders import ReminderQuerySet


def register_reminder_work() -> None:
    """Say that waiting reminders are handed on with the work they are about."""
    register_work(
        Work(
            "reminders",
            count=lambda user: _waiting(user).count(),
            in_words=lambda n: ngettext("%(n)s waiting reminder", "%(n)s waiting reminders", n) % {"n": n},
            hand_on=hand_on_reminders,
        )
    )


@transaction.atomic
def hand_on_reminders(*, user: User, to: User, at: dt.datetime) -> None:
    """Let somebody else be told, in their own hours, of what waits for a person.

    What they are told of already stays as it is. What waits for both is told once: the leaver's is skipped.
    """
    same = Reminder.objects.filter(
        rule=OuterRef("rule"), subject_id=OuterRef("subject_id"), due_on=OuterRef("due_on"), recipient=to
    )
    same_day = same.filter(offset_days=OuterRef("offset_days"), escalates__isnull=True)
    escalated = same.filter(escalates__isnull=False)
    twice = Q(Exists(same_day), escalates__isnull=True) | Q(Exists(escalated), escalates__isnull=False)
    _waiting(user).filter(twice).update(
        status=ReminderStatus.SKIPPED, reason=SkipReason.HANDED_OVER, snoozed_until=None
    )
    _waiting(user).update(recipient=to)
    reschedule(user=to, at=at)


def _waiting(user: User) -> ReminderQuerySet:
    return Reminder.objects.filter(recipient=user, status__in=[ReminderStatus.WAITING, ReminderStatus.HELD])
