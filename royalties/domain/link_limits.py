"""How often a private link, or a stranger who tries tokens, may ask; counted in the cache for all processes."""

import datetime as dt

from django.core.cache import cache

WINDOW_SECONDS = 600
MOST_WRONG_TOKENS = 20
MOST_REQUESTS_OF_A_LINK = 120


def has_guessed_too_often(client: str, *, at: dt.datetime) -> bool:
    """Tell whether an address has tried too many tokens that do not work."""
    return int(cache.get(_key("wrong", client, at), 0)) >= MOST_WRONG_TOKENS


def note_wrong_token(client: str, *, at: dt.datetime) -> None:
    """Count a token that does not work."""
    _count(_key("wrong", client, at))


def is_link_busy(link_id: int, *, at: dt.datetime) -> bool:
    """Count a request by a link, and tell whether there were too many."""
    return _count(_key("link", str(link_id), at)) > MOST_REQUESTS_OF_A_LINK


def _key(kind: str, who: str, at: dt.datetime) -> str:
    return f"report-{kind}:{who}:{int(at.timestamp()) // WINDOW_SECONDS}"


def _count(key: str) -> int:
    return 1 if cache.add(key, 1, timeout=2 * WINDOW_SECONDS) else cache.incr(key)
