"""Which of our objects and which of their records are the same thing, as external ids say."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import models

from crm.domain.our_fields import MODELS
from crm.enums import CrmKind, Resource
from crm.models import CrmConnection, PairSuggestion, RecordState
from lrs_tracker.visibility import Viewer
from sync.models import ExternalRef


def our_ids(resource: Resource, external_ids: Collection[str], *, system: str) -> dict[str, int]:
    """Return our object of each of their records that has one."""
    refs = ExternalRef.objects.filter(resource=resource, system=system, external_id__in=external_ids)
    return dict(refs.values_list("external_id", "object_id"))


def their_ids(resource: Resource, object_ids: Collection[int], *, system: str) -> dict[int, str]:
    """Return their record of each of our objects that has one, the first where it has several."""
    refs = ExternalRef.objects.filter(resource=resource, system=system, object_id__in=object_ids)
    return dict(refs.order_by("-pk").values_list("object_id", "external_id"))


def doubled_ids(resource: Resource, object_ids: Collection[int], *, system: str) -> dict[int, list[str]]:
    """Return all their records of those objects of ours that have several, which no single value can follow."""
    refs = ExternalRef.objects.filter(resource=resource, system=system, object_id__in=object_ids).order_by("pk")
    found: dict[int, list[str]] = {}
    for pk, external_id in refs.values_list("object_id", "external_id"):
        found.setdefault(pk, []).append(external_id)
    return {pk: external_ids for pk, external_ids in found.items() if len(external_ids) > 1}


def existing_ids(resource: Resource, object_ids: Collection[int]) -> set[int]:
    """Return which of our objects there are, whoever may see them."""
    return set(MODELS[resource]._default_manager.filter(pk__in=object_ids).values_list("pk", flat=True))


def pair(*, resource: Resource, object_id: int, external_id: str, system: str) -> None:
    """Note that an object of ours is a record of theirs. Raise IntegrityError when the record is another's."""
    ExternalRef.objects.create(resource=resource, object_id=object_id, system=system, external_id=external_id)


def rows_of(resource: Resource, object_ids: Iterable[int], *, user: Viewer) -> dict[int, Any]:
    """Return our objects that exist for a user, by id."""
    rows = visible_rows(resource, user=user).filter(pk__in=list(object_ids))
    related = {Resource.CONTACT: ("company",), Resource.DEAL: ("company", "stage")}.get(resource)
    return {row.pk: row for row in (rows.select_related(*related) if related else rows)}


def visible_rows(resource: Resource, *, user: Viewer) -> models.QuerySet[Any]:
    """Return the rows of a resource that exist for a user."""
    manager: Any = MODELS[resource]._default_manager
    return manager.visible_to(user).order_by()


def save_state(state: RecordState) -> None:
    """Save what is known of a record, in place of what was known of either side alone."""
    others = RecordState.objects.filter(connection=state.connection_id, resource=state.resource)
    same = models.Q(object_id=state.object_id) if state.object_id is not None else models.Q(pk__in=[])
    if state.external_id:
        same |= models.Q(external_id=state.external_id)
    others.filter(same).exclude(pk=state.pk).delete()
    state.save()


def note_gone_there(connection: CrmConnection, resource: Resource, *, object_id: int, external_id: str) -> None:
    """Note that the record of a pair is not there any more."""
    pair_of = {"connection": connection, "resource": resource, "object_id": object_id, "external_id": external_id}
    state = RecordState.objects.filter(**pair_of).first() or RecordState(**pair_of)
    state.is_gone_there = True
    save_state(state)


def forget_gone(connection: CrmConnection, resource: Resource, *, object_id: int) -> None:
    """Drop the external ids of an object whose records are known to be gone there."""
    gone = RecordState.objects.filter(
        connection=connection, resource=resource, object_id=object_id, is_gone_there=True
    ).exclude(external_id="")
    refs = ExternalRef.objects.filter(resource=resource, system=connection.kind, object_id=object_id)
    refs.filter(external_id__in=gone.values("external_id")).delete()


def forget_decided(connection: CrmConnection, resource: Resource) -> None:
    """Drop the suggestions of records that have become a pair by another way, as through the API."""
    paired = ExternalRef.objects.filter(resource=resource, system=connection.kind).values("external_id")
    asked = PairSuggestion.objects.filter(connection=connection, resource=resource, is_refused=False)
    asked.filter(external_id__in=paired).delete()


def forget_pairs(connection: CrmConnection) -> None:
    """Drop the external ids of a CRM: those of another account would mean other records."""
    ExternalRef.objects.filter(system=CrmKind(connection.kind).value, resource__in=Resource.values).delete()
