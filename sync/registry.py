"""The resources that the change log knows, filled by each app when it loads."""

from collections.abc import Callable, Iterator
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
