"""Pieces of HTML that are rendered once for all that they show.

A piece is remembered by its template, the language, the time zone, and the whole of its context, down to every
value of every object in it. Nothing else reaches the template, so that what it shows is never stale, and nobody
is shown what was not in their own context.
"""

import dataclasses
import datetime as dt
import functools
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from enum import Enum
from threading import Lock
from typing import Any

from django.db import connection, models
from django.template.loader import get_template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

_KEPT = 1024
# Stands in a remembered piece for the token against forged requests, which belongs to one reader.
# Nobody can write it into a text of their own, to be given the token of whoever reads that.
_TOKEN = secrets.token_hex(32)
_PLAIN = frozenset({str, int, bool, float, type(None), Decimal, dt.date, dt.datetime, dt.timedelta})

_pieces: OrderedDict[Hashable, str] = OrderedDict()
_lock = Lock()


def remembered_html(template: str, context: Mapping[str, Any], *, csrf_token: Any) -> SafeString:
    """Return a template rendered with this context and nothing else, from memory when it was so before.

    `csrf_token` may be lazy: it is read when the piece has a form. Raise TypeError for a context with objects
    whose values cannot be told.
    """
    key = (template, get_language(), timezone.get_current_timezone_name(), _state_of(context))
    html = _pieces.get(key)
    if html is None:
        with connection.execute_wrapper(_refuse_query):
            html = get_template(template).render({**context, "csrf_token": _TOKEN})
        with _lock:
            _pieces[key] = html
            if len(_pieces) > _KEPT:
                _pieces.popitem(last=False)
    # The template has escaped what is in it, and a token is letters and digits.
    return mark_safe(html.replace(_TOKEN, str(csrf_token)) if _TOKEN in html else html)  # noqa: S308


def _refuse_query(*_args: Any) -> None:
    # What a query finds is not in the key: it would be shown to others, and when it is old.
    raise RuntimeError("A remembered piece may not query the database.")


def _state_of(value: Any) -> Hashable:
    """Return all that a template can read from a value, as something to compare by."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _way_of(kind)(value)


@functools.cache
def _way_of(kind: Any) -> Callable[[Any], Hashable]:
    """Return how the state of values of a kind, which is not plain, is read."""
    # Equal to its text, but not shown alike.
    if kind is SafeString:
        return lambda value: (kind, str(value))
    if issubclass(kind, models.Model):
        return lambda value: (kind, _states_of(value.__dict__, besides="_state"), _states_of(value._state.fields_cache))
    if dataclasses.is_dataclass(kind):
        names = tuple(field.name for field in dataclasses.fields(kind))
        return lambda value: (kind, tuple([_state_of(getattr(value, name)) for name in names]))
    if issubclass(kind, Mapping):
        return lambda value: (dict, _states_of(value))
    if issubclass(kind, list | tuple):
        return lambda value: (list, tuple(map(_state_of, value)))
    if issubclass(kind, set | frozenset):
        return lambda value: (set, frozenset(map(_state_of, value)))
    if issubclass(kind, Enum):
        return lambda value: (kind, value.name)
    if issubclass(kind, Promise):
        return str
    raise TypeError(f"A remembered piece cannot show a {kind.__name__}.")


def _states_of(values: Mapping[str, Any], *, besides: str = "") -> Hashable:
    # A record has dozens of plain values: they are taken without a call for each.
    states = [one if type(one) in _PLAIN else _state_of(one) for name, one in values.items() if name != besides]
    return tuple(values), tuple(states)
