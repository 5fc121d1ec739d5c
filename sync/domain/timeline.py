"""The change log in words: what happened to an object, newest first, for one reader."""

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from lrs_tracker.prepared import Hole, Prepared
from lrs_tracker.visibility import Viewer
from sync.domain.change_labels import Labels, labels_for, models_by_resource
from sync.domain.change_words import Line, Row, words_for
from sync.enums import Channel
from sync.models import Change

PAGE_SIZE = 30
MOST_ROWS_OF_AN_ENTRY = 10

_BY_CHANNEL: dict[str, str | Promise] = {
    Channel.SQL: gettext_lazy("Someone, by SQL"),
    Channel.IMPORT: gettext_lazy("An import"),
    Channel.COMMAND: gettext_lazy("A command"),
    Channel.TASK: gettext_lazy("LRS Tracker"),
    Channel.API: gettext_lazy("Someone, through the API"),
    Channel.ADMIN: gettext_lazy("Someone, in the admin"),
    Channel.WEB: gettext_lazy("Someone"),
}


@dataclass(slots=True)
class Entry:
    """What one person did in one transaction; `via` says how, unless by the browser."""

    who: str
    is_person: bool
    via: str
    at: dt.datetime
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the mark to go on from (None: there are no older ones)."""

    entries: list[Entry]
    older: int | None


def timeline_of(
    resource: str,
    object_id: int,
    *,
    viewer: Viewer,
    before: int | None = None,
    only: Iterable[str] | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """Return a page of an object's changes in words, newest first, in two queries.

    The caller has made sure that the viewer may see the object. `only` keeps the changes of these resources;
    `before` is the mark of the page that came before.
    """
    most = size * MOST_ROWS_OF_AN_ENTRY
    kinds = None if only is None else tuple(only)
    changes = _changes_of(resource, kinds, most, before is not None)
    rows = changes.run(object_id=object_id, before=before)
    groups = _grouped(rows[:most])
    shown = groups[:size]
    older = shown[-1][-1].pk if len(groups) > size or len(rows) > most else None
    return Page(_entries(shown, viewer), older)


@lru_cache(maxsize=64)
def _changes_of(resource: str, only: tuple[str, ...] | None, most: int, has_before: bool) -> Prepared[Change]:
    """Return the query of up to `most` changes of an object, and one more that tells whether there are older ones."""
    changes = Change.objects.of(resource, Hole("object_id"))
    if only is not None:
        changes = changes.filter(resource__in=only)
    if has_before:
        at = models.Subquery(Change.objects.filter(pk=Hole("before")).values("at")[:1])
        changes = changes.filter(models.Q(at__lt=at) | models.Q(at=at, pk__lt=Hole("before")))
    return Prepared(changes.select_related("actor").order_by("-at", "-pk")[: most + 1])


def in_words(changes: Iterable[Change], *, viewer: Viewer) -> list[Entry]:
    """Return changes that the viewer may see (`Change.objects.visible_to`) in words, in one query.

    Neighbours of one transaction become one entry; load the changes with their actors.
    """
    return _entries(_grouped(changes), viewer)


def _grouped(changes: Iterable[Change]) -> list[list[Change]]:
    """Return neighbours that one person changed in one transaction and minute together."""

    def same(change: Change) -> tuple[int, int | None, dt.datetime]:
        return change.transaction_id, change.actor_id, change.at.replace(second=0, microsecond=0)

    return [list(group) for _key, group in itertools.groupby(changes, key=same)]


def _entries(groups: list[list[Change]], viewer: Viewer) -> list[Entry]:
    labels = labels_for(list(itertools.chain.from_iterable(groups)), viewer)
    entries = (_entry(group, labels) for group in groups)
    return [entry for entry in entries if entry.lines]


def _entry(group: list[Change], labels: Labels) -> Entry:
    change = group[0]
    if change.actor is not None:
        who, via = str(change.actor), "" if change.channel == Channel.WEB else change.get_channel_display()
    else:
        who, via = str(_BY_CHANNEL.get(change.channel, _BY_CHANNEL[Channel.WEB])), ""
    siblings = frozenset(other.resource for other in group)
    entry = Entry(who=who, is_person=change.actor is not None, via=via, at=change.at)
    for other in reversed(group):
        model = models_by_resource().get(other.resource)
        if model is None:
            continue
        row = Row(other, model, labels, siblings)
        line = words_for(row)
        if line is not None:
            entry.lines.append(line)
    return entry
