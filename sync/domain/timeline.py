"""The change log in words: what happened to an object, newest first, for one reader."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from lrs_tracker.visibility import Viewer
from sync.domain.change_labels import Labels, labels_for, models_by_resource
from sync.domain.change_words import Line, Row, words_for
from sync.enums import Channel
from sync.models import Change

PAGE_SIZE = 30

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
    changes = Change.objects.of(resource, object_id)
    if only is not None:
        changes = changes.filter(resource__in=list(only))
    recent = changes.order_by().values("transaction_id").annotate(last=models.Max("pk"))
    if before is not None:
        recent = recent.filter(last__lt=before)
    wanted = recent.order_by("-last").values("transaction_id")[: size + 1]
    groups: dict[int, list[Change]] = defaultdict(list)
    for change in changes.filter(transaction_id__in=wanted).select_related("actor").order_by("-pk"):
        groups[change.transaction_id].append(change)
    shown = list(groups.values())[:size]
    older = shown[-1][0].pk if len(groups) > size else None
    return Page(_entries(shown, viewer), older)


def in_words(changes: Iterable[Change], *, viewer: Viewer) -> list[Entry]:
    """Return changes that the viewer may see (`Change.objects.visible_to`) in words, in one query.

    Neighbours of one transaction become one entry; load the changes with their actors.
    """
    groups = [list(group) for _id, group in itertools.groupby(changes, key=lambda change: change.transaction_id)]
    return _entries(groups, viewer)


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
