"""Names of the objects that changes point to, for one reader, in one query."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

from lrs_tracker.change_log import ChangeTrigger
from lrs_tracker.prepared import PreparedForViewers, ids_in_hole
from lrs_tracker.visibility import Viewer
from sync.models import Change

# Columns that name an object in a sentence, the first that its model has.
NAME_COLUMNS = ("name", "title", "label", "regime", "metric")

type Labels = Mapping[tuple[str, int], str]
type AnyField = models.Field[Any, Any]
_names: dict[str, Any] = {}
_words: dict[str, Callable[[str], str]] = {}


def register_name(resource: str, expression: Any, *, words: Callable[[str], str] | None = None) -> None:
    """Name the objects of a resource by an expression instead of one of `NAME_COLUMNS`.

    `words` puts what the database answers into the reader's language and format.
    """
    _names[resource] = expression
    if words is not None:
        _words[resource] = words


def labels_for(changes: Iterable[Change], viewer: Viewer) -> Labels:
    """Return the names of all objects that the changes point to and the viewer may see, in one query."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        model = models_by_resource().get(change.resource)
        if model is None:
            continue
        wanted[change.resource].add(change.object_id)
        for column, pair in change.fields.items():
            known = columns_of(model).get(column)
            if isinstance(known, models.ForeignKey) and column != parent_column(model):
                wanted[resource_of(known.related_model)].update(int(raw) for raw in pair if raw is not None)
    ids = {_hole(resource): list(ids) for resource, ids in wanted.items() if ids and _name_of(resource) is not None}
    if not ids:
        return {}
    resources = tuple(resource for resource in sorted(wanted) if _hole(resource) in ids)
    return {
        (resource, pk): _words[resource](name) if resource in _words else name
        for resource, pk, name in _LABELS.run(viewer, resources, **ids)
    }


def _labels(viewer: Viewer, resources: tuple[str, ...]) -> Any:
    first, *rest = (_named(resource, viewer) for resource in resources)
    return first.union(*rest, all=True)


_LABELS = PreparedForViewers[tuple[str, int, str]](_labels)


def _hole(resource: str) -> str:
    return f"{resource} ids"


def _name_of(resource: str) -> Any:
    model = models_by_resource().get(resource)
    return _names.get(resource) or next((column for column in NAME_COLUMNS if column in columns_of(model)), None)


def _named(resource: str, viewer: Viewer) -> Any:
    model, name = models_by_resource()[resource], _name_of(resource)
    rows = model._default_manager.get_queryset()
    rows = rows.visible_to(viewer) if hasattr(rows, "visible_to") else rows
    key = models.Value(resource, output_field=models.TextField())
    return (
        rows.order_by()
        .filter(pk__in=ids_in_hole(_hole(resource)))
        .values_list(key, "pk", Cast(name, models.TextField()))
    )


@cache
def models_by_resource() -> dict[str, type[models.Model]]:
    """Return every model with a change log by the name of its resource."""
    return {trigger.resource: model for model in apps.get_models() if (trigger := _trigger(model)) is not None}


@cache
def columns_of(model: type[models.Model] | None) -> dict[str, AnyField]:
    """Return the fields of a model by their columns."""
    return {} if model is None else {str(known.column): known for known in model._meta.concrete_fields}


@cache
def _trigger(model: type[models.Model]) -> ChangeTrigger | None:
    triggers = getattr(model._meta, "triggers", ())
    return next((trigger for trigger in triggers if isinstance(trigger, ChangeTrigger)), None)


def parent_column(model: type[models.Model]) -> str:
    """Return the column that names the object whose timeline shows a model's changes, if any."""
    trigger = _trigger(model)
    return trigger.parent[1] if trigger is not None and trigger.parent is not None else ""


def resource_of(model: Any) -> str:
    """Return the name that the change log has for a model."""
    trigger = _trigger(model)
    return trigger.resource if trigger is not None else model._meta.label_lower
