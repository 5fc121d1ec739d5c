"""Reminders as mails: subject, headers, text and HTML in the reader's language."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lrs_tracker.base_url import absolute_url, own_host
from lrs_tracker.clock import today_for
from lrs_tracker.formats import format_day
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import one_line
from reminders.domain.mail_headers import ReminderMail
from reminders.domain.mail_items import group_by_deal, link_url, mail_item
from reminders.domain.weekly import weekly_digest
from reminders.enums import LinkAction, MessageKind
from reminders.models import Notification, Reminder

INBOX_PATH = "/inbox/"
SETTINGS_PATH = "/settings/reminders/"
# Subjects are read on narrow lists, and RFC 5322 wants lines short.
_LONGEST_SUBJECT = 150


class NothingToTellError(DomainError):
    """Refuse to write a mail that would say nothing."""

    code = "nothing-to-tell"


def build_mail(notification: Notification, reminders: Sequence[Reminder], *, at: dt.datetime) -> ReminderMail:
    """Return the mail of a notification with its reminders, as of an instant.

    Each attempt has the same `Message-ID`. The reminders have their rule, their recipient and their deal with
    its company. Raise NothingToTellError for a weekly digest of a week in which nothing changed.
    """
    reader = notification.recipient
    language, zone = (reader.language, reader.time_zone) if reader else (settings.LANGUAGE_CODE, "UTC")
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        template, subject, context = _content(notification, reminders, at)
        context |= {
            "subject": subject,
            "inbox_url": absolute_url(INBOX_PATH),
            "is_right_to_left": translation.get_language_bidi(),
        }
        text = render_to_string(f"reminders/email/{template}.txt", context)
        html = render_to_string(f"reminders/email/{template}.html", context)
    mail = ReminderMail(
        subject=_shorten(subject),
        body=text.strip() + "\n",
        to=[_address(notification)],
        headers=_headers(notification, context.get("unsubscribe_url", "")),
    )
    mail.attach_alternative(html, "text/html")
    return mail


def _content(
    notification: Notification, reminders: Sequence[Reminder], at: dt.datetime
) -> tuple[str, str, dict[str, Any]]:
    """Return the template, the subject and what both texts show."""
    if notification.recipient is None:
        return _for_contact(reminders, at)
    kind = MessageKind(notification.kind)
    if kind == MessageKind.WEEKLY:
        # As of when it was told, whenever it is sent.
        template, subject, context = _weekly(notification.recipient, reminders[0].told_at or at)
    elif len(reminders) == 1:
        template, subject, context = _single(notification, reminders[0], at)
    else:
        template, subject, context = _digest(notification, reminders, notification.recipient, at)
    unsubscribe = link_url(notification, reminders[0], LinkAction.UNSUBSCRIBE, at)
    settings_url = absolute_url(SETTINGS_PATH)
    return template, subject, context | {"unsubscribe_url": unsubscribe, "settings_url": settings_url}


def _for_contact(reminders: Sequence[Reminder], at: dt.datetime) -> tuple[str, str, dict[str, Any]]:
    """Write to a licensee's contact, who has no account: nothing of the deal, and no links."""
    lines = [{"title": one_line(each.title), "detail": one_line(each.detail)} for each in reminders]
    subject = lines[0]["title"] if len(lines) == 1 else _("%(count)s reminders") % {"count": len(lines)}
    return "contact", subject, {"lines": lines}


def _single(notification: Notification, reminder: Reminder, at: dt.datetime) -> tuple[str, str, dict[str, Any]]:
    item = mail_item(notification, reminder, at=at)
    return "single", item.title, {"item": item}


def _digest(
    notification: Notification, reminders: Sequence[Reminder], reader: User, at: dt.datetime
) -> tuple[str, str, dict[str, Any]]:
    today = today_for(reader, at=at)
    items = [mail_item(notification, reminder, at=at) for reminder in reminders]
    words: Mapping[str, Any] = {"count": len(items), "day": format_day(today, today=today)}
    subject = ngettext("%(count)s reminder for %(day)s", "%(count)s reminders for %(day)s", len(items)) % words
    if late := sum(item.is_late for item in items):
        subject += ngettext(", %(count)s late", ", %(count)s late", late) % {"count": late}
    return "digest", subject, {"groups": group_by_deal(items)}


def _weekly(reader: User, at: dt.datetime) -> tuple[str, str, dict[str, Any]]:
    digest = weekly_digest(reader, at=at)
    if digest.is_empty:
        raise NothingToTellError(_("Nothing changed this week."))
    return "weekly", digest.heading, {"digest": digest}


def _headers(notification: Notification, unsubscribe_url: str) -> dict[str, str]:
    headers = {
        "Message-ID": f"<{notification.uid}@{own_host()}>",
        # So that absence notes are not sent to us (RFC 3834).
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _address(notification: Notification) -> str:
    if notification.recipient is not None:
        return notification.recipient.email
    if notification.contact is not None and notification.contact.email:
        return notification.contact.email
    raise DomainError(_("There is no address to send this to."), code="no-address")


def _shorten(subject: str) -> str:
    return subject if len(subject) <= _LONGEST_SUBJECT else subject[: _LONGEST_SUBJECT - 1].rstrip() + "…"
