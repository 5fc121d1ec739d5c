"""One change in words: “set expected SOP 1 Apr 2029 → 1 Jul 2029”."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from sync.domain.change_labels import (
    NAME_COLUMNS,
    AnyField,
    Labels,
    columns_of,
    parent_column,
    register_name,
    resource_of,
)
from sync.enums import Operation
from sync.models import Change

LONGEST_VALUE = 120
# Who may see a row follows from what is told already.
_KEPT_BY_DATABASE = frozenset({"readers"})


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of an entry, without its subject: “set region to Europe”.

    `body` is what was said with it; `author_id` is whose text that is.
    """

    text: SafeString
    body: SafeString | str = ""
    resource: str = ""
    object_id: int = 0
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A change with what it takes to put it in words; `siblings` are the resources changed together with it."""

    change: Change
    model: type[models.Model]
    labels: Labels
    siblings: frozenset[str]

    @property
    def name(self) -> str:
        """The name of the changed object as it is now, else as the change recorded it."""
        return self.labels.get((self.change.resource, self.change.object_id)) or self._recorded_name

    @property
    def _recorded_name(self) -> str:
        columns = (column for column in NAME_COLUMNS if column in self.change.fields)
        return next((self.value(column) for column in columns), "")

    @property
    def is_insert(self) -> bool:
        """Whether the object was added."""
        return self.change.operation == Operation.INSERT

    @property
    def is_delete(self) -> bool:
        """Whether the object was removed."""
        return self.change.operation == Operation.DELETE

    @property
    def is_withheld(self) -> bool:
        """Whether the reader may not see the object itself, so that only its kind may be named."""
        resource, object_id = self.change.resource, self.change.object_id
        return resource in _withholding and (resource, object_id) not in self.labels

    def old(self, column: str) -> str:
        """Return a column's value before the change, as people read it."""
        return self._value(column, 0)

    def new(self, column: str) -> str:
        """Return a column's value after the change, as people read it."""
        return self._value(column, 1)

    def value(self, column: str) -> str:
        """Return the value that an added or removed row has or had."""
        return self.new(column) or self.old(column)

    def _value(self, column: str, place: int) -> str:
        pair = self.change.fields.get(column)
        known = columns_of(self.model).get(column)
        return "" if pair is None or known is None else _in_words(known, pair[place], self.labels)


type Describe = Callable[[Row], Line | None]
_describers: dict[str, Describe] = {}
_noise: dict[str, frozenset[str]] = {}
_withholding: set[str] = set()


def register_words(
    resource: str,
    *,
    describe: Describe | None = None,
    noise: Iterable[str] = (),
    name: Any = None,
    withhold: bool = False,
) -> None:
    """Say how changes of a resource are put in words; called from `AppConfig.ready`.

    `describe` replaces the general sentence (None for a change that says nothing to people), `noise` columns are
    left out of it, `name` is the expression that names an object, and with `withhold` rows that the reader may
    not see themselves are told without any value.
    """
    if describe is not None:
        _describers[resource] = describe
    _noise[resource] = frozenset(noise)
    if name is not None:
        register_name(resource, name)
    if withhold:
        _withholding.add(resource)


def describe(row: Row, *, skip: Iterable[str] = ()) -> Line | None:
    """Put a change in the general words, leaving out the columns of `skip`."""
    kind = row.model._meta.verbose_name
    change = row.change
    is_part = change.parent_id is not None
    if row.is_withheld:
        text = _in_general(row, format_html("{}", kind), "")
    elif row.is_insert or row.is_delete:
        text = _in_general(row, format_html("{}", kind), row.name if is_part else "")
    else:
        sets = _sets(row, frozenset(skip))
        if not sets:
            return None
        joined = format_html_join(", ", "{}", ((one,) for one in sets))
        if is_part and row.name:
            text = format_html("{} {} {}: {}", _("changed"), kind, strong(row.name), joined)
        else:
            text = format_html("{} {}", _("set"), joined)
    return Line(text, resource=change.resource, object_id=change.object_id)


def strong(value: str) -> SafeString:
    """Set a value apart as what is so now."""
    return format_html('<b class="is" dir="auto">{}</b>', value)


def _in_general(row: Row, kind: SafeString, name: str) -> SafeString:
    verb = {Operation.INSERT: _("added"), Operation.DELETE: _("removed")}.get(Operation(row.change.operation))
    verb = verb or _("changed")
    return format_html("{} {} {}", verb, kind, strong(name)) if name else format_html("{} {}", verb, kind)


def _sets(row: Row, skip: frozenset[str]) -> list[SafeString]:
    hidden = skip | _KEPT_BY_DATABASE | _noise.get(row.change.resource, frozenset()) | {parent_column(row.model)}
    known = columns_of(row.model)
    return [
        _set(str(known[column].verbose_name), row.old(column), row.new(column))
        for column in known
        if column in row.change.fields and column not in hidden
    ]


def _set(label: str, old: str, new: str) -> SafeString:
    if not old:
        return format_html("{} {} {}", label, _("to"), strong(new))
    was = format_html('<s class="was" dir="auto">{}</s>', old)
    return format_html("{} {} → {}", label, was, strong(new or _("nothing")))


def _in_words(known: AnyField, raw: Any, labels: Labels) -> str:
    if raw is None or raw in ("", []):
        return ""
    if isinstance(known, models.ForeignKey):
        return labels.get((resource_of(known.related_model), int(raw)), _("something no longer here"))
    if isinstance(known, ArrayField):
        return ", ".join(_in_words(known.base_field, item, labels) for item in raw)
    if known.flatchoices:
        return str(dict(known.flatchoices).get(raw, raw))
    if isinstance(known, models.BooleanField):
        return _("yes") if raw else _("no")
    if isinstance(known, models.DateTimeField):
        return formats.date_format(timezone.localtime(dt.datetime.fromisoformat(raw)), "j M Y, H:i")
    if isinstance(known, models.DateField):
        return formats.date_format(dt.date.fromisoformat(raw), "j M Y")
    if isinstance(known, models.DecimalField | models.IntegerField):
        return formats.number_format(Decimal(str(raw)).normalize(), use_l10n=True, force_grouping=True)
    return Truncator(str(raw)).chars(LONGEST_VALUE)


def words_for(row: Row) -> Line | None:
    """Put a change in its resource's own words, or the general ones; None when it says nothing to people."""
    if row.change.operation == Operation.UPDATE and not row.change.fields.keys() - _KEPT_BY_DATABASE:
        return None
    return _describers.get(row.change.resource, describe)(row)
