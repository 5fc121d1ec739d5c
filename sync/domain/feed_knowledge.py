"""What a reader may know of objects whose changes are told, those that are gone too."""

import functools
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection, models

from lrs_tracker.prepared import PreparedForViewers, ids_in_hole
from lrs_tracker.visibility import StaffQuerySet, Viewer
from sync import registry

_MOST_PARENTS = 5
_DELETIONS = """
SELECT resource, object_id, parent_resource, parent_id, fields FROM sync_change
JOIN unnest(%s::text[], %s::bigint[]) wanted(name, pk) ON resource = name AND object_id = pk
WHERE operation = 'delete'
"""
_WAS_MEMBER = """
SELECT 1 FROM sync_change
WHERE parent_resource = %s AND parent_id = %s AND resource = %s AND operation = 'delete'
  AND fields -> %s ->> 0 = %s::text
"""

# A resource and an id.
type Object = tuple[str, int]


def may_know_of(user: Viewer, objects: Collection[Object]) -> set[Object]:
    """Return those of some objects (resource and id) whose changes `user` may read now, deleted ones too."""
    states = Known(user, objects)
    return states.visible | states.known_before


def open_to(user: Viewer) -> set[str]:
    """Return the resources of which a user sees all that is there."""
    if not (user.is_authenticated and user.is_active):
        return set()
    return {known.name for known in registry.synced() if is_for_all_staff(known)}


@functools.cache
def is_for_all_staff(known: registry.Synced) -> bool:
    """Tell whether everybody who is in sees all rows of a resource."""
    return isinstance(known.model._default_manager.get_queryset(), StaffQuerySet)


@functools.cache
def _visible_keys() -> PreparedForViewers[Any]:
    def build(viewer: Viewer, name: str) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = registry.synced_resource(name).visible_to(viewer)
        return rows.filter(pk__in=ids_in_hole("keys")).order_by().values_list("pk")

    return PreparedForViewers(build)


class Known:
    """What a reader may know of some objects.

    `visible` are those that are there and that the reader may see; `known_before` those that are deleted and that the
    reader could see when they were. Those of resources that are `surely_there` are not looked for.
    """

    def __init__(self, user: Viewer, objects: Collection[Object], *, surely_there: Collection[str] = ()) -> None:
        self.user = user
        unsure = {one for one in objects if one[0] not in surely_there}
        self.visible = set(objects) - unsure | self._visible(unsure)
        self.known_before = self._known_before(set(objects) - self.visible)

    def _visible(self, objects: Iterable[Object]) -> set[Object]:
        return {
            (name, pk)
            for name, keys in _by_resource(objects).items()
            for (pk,) in _visible_keys().run(self.user, name, keys=keys)
        }

    def _known_before(self, objects: Collection[Object], depth: int = 0) -> set[Object]:
        """Return those of some unseen objects whose deletion the reader may know of: by what they belonged to."""
        gone = self._gone(objects)
        if not gone or depth > _MOST_PARENTS:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(_DELETIONS, [[name for name, _pk in gone], [pk for _name, pk in gone]])
            deletions = cursor.fetchall()
        parents = {}
        known: set[Object] = set()
        for name, pk, parent_name, parent_pk, fields in deletions:
            if not self._was_reader(name, json.loads(fields)):
                continue
            if registry.synced_resource(name).secrecy is not None:
                if self._was_open(name, pk, json.loads(fields)):
                    known.add((name, pk))
            elif parent_pk is not None and registry.is_synced(parent_name):
                parents[name, pk] = (parent_name, parent_pk)
            elif self.user.has_perm(registry.synced_resource(name).sees_all):
                known.add((name, pk))
        above = set(parents.values())
        if above:
            seen = self._visible(above)
            seen |= self._known_before(above - seen, depth + 1)
            known |= {key for key, parent in parents.items() if parent in seen}
        return known

    def _was_reader(self, name: str, fields: Mapping[str, Any]) -> bool:
        """Whether the reader was among those who alone could see an object when it was deleted."""
        guard = registry.synced_resource(name).readers
        listed = None if guard is None else fields.get(guard.column, [None])[0]
        return guard is None or listed is None or self.user.pk in listed or self.user.has_perm(guard.sees_all)

    def _gone(self, objects: Iterable[Object]) -> list[Object]:
        found = []
        for name, keys in _by_resource(objects).items():
            there = set(
                registry.synced_resource(name).model._base_manager.filter(pk__in=keys).values_list("pk", flat=True)
            )
            found += [(name, pk) for pk in keys if pk not in there]
        return found

    def _was_open(self, name: str, pk: int, fields: Mapping[str, Any]) -> bool:
        """Whether the reader could see an object with a secrecy when it was deleted."""
        known = registry.synced_resource(name)
        secrecy = known.secrecy
        if secrecy is None or not self.user.has_perm(known.sees_all):
            return False
        if self.user.has_perm(secrecy.sees_all) or fields.get(secrecy.flag, [False])[0] is not True:
            return True
        if fields.get(secrecy.owner, [None])[0] == self.user.pk:
            return True
        with connection.cursor() as cursor:
            cursor.execute(_WAS_MEMBER, [name, pk, secrecy.member_part, secrecy.member, self.user.pk])
            return cursor.fetchone() is not None


def _by_resource(objects: Iterable[Object]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for name, pk in objects:
        found[name].append(pk)
    return found
