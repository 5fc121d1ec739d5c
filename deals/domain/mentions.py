"""Who a note mentions: “@Maria Falk” or “@maria.falk@example.com”."""

import re
from collections import Counter
from collections.abc import Iterable

from accounts.models import User

_AT = re.compile(r"(?<![\w@])@(?=\w)")


def find_mentions(body: str, *, users: Iterable[User]) -> list[User]:
    """Return the users that a text mentions by e-mail address or full name, in order of appearance.

    The longest name wins (“@Maria Falkner” is not Maria Falk). A name that several users share
    mentions nobody: only the address tells them apart.
    """
    found: dict[int, User] = {}
    for start, length, user in mention_spans(body, users=users):
        del start, length
        found.setdefault(user.pk, user)
    return list(found.values())


def mention_spans(body: str, *, users: Iterable[User]) -> list[tuple[int, int, User]]:
    """Return where a text mentions users: (start of the “@”, length, user)."""
    words = _words_of(users)
    spans = []
    folded = body.casefold()
    if len(folded) != len(body):  # a letter such as “ß” grew: positions would be off
        folded = body.lower() if len(body.lower()) == len(body) else body
    for at in _AT.finditer(folded):
        begin = at.end()
        for word, user in words:
            end = begin + len(word)
            if folded.startswith(word, begin) and not folded[end : end + 1].isalnum():
                spans.append((at.start(), end - at.start(), user))
                break
    return spans


def _words_of(users: Iterable[User]) -> list[tuple[str, User]]:
    users = list(users)
    shared = Counter(user.name.casefold() for user in users)
    words = [(user.email.casefold(), user) for user in users]
    words += [(user.name.casefold(), user) for user in users if user.name and shared[user.name.casefold()] == 1]
    return sorted(words, key=lambda pair: -len(pair[0]))
