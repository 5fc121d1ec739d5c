"""The people whom reminders may reach, and how each wants to be told."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.models import User
from reminders.domain.working_days import Hours
from reminders.models import Preference
from reminders.models.people import DEFAULT_SEND_TIME, DEFAULT_WORKING_DAYS

# A licensee's contact has no settings here.
DEFAULT_HOURS = Hours("UTC", DEFAULT_SEND_TIME, DEFAULT_WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class Person:
    """An active user with their hours; from `away_from` through `away_until` the delegate is told."""

    pk: int
    name: str
    language: str
    hours: Hours
    wants_digest: bool
    chat_endpoint_id: int | None
    away_from: dt.date | None
    away_until: dt.date | None
    delegate_id: int | None

    def today(self, at: dt.datetime) -> dt.date:
        """Return the date at an instant where the person is."""
        return at.astimezone(zoneinfo.ZoneInfo(self.hours.time_zone)).date()

    def is_away(self, on: dt.date) -> bool:
        """Return whether the person is away on a day and named someone to stand in."""
        if self.away_from is None or self.away_until is None or self.delegate_id is None:
            return False
        return self.away_from <= on <= self.away_until


def read_people() -> dict[int, Person]:
    """Return every active user by key, in one query."""
    rows = User.objects.filter(is_active=True).select_related("reminder_preference").order_by("pk")
    return {user.pk: _person(user) for user in rows}


def hours_of(user: User) -> Hours:
    """Return when a user is told."""
    return _person(user).hours


def stand_in(person: Person, people: Mapping[int, Person], on: dt.date) -> Person:
    """Return who is told on a day: the person, or the delegate of someone away, and theirs if they are away too.

    Where the delegates lead in a circle or to someone inactive, the last who can be told is.
    """
    seen = {person.pk}
    while person.is_away(on):
        delegate = people.get(person.delegate_id or 0)
        if delegate is None or delegate.pk in seen:
            break
        seen.add(delegate.pk)
        person = delegate
    return person


def profiles_of(people: Iterable[Person]) -> dict[Hours, int]:
    """Return a number for each of the different hours that people have."""
    return {hours: number for number, hours in enumerate(sorted({person.hours for person in people}, key=repr))}


def _known_zone(name: str) -> str:
    """Return a time zone, or UTC for one that this machine does not know: it would stop everyone's reminders."""
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return "UTC"


def _person(user: User) -> Person:
    preference = getattr(user, "reminder_preference", None) or Preference(user=user)
    return Person(
        pk=user.pk,
        name=str(user),
        language=user.language,
        hours=Hours(_known_zone(user.time_zone), preference.send_time, tuple(sorted(preference.working_days))),
        wants_digest=preference.wants_digest,
        chat_endpoint_id=preference.chat_endpoint_id,
        away_from=preference.away_from,
        away_until=preference.away_until,
        delegate_id=preference.delegate_id,
    )
