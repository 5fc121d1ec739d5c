"""Extension points of a page: apps above add panels to a record's page and counts to its list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from lrs_tracker.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Panel:
    """What an app shows about another app's record, honouring what `user` may see.

    `context(record, user)` fills `template` on the record's page; `counts(ids, user)` gives the
    number shown per row of the list; `having(user)` the ids of records that the list's
    “has …” filter keeps, labelled `filter_label`.
    """

    key: str
    label: str | Promise
    template: str
    context: Callable[[Any, Viewer], dict[str, Any]]
    counts: Callable[[Sequence[int], Viewer], Mapping[int, int]] | None = None
    having: Callable[[Viewer], QuerySet[Any]] | None = None
    filter_label: str | Promise = ""


@dataclass(slots=True)
class ShownPanel:
    """A panel with its context for one record."""

    panel: Panel
    context: dict[str, Any]


@dataclass(slots=True)
class Panels:
    """The panels of one kind of record, in the order of registration."""

    _panels: dict[str, Panel] = field(default_factory=dict)

    def register(self, panel: Panel) -> None:
        """Add a panel; called once for each from `AppConfig.ready`."""
        self._panels[panel.key] = panel

    def __iter__(self) -> Iterator[Panel]:
        return iter(self._panels.values())

    def shown(self, record: Model, user: Viewer) -> list[ShownPanel]:
        """Return every panel with its context for a record."""
        return [ShownPanel(panel, panel.context(record, user)) for panel in self]

    def counted(self, ids: Sequence[int], user: Viewer) -> dict[str, Mapping[int, int]]:
        """Return the counts of each panel that counts, by panel and record."""
        return {panel.key: panel.counts(ids, user) for panel in self if panel.counts is not None}
