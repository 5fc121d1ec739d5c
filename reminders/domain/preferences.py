"""How a person wants to be told: when, by which ways, and by whom they are stood in for."""

import datetime as dt
import zoneinfo
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.problems import DomainError
from reminders.domain.chat_addresses import check_chat_address
from reminders.domain.people import hours_of
from reminders.domain.working_days import Hours, next_moment, send_time, shift
from reminders.enums import Channel, ChatFormat, ReminderStatus, SubjectKind
from reminders.models import ChatEndpoint, KindPreference, Preference, Reminder


def preference_of(user: User) -> Preference:
    """Return how a person wants to be told; the defaults, not stored, for one who never said."""
    stored = Preference.objects.filter(user=user).select_related("chat_endpoint", "delegate").first()
    return stored or Preference(user=user)


def read_hours(user: User) -> Hours:
    """Return when a person is told, as it is stored now, in one query."""
    return hours_of(User.objects.select_related("reminder_preference").get(pk=user.pk))


@transaction.atomic
def change_hours(
    *, user: User, send_time: dt.time, working_days: Collection[int], wants_digest: bool, at: dt.datetime
) -> Preference:
    """Change when a person is told, and of what is waiting for them too.

    Raise DomainError without a working day.
    """
    if not working_days:
        raise DomainError(_("Choose at least one working day."), field="working_days")
    preference = _locked(user)
    preference.send_time = send_time
    preference.working_days = sorted(working_days)
    preference.wants_digest = wants_digest
    preference.save()
    reschedule(user=user, at=at)
    return preference


@transaction.atomic
def choose_channels(*, user: User, chosen: Mapping[SubjectKind, Collection[Channel]]) -> None:
    """Say by which ways besides the inbox reminders of each kind may come: all of them is the default."""
    KindPreference.objects.filter(user=user).exclude(kind__in=_limited(chosen)).delete()
    stored = {own.kind: own for own in KindPreference.objects.select_for_update().filter(user=user)}
    for kind in _limited(chosen):
        wanted = {"by_email": Channel.EMAIL in chosen[kind], "by_chat": Channel.CHAT in chosen[kind]}
        own = stored.get(kind) or KindPreference(user=user, kind=kind)
        if own.pk is None or any(getattr(own, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(own, name, value)
            own.save()


@transaction.atomic
def set_absence(
    *, user: User, away_from: dt.date | None, away_until: dt.date | None, delegate: User | None
) -> Preference:
    """Say when a person is away, and who is told meanwhile; without dates, that they are here.

    Raise DomainError for half a span, one that ends before it begins, or a delegate who is the person or inactive.
    """
    if (away_from is None) != (away_until is None):
        raise DomainError(_("Give both days."), field="away_until" if away_from else "away_from")
    if away_from is not None and away_until is not None and away_until < away_from:
        raise DomainError(_("The last day is before the first."), field="away_until")
    if away_from is None and delegate is not None:
        raise DomainError(_("Say from when to when."), field="away_from")
    if delegate is not None and (delegate.pk == user.pk or not delegate.is_active):
        raise DomainError(_("Choose a colleague who is here."), field="delegate")
    preference = _locked(user)
    preference.away_from, preference.away_until, preference.delegate = away_from, away_until, delegate
    preference.save()
    return preference


@transaction.atomic
def set_own_chat(*, user: User, name: str, format: ChatFormat, url: str) -> ChatEndpoint:
    """Give a person a chat of their own; without an address, the one it has stays.

    Raise DomainError for a new chat without an address, and for an address that is not https.
    """
    if url:
        check_chat_address(url)
    preference = _locked(user)
    endpoint = preference.chat_endpoint or ChatEndpoint(owner=user)
    if not url and endpoint.pk is None:
        raise DomainError(_("Paste the address of the incoming webhook."), field="url")
    endpoint.name, endpoint.format, endpoint.url = name, format, url or endpoint.url
    endpoint.save()
    preference.chat_endpoint = endpoint
    preference.save()
    return endpoint


@transaction.atomic
def remove_own_chat(*, user: User) -> None:
    """Forget a person's own chat and its address."""
    preference = _locked(user)
    if preference.chat_endpoint is not None:
        preference.chat_endpoint.delete()


@transaction.atomic
def reschedule(*, user: User, at: dt.datetime, former_zone: str = "") -> int:
    """Give what waits for a person the instant that their hours now say; return how much moved.

    What is due already stays. A snooze and an escalation keep their day, as it was in the time zone
    `former_zone` (without one, the present).
    """
    hours = read_hours(user)
    zone = zoneinfo.ZoneInfo(former_zone or user.time_zone)
    waiting = Reminder.objects.filter(recipient=user, status=ReminderStatus.WAITING, send_at__gt=at)
    moved = []
    for reminder in waiting.select_related("rule").select_for_update(of=("self",)):
        moment = _moment(reminder, hours, zone, at)
        if moment != reminder.send_at:
            reminder.send_at = moment
            reminder.snoozed_until = moment if reminder.snoozed_until else None
            moved.append(reminder)
    return Reminder.objects.bulk_update(moved, ["send_at", "snoozed_until"], batch_size=1_000)


def _moment(reminder: Reminder, hours: Hours, zone: zoneinfo.ZoneInfo, at: dt.datetime) -> dt.datetime:
    if reminder.snoozed_until or reminder.escalates_id:
        moment = send_time(hours, reminder.send_at.astimezone(zone).date(), is_after=True)
    else:
        day = shift(reminder.due_on, reminder.offset_days, reminder.rule.day_count)
        moment = send_time(hours, day, is_after=reminder.offset_days > 0)
    return moment if moment > at else next_moment(hours, at)


def _locked(user: User) -> Preference:
    Preference.objects.get_or_create(user=user)
    own: Any = Preference.objects.select_for_update(of=("self",)).select_related("chat_endpoint", "delegate")
    preference: Preference = own.get(user=user)
    return preference


def _limited(chosen: Mapping[SubjectKind, Collection[Channel]]) -> list[SubjectKind]:
    return [kind for kind, channels in chosen.items() if set(channels) != set(Channel)]
