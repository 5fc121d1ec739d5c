"""The resources that the change log knows, filled by each app when it loads.

Those with a timeline are registered with `register`, those that other systems follow with `register_synced`.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise

from lrs_tracker.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object with a timeline: its singular API name, label and visible rows."""

    name: str
    label: str | Promise
    visible_to: Callable[[Viewer], models.QuerySet[Any]]


_resources: dict[str, Resource] = {}


def register(name: str, *, label: str | Promise, visible_to: Callable[[Viewer], models.QuerySet[Any]]) -> None:
    """Make a resource known; called once for each from `AppConfig.ready`."""
    _resources[name] = Resource(name, label, visible_to)


def resource(name: str) -> Resource | None:
    """Return the registered resource of this name, if any."""
    return _resources.get(name)


def visible_ids(user: Viewer) -> Iterator[tuple[str, models.QuerySet[Any]]]:
    """Yield each resource's name with a subquery of the ids that `user` may see."""
    for known in _resources.values():
        yield known.name, known.visible_to(user).order_by().values("pk")


@dataclass(frozen=True, slots=True)
class Secrecy:
    """How a row of a synced resource becomes known only to some: by a flag, to its owner and to members.

    `flag` and `owner` are columns of the row; members are the `member` column of rows of the kind `member_part`. Who
    has the permission `sees_all` knows of every row.
    """

    flag: str
    owner: str
    member_part: str
    member: str
    sees_all: str


@dataclass(frozen=True, slots=True)
class Readers:
    """That a column of a synced resource lists who alone may see a row, null for everybody.

    The database keeps it in step with what is visible, so that whom a change shows or hides a row is known from that
    change. Who has the permission `sees_all` knows of every row.
    """

    column: str
    sees_all: str


@dataclass(frozen=True, slots=True)
class Synced:
    """A resource of the API: its singular name, visible rows, and the kinds of rows that are part of its objects.

    `sees_all` is the permission to view the model, and so to know of its deletions.
    """

    name: str
    visible_to: Callable[[Viewer], models.QuerySet[Any]]
    model: type[models.Model]
    parts: tuple[str, ...]
    secrecy: Secrecy | None
    readers: Readers | None
    sees_all: str


_synced: dict[str, Synced] = {}


def register_synced(
    name: str,
    model: type[models.Model],
    *,
    parts: tuple[str, ...] = (),
    secrecy: Secrecy | None = None,
    readers: Readers | None = None,
) -> None:
    """Make a resource known to the feed; called once for each from `AppConfig.ready`."""
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    manager: Any = model._default_manager
    _synced[name] = Synced(name, manager.visible_to, model, parts, secrecy, readers, permission)


def is_synced(name: str) -> bool:
    """Return whether the feed has changes of a resource of this name."""
    return name in _synced


def synced_resource(name: str) -> Synced:
    """Return the synced resource of this name. Raise KeyError when there is none."""
    return _synced[name]


def synced(names: Collection[str] = ()) -> list[Synced]:
    """Return the synced resources of these names, or all of them."""
    return [known for known in _synced.values() if not names or known.name in names]
