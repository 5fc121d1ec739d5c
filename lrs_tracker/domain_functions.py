"""The domain functions behind the forms of the admin, called with what their parameters name."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

_REST = ("values", "changes")


@dataclass(frozen=True, slots=True)
class DomainFunctions:
    """What adds, changes and deletes a row; None where that takes no more than one plain save or delete."""

    create: Callable[..., Any] | None = None
    change: Callable[..., Any] | None = None
    delete: Callable[..., Any] | None = None


def call_for_row(
    function: Callable[..., Any],
    *,
    row: models.Model,
    known: Mapping[str, Any],
    given: Mapping[str, Any],
    changed: frozenset[str] | None = None,
) -> Any:
    """Call a keyword-only domain function for a row and return what it returns.

    Each parameter takes what its name says of `known` (by, at, today, expected_version) or of the `given` values of a
    form; the first of the row's own type takes the row, and any other that must be given the row's attribute. The given
    values that no parameter names (those `changed`, where that is said) go into `values`, `changes` or `**`.
    """
    parameters = inspect.signature(function).parameters.values()
    arguments: dict[str, Any] = {}
    taken = set(known)
    has_row = False
    for parameter in parameters:
        name = parameter.name
        if name in _REST or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if name in known:
            arguments[name] = known[name]
        elif parameter.annotation is type(row) and not has_row:
            arguments[name] = row
            has_row = True
        elif name in given:
            arguments[name] = given[name]
            taken.add(name)
        elif parameter.default is parameter.empty:
            arguments[name] = getattr(row, name)
    rest = {name: value for name, value in given.items() if name not in taken and (changed is None or name in changed)}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments |= rest
        elif parameter.name in _REST:
            arguments[parameter.name] = rest
    return function(**arguments)
