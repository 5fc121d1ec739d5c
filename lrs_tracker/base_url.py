"""The address under which people reach LRS Tracker, for what is read outside a request: mails, chats, calendars."""

from urllib.parse import urlsplit

from django.conf import settings


def absolute_url(path: str) -> str:
    """Return the whole address of a page of ours, given its path. Raise ValueError for anything else than a path."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("A path of our own begins with one slash.")
    return f"{settings.BASE_URL}{path}"


def own_host() -> str:
    """Return our host name without its port."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"
