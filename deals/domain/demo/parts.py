"""Extension point of the demonstration desk: apps above load their part of it after the deals."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from django.utils.module_loading import import_string

from accounts.models import User

# Fills in what belongs to an app: called with the people by their keys, and the instant.
type DemoPart = Callable[[Mapping[str, User], dt.datetime], None]
_paths: list[str] = []


def register_part(path: str) -> None:
    """Add the part at a dotted path; called from `AppConfig.ready`, by processes that hardly ever load it."""
    if path not in _paths:
        _paths.append(path)


def parts() -> Iterator[DemoPart]:
    """Yield the parts in the order of registration."""
    return map(import_string, _paths)
