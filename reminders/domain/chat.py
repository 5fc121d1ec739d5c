"""Reminders in chats: messages as Slack, Microsoft Teams and plain webhooks take them, and posting them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lrs_tracker.base_url import absolute_url
from lrs_tracker.formats import format_day_in_full
from lrs_tracker.outgoing import OutgoingError, post_json
from lrs_tracker.visible_text import one_line
from reminders.domain.mails import INBOX_PATH
from reminders.domain.weekly import weekly_digest
from reminders.enums import ChatFormat, MessageKind
from reminders.models import ChatEndpoint, Notification, Reminder

# A message of Teams has 28 KB at most, one of Slack 50 blocks; the inbox has the rest.
MOST_SHOWN = 15
_LONGEST_TEXT = 150
_CARD_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
# What Slack says is a single word; anything else may hold what nobody should read in a log.
_WORD = re.compile(r"[a-z_]{1,60}")
# Answers that may be another one later: too slow, too early, too much.
_FOR_NOW = frozenset({408, 425, 429})


class ChatError(OutgoingError):
    """Tell that a chat did not take a message; the words are fit to be kept."""

    code = "chat-refused"

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a message tells; `facts` are for programs."""

    title: str
    path: str
    about: str
    detail: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The whole address of its page."""
        return absolute_url(self.path)

    @property
    def lines(self) -> list[str]:
        """What is said below the title."""
        return [text for text in (_cut(self.about), _cut(self.detail)) if text]


def post(endpoint: ChatEndpoint, reminders: Sequence[Reminder], message: Notification) -> None:
    """Post a message with its reminders to a chat, in its reader's language. Raise ChatError when it is not taken."""
    language = message.recipient.language if message.recipient else settings.LANGUAGE_CODE
    if message.kind == MessageKind.WEEKLY and message.recipient is not None:
        payload = _weekly_payload(endpoint, reminders[0], message.recipient)
    else:
        payload = chat_payload(endpoint, reminders, language)
    try:
        answer = post_json(endpoint.url, payload)
    except OutgoingError as error:
        raise ChatError(str(error), is_final=error.is_final) from None
    if not 200 <= answer.status < 300:
        said = answer.text.strip()
        word = f" ({said})" if _WORD.fullmatch(said) else ""
        is_final = 300 <= answer.status < 500 and answer.status not in _FOR_NOW
        raise ChatError(_("The chat answered %(status)s.") % {"status": answer.status} + word, is_final=is_final)


def chat_payload(endpoint: ChatEndpoint, reminders: Sequence[Reminder], language: str) -> dict[str, Any]:
    """Return the message that tells reminders, in the shape that the endpoint takes."""
    with translation.override(language):
        count = len(reminders)
        heading = ngettext("%(count)s reminder", "%(count)s reminders", count) % {"count": count}
        return _WRITERS[ChatFormat(endpoint.format)](heading, [_entry(reminder) for reminder in reminders])


def _weekly_payload(endpoint: ChatEndpoint, reminder: Reminder, reader: User) -> dict[str, Any]:
    """Return the message that tells a manager's week, as of when it was told."""
    with translation.override(reader.language):
        digest = weekly_digest(reader, at=reminder.told_at or reminder.send_at)
        entries = [
            Entry(line.about, line.path, f"{section.heading}: {line.what}", line.why)
            for section in digest.sections
            for line in section.lines
        ]
        return _WRITERS[ChatFormat(endpoint.format)](digest.heading, entries)


def _entry(reminder: Reminder) -> Entry:
    deal = f"{reminder.deal.code} · {reminder.deal.company.name}" if reminder.deal else ""
    return Entry(
        title=reminder.title,
        path=reminder.get_absolute_url(),
        about=" · ".join(filter(None, [deal, format_day_in_full(reminder.due_on)])),
        detail=reminder.detail,
        facts={
            "id": reminder.pk,
            "kind": reminder.kind,
            "due_on": reminder.due_on.isoformat(),
            "deal": reminder.deal.code if reminder.deal else None,
        },
    )


def _slack(heading: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return a message with blocks; `text` says the same, for notifications and for chats that know no blocks."""
    texts = [
        "\n".join([f"<{entry.url}|{_escape(_cut(entry.title))}>", *map(_escape, entry.lines)])
        for entry in entries[:MOST_SHOWN]
    ]
    if more := _more(entries):
        texts.append(f"<{absolute_url(INBOX_PATH)}|{_escape(more)}>")
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in (f"*{_escape(heading)}*", *texts)
    ]
    return {"text": "\n".join([_escape(heading), *texts]), "blocks": blocks}


def _escape(text: str) -> str:
    """Escape what Slack reads as a link, a mention or an emphasis (docs.slack.dev, "Formatting message text")."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A word joiner keeps signs from being read in pairs.
    return re.sub(r"([*_~`|])", "\\1\N{WORD JOINER}", text)


def _teams(heading: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return a message with an Adaptive Card, as Workflows in Teams take it; its text runs read no Markdown."""
    body = [_rich({"text": heading, "weight": "Bolder", "size": "Medium"})]
    for entry in entries[:MOST_SHOWN]:
        opens = {"type": "Action.OpenUrl", "url": entry.url}
        below = [{"text": f"\n{line}", "isSubtle": True} for line in entry.lines]
        body.append(_rich({"text": _cut(entry.title), "weight": "Bolder", "selectAction": opens}, *below))
    if more := _more(entries):
        body.append(_rich({"text": more}))
    card = {
        "$schema": _CARD_SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": _("Open your inbox"), "url": absolute_url(INBOX_PATH)}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _rich(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run} for run in runs]}


def _json(heading: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return all that a program would want to know, uncut."""
    told = [
        {**entry.facts, "title": entry.title, "about": entry.about, "detail": entry.detail, "url": entry.url}
        for entry in entries
    ]
    return {"text": heading, "entries": told}


_WRITERS = {ChatFormat.SLACK: _slack, ChatFormat.TEAMS: _teams, ChatFormat.JSON: _json}


def _more(entries: Sequence[Entry]) -> str:
    more = len(entries) - MOST_SHOWN
    return ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more} if more > 0 else ""


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1].rstrip() + "…"
