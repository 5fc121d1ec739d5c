"""Addresses of chats, as people paste them."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError


def check_chat_address(url: str) -> None:
    """Raise DomainError for what is no whole https address, or carries a password."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_safe = False
    if not is_safe or any(character.isspace() for character in url):
        raise DomainError(_("Paste an address that begins with https://, as the chat gives it."), field="url")
