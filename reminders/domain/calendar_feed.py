"""Calendars as iCalendar files (RFC 5545): the feed of a person, and the file of a deal."""

import datetime as dt
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from accounts.models import User
from deals.models import Deal
from lrs_tracker.base_url import absolute_url, own_host
from reminders.domain.calendar_entries import Scope, find_entries, scope_of
from reminders.domain.calendar_memory import Revision, revise

_DAY = dt.timedelta(days=1)
# At nine in the morning of the day before, wherever the calendar is.
_ALARM = dt.timedelta(hours=-15)
_ASK_AGAIN = dt.timedelta(hours=1)
_PRODUCT = "-//LRS Tracker//Calendar//EN"


def feed_of(user: User, *, at: dt.datetime) -> bytes:
    """Return the calendar of everything dated that concerns a user, of what they may see now."""
    entries = find_entries(user, scope_of(user), at=at)
    revisions = revise(user_id=user.pk, place="feed", entries=entries, at=at)
    return write_calendar(revisions, name=_("LRS Tracker"))


def deal_calendar(user: User, deal: Deal, *, at: dt.datetime) -> bytes:
    """Return the calendar of everything dated in a deal, of what a user may see now."""
    entries = find_entries(user, Scope([deal.pk]), at=at)
    revisions = revise(user_id=user.pk, place=f"deal-{deal.pk}", entries=entries, at=at)
    return write_calendar(revisions, name=f"{deal.code} {deal.company}")


def write_calendar(revisions: Iterable[Revision], *, name: str) -> bytes:
    """Write a calendar in the language that is active."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    # RFC 7986, and how programs that are older than it call the same.
    calendar.add("name", _clean(name))
    calendar.add("x-wr-calname", _clean(name))
    calendar.add("refresh-interval", _ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for revision in revisions:
        calendar.add_component(_event(revision))
    return calendar.to_ical()


def _event(revision: Revision) -> Event:
    event = Event()
    # The same for every reader, and for as long as we have our name.
    event.add("uid", f"{revision.key}@{own_host()}")
    event.add("sequence", revision.sequence)
    event.add("dtstamp", revision.changed_at)
    event.add("last-modified", revision.changed_at)
    event.add("dtstart", revision.on)
    event.add("dtend", revision.on + _DAY)
    event.add("transp", "TRANSPARENT")
    entry = revision.entry
    if entry is None:
        # Its reader may be one who may not see it any more: no word of it is left.
        event.add("status", "CANCELLED")
        event.add("summary", _("Cancelled"))
        return event
    url = absolute_url(entry.url)
    event.add("status", "CONFIRMED")
    event.add("summary", _clean(entry.title))
    event.add("description", _clean(f"{entry.detail}\n{url}"))
    event.add("url", url)
    event.add("categories", [_clean(entry.category)])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", _ALARM)
    alarm.add("description", _clean(entry.title))
    event.add_component(alarm)
    return event


def _clean(text: str) -> str:
    """Return a text without the control characters that RFC 5545 has no place for."""
    return "".join(one for one in text if one in "\n\t" or unicodedata.category(one) != "Cc")
