"""Searching by words: each has to be in one of some columns, in any order, as trigram indexes serve it."""

from collections.abc import Callable

from django.db.models import Q


def has_words(text: str, *columns: str) -> Q:
    """Return the condition that every word of a text is in one of the columns."""
    return every_word(text, lambda word: in_columns(word, *columns))


def every_word(text: str, is_about: Callable[[str], Q]) -> Q:
    """Return the condition that a row is about every word of a text."""
    condition = Q()
    for word in text.split():
        condition &= is_about(word)
    return condition


def in_columns(word: str, *columns: str) -> Q:
    """Return the condition that a word is in one of the columns."""
    condition = Q()
    for column in columns:
        condition |= Q(**{f"{column}__icontains": word})
    return condition
