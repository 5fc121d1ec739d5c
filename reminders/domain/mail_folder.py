"""The mails of a copy that sends none: development writes them into a folder, and reads them from there."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

from django.conf import settings

MOST_LISTED = 100
_FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
# What the backend writes behind each mail of a file.
_SEPARATOR = b"\n" + b"-" * 79 + b"\n"
_KEY = re.compile(r"(\d{8}-\d{6}-\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class FolderMail:
    """A mail as it was written; `key` names its file and its place there."""

    key: str
    subject: str
    to: str
    sent_at: dt.datetime | None
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


def mail_folder() -> Path | None:
    """Return the folder that mails are written to; None in production, or when they are sent."""
    mailer = settings.MAILERS["default"]
    if settings.PRODUCTION or mailer["BACKEND"] != _FILE_BACKEND:
        return None
    return Path(mailer["OPTIONS"]["file_path"])


def list_mails(folder: Path) -> list[FolderMail]:
    """Return the latest mails of a folder, the newest first."""
    return list(islice(_all_mails(folder), MOST_LISTED))


def find_mail(folder: Path, key: str) -> FolderMail | None:
    """Return the mail with a key, if there is one."""
    named = _KEY.fullmatch(key)
    file = folder / f"{named[1]}.log" if named else None
    if named is None or file is None or not file.is_file():
        return None
    messages = _messages(file)
    place = int(named[2])
    return _mail(key, messages[place]) if place < len(messages) else None


def _all_mails(folder: Path) -> Iterator[FolderMail]:
    # The names of files begin with their time.
    for file in sorted(folder.glob("*.log"), reverse=True):
        messages = _messages(file)
        for place in reversed(range(len(messages))):
            yield _mail(f"{file.stem}-{place}", messages[place])


def _messages(file: Path) -> list[bytes]:
    """Return the whole mails of a file; what is behind the last separator is being written."""
    return file.read_bytes().split(_SEPARATOR)[:-1]


def _mail(key: str, raw: bytes) -> FolderMail:
    message: EmailMessage = message_from_bytes(raw, policy=policy.default)
    date = message["Date"]
    return FolderMail(
        key=key,
        subject=str(message["Subject"] or ""),
        to=str(message["To"] or ""),
        sent_at=date.datetime if date is not None else None,
        text=_content(message, "plain"),
        html=_content(message, "html"),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
