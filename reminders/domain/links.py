"""Links in mails that act on a reminder without logging in: signed, for two weeks, once.

A link names its message, reminder, reader and action; the signature makes it the reader's own. Links of one
message that do the same are the same link, also when a retry sent the message twice. Forged and expired
links, and those of people who may not see the reminder any more, are not told apart.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.problems import DomainError
from reminders.domain.actions import mark_done, mute, snooze
from reminders.enums import LinkAction, ReminderStatus, SubjectKind
from reminders.models import KindPreference, Notification, Reminder, UsedLink

LINK_AGE = dt.timedelta(days=14)
# How many days from the reader's today a link snoozes.
SNOOZE_DAYS = {LinkAction.SNOOZE_DAY: 1, LinkAction.SNOOZE_WEEK: 7}
_SIGNER = Signer(salt="reminders.links", sep=".")
_LONGEST_TOKEN = 400
# A reminder that is settled, or sleeps until a day, leaves nothing to do for these.
_OF_STANDING = frozenset({LinkAction.DONE, *SNOOZE_DAYS})


class LinkClosedError(DomainError):
    """Refuse a link that does not work; nothing says why."""

    code = "link-closed"


class LinkUsedError(DomainError):
    """Refuse to do once more what was done already."""

    code = "link-used"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link does: `action` to a reminder for its reader; unsubscribing, for all `kinds` of its message."""

    action: LinkAction
    reminder: Reminder
    user: User
    kinds: tuple[SubjectKind, ...]
    digest: str


def make_token(*, notification: Notification, reminder: Reminder, action: LinkAction, at: dt.datetime) -> str:
    """Return the token of a link in a message, which works until two weeks from now."""
    expires = int((at + LINK_AGE).timestamp())
    return _SIGNER.sign_object([notification.pk, reminder.pk, notification.recipient_id, action.value, expires])


def open_link(token: str, *, at: dt.datetime) -> Link:
    """Return what a link would do now.

    Raise LinkClosedError when it does not work, LinkUsedError when that was done already.
    """
    notification_id, reminder_id, user_id, action = _read(token, at=at)
    user = User.objects.filter(pk=user_id, is_active=True).select_related("reminder_preference").first()
    if user is None:
        raise _closed()
    told = Reminder.objects.visible_to(user).for_person(user).select_related("rule", "deal__company")
    reminder = told.filter(pk=reminder_id).first()
    if reminder is None:
        raise _closed()
    digest = hashlib.sha256(f"{notification_id}:{reminder_id}:{user_id}:{action}".encode()).hexdigest()
    if _is_over(reminder, action) or UsedLink.objects.filter(digest=digest).exists():
        raise _used()
    return Link(action, reminder, user, _kinds_of(notification_id), digest)


@transaction.atomic
def use_link(token: str, *, at: dt.datetime) -> Link:
    """Do what a link says, once, and return it; of two at once the second is refused. Raise as `open_link` does."""
    link = open_link(token, at=at)
    _, is_first = UsedLink.objects.get_or_create(
        digest=link.digest, defaults={"reminder": link.reminder, "action": link.action, "at": at}
    )
    if not is_first:
        raise _used()
    _act(link, at)
    return link


def stop_mails(*, user: User, kinds: tuple[SubjectKind, ...]) -> None:
    """Send a person no more mails of some kinds; their reminders go on standing in the inbox."""
    for kind in kinds:
        KindPreference.objects.update_or_create(user=user, kind=kind, defaults={"by_email": False})


def _act(link: Link, at: dt.datetime) -> None:
    reminders, user = [link.reminder], link.user
    match link.action:
        case LinkAction.DONE:
            mark_done(reminders=reminders, user=user, at=at)
        case LinkAction.SNOOZE_DAY | LinkAction.SNOOZE_WEEK:
            snooze(reminders=reminders, user=user, until=snoozed_until(link, at=at), at=at)
        case LinkAction.MUTE:
            mute(reminders=reminders, user=user, at=at)
        case LinkAction.UNSUBSCRIBE:
            stop_mails(user=link.user, kinds=link.kinds)


def snoozed_until(link: Link, *, at: dt.datetime) -> dt.date:
    """Return the day until which a link that snoozes does so, counted from the reader's today."""
    return today_for(link.user, at=at) + dt.timedelta(days=SNOOZE_DAYS[link.action])


def _read(token: str, *, at: dt.datetime) -> tuple[int, int, int, LinkAction]:
    """Return message, reminder, reader and action of a token that is ours and young enough."""
    try:
        if len(token) > _LONGEST_TOKEN:
            raise _closed()
        notification_id, reminder_id, user_id, action, expires = _SIGNER.unsign_object(token)
    except BadSignature:
        raise _closed() from None
    if expires <= at.timestamp():
        raise _closed()
    return notification_id, reminder_id, user_id, LinkAction(action)


def _is_over(reminder: Reminder, action: LinkAction) -> bool:
    is_settled = reminder.done_at is not None or reminder.status == ReminderStatus.SKIPPED
    return action in _OF_STANDING and is_settled


def _kinds_of(notification_id: int) -> tuple[SubjectKind, ...]:
    found = Reminder.objects.filter(items__notification=notification_id).order_by("kind")
    return tuple(map(SubjectKind, found.values_list("kind", flat=True).distinct()))


def _closed() -> LinkClosedError:
    return LinkClosedError(_("This link does not work any more."))


def _used() -> LinkUsedError:
    return LinkUsedError(_("This was done already."))
