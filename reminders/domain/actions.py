"""What people do with what they were told: read, done, snooze, mute, and back again."""

import datetime as dt
from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.problems import DomainError, PermissionRefusedError
from reminders.domain.preferences import read_hours
from reminders.domain.working_days import send_time
from reminders.enums import ReminderStatus
from reminders.models import Mute, Reminder
from reminders.models.reminders import ReminderQuerySet


@transaction.atomic
def mark_read(*, reminders: Collection[Reminder], user: User, at: dt.datetime) -> int:
    """Remember that the user has looked at reminders; return how many were new.

    Raise PermissionRefusedError, as every action here, for what somebody else was told.
    """
    return _own(reminders, user).unread().update(read_at=at)


@transaction.atomic
def mark_done(*, reminders: Collection[Reminder], user: User, at: dt.datetime) -> int:
    """Take reminders out of the inbox for good, snoozed ones too; return how many were not done yet."""
    undone = _own(reminders, user).filter(done_at__isnull=True)
    return undone.update(status=ReminderStatus.TOLD, done_at=at, snoozed_until=None)


@transaction.atomic
def undo(*, reminders: Collection[Reminder], user: User, at: dt.datetime) -> int:
    """Put reminders that are done or snoozed back into the inbox, as read; return how many."""
    return _put_back(_own(reminders, user), at)


@transaction.atomic
def snooze(*, reminders: Collection[Reminder], user: User, until: dt.date, at: dt.datetime) -> dt.datetime:
    """Let reminders wait until a day, and return the instant at which they are told again.

    That is the person's own send time, on the working day that follows where the day is none. Raise
    DomainError for an instant that has passed.
    """
    moment = send_time(read_hours(user), until, is_after=True)
    if moment <= at:
        raise DomainError(_("Choose a day to come."), field="until")
    # New when it comes back: somebody who slept on it is to see it again.
    _own(reminders, user).filter(done_at__isnull=True).update(
        status=ReminderStatus.WAITING, send_at=moment, snoozed_until=moment, read_at=None
    )
    return moment


@transaction.atomic
def mute(*, reminders: Collection[Reminder], user: User, at: dt.datetime) -> list[int]:
    """Silence the rules of reminders for their deals, and take all that they told out of the inbox.

    A rule that told of no deal is silenced altogether. Return the keys of the reminders that left the inbox.
    """
    told = _own(reminders, user)
    pairs = _pairs(reminders)
    Mute.objects.bulk_create(
        [Mute(user=user, rule_id=rule, deal_id=deal) for rule, deal in pairs], ignore_conflicts=True
    )
    standing = Reminder.objects.for_person(user).filter(status=ReminderStatus.TOLD, done_at__isnull=True)
    keys = list(standing.filter(_of_pairs(pairs) | Q(pk__in=told.values("pk"))).values_list("pk", flat=True))
    Reminder.objects.filter(pk__in=keys).update(done_at=at)
    return keys


@transaction.atomic
def undo_mute(*, reminders: Collection[Reminder], user: User, at: dt.datetime) -> int:
    """Let the rules of reminders speak of their deals again, and put the reminders back; return how many."""
    told = _own(reminders, user)
    Mute.objects.filter(_of_pairs(_pairs(reminders)), user=user).delete()
    return _put_back(told, at)


@transaction.atomic
def unmute(*, mute: Mute, user: User) -> None:
    """Take back a mute of the user's own."""
    if mute.user_id != user.pk:
        raise PermissionRefusedError(_("Only the person who muted this takes it back."))
    mute.delete()


def _own(reminders: Collection[Reminder], user: User) -> ReminderQuerySet:
    if any(reminder.told_to_id != user.pk for reminder in reminders):
        raise PermissionRefusedError(_("Somebody else was told of this."))
    told = Reminder.objects.for_person(user).filter(pk__in=[reminder.pk for reminder in reminders])
    # What was snoozed and then skipped, because it was settled meanwhile, stays so.
    return told.filter(status__in=[ReminderStatus.TOLD, ReminderStatus.WAITING])


def _put_back(told: ReminderQuerySet, at: dt.datetime) -> int:
    return told.update(
        status=ReminderStatus.TOLD, done_at=None, snoozed_until=None, read_at=Coalesce("read_at", Value(at))
    )


def _pairs(reminders: Collection[Reminder]) -> list[tuple[int, int | None]]:
    return list(dict.fromkeys((reminder.rule_id, reminder.deal_id) for reminder in reminders))


def _of_pairs(pairs: Collection[tuple[int, int | None]]) -> Q:
    """Return what keeps the rows of these rules and deals; of a rule without a deal, those without one."""
    found = (Q(rule_id=rule, deal_id=deal) if deal else Q(rule_id=rule, deal__isnull=True) for rule, deal in pairs)
    return reduce(or_, found, Q(pk__in=[]))
