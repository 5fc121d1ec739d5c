"""Shaping pipelines: adding, renaming, ordering, archiving."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import Gate, Pipeline, Stage
from lrs_tracker.edits import lock_row
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError, StateError


def refuse_unless_shaping(by: User) -> None:
    """Raise PermissionRefusedError unless the user's role may shape pipelines, stages and gates."""
    if not by.has_perms(["deals.change_pipeline", "deals.change_stage", "deals.change_gate"]):
        raise PermissionRefusedError(_("Only administrators can change pipelines, stages and gates."))


@transaction.atomic
def add_pipeline(*, name: str, by: User) -> Pipeline:
    """Create a pipeline without stages, last in the order; its name in links follows from its name.

    Raise DomainError when the name is taken.
    """
    refuse_unless_shaping(by)
    pipelines = _lock_pipelines()
    name = _free_name(name, pipelines)
    last = Pipeline.objects.aggregate(last=Max("position"))["last"] or 0
    return Pipeline.objects.create(name=name, slug=_free_slug(name, pipelines), position=last + 1)


@transaction.atomic
def rename_pipeline(*, pipeline: Pipeline, name: str, expected_version: int | None = None, by: User) -> Pipeline:
    """Give a pipeline another name; its links stay as they are.

    Raise DomainError when the name is taken, StaleVersionError when it is no longer at `expected_version`.
    """
    refuse_unless_shaping(by)
    others = [other for other in _lock_pipelines() if other.pk != pipeline.pk]
    pipeline = lock_row(pipeline, expected_version=expected_version)
    pipeline.name = _free_name(name, others)
    pipeline.save(update_fields=["name"])
    return pipeline


@transaction.atomic
def reorder_pipelines(*, order: Sequence[int], by: User) -> None:
    """Put the pipelines in use into an order, given as their ids.

    Raise StaleVersionError when these are not the pipelines in use any more.
    """
    refuse_unless_shaping(by)
    pipelines = {pipeline.pk: pipeline for pipeline in _lock_pipelines() if pipeline.archived_at is None}
    if sorted(order) != sorted(pipelines):
        raise StaleVersionError(_("The pipelines have changed meanwhile. Here they are as they are now."))
    for position, pk in enumerate(order, start=1):
        pipelines[pk].position = position
    Pipeline.objects.bulk_update(pipelines.values(), ["position"])


@transaction.atomic
def archive_pipeline(*, pipeline: Pipeline, by: User, at: dt.datetime) -> Pipeline:
    """Take a pipeline out of use; its deals stay as they are.

    Raise DomainError for the last pipeline in use.
    """
    refuse_unless_shaping(by)
    in_use = {other.pk for other in _lock_pipelines() if other.archived_at is None}
    if in_use == {pipeline.pk}:
        raise DomainError(_("This is the only pipeline in use. Add another one first."))
    if pipeline.pk in in_use:
        pipeline.archived_at = at
        pipeline.save(update_fields=["archived_at"])
    return pipeline


@transaction.atomic
def restore_pipeline(*, pipeline: Pipeline, by: User) -> Pipeline:
    """Take an archived pipeline back into use."""
    refuse_unless_shaping(by)
    pipeline.archived_at = None
    pipeline.save(update_fields=["archived_at"])
    return pipeline


@transaction.atomic
def delete_pipeline(*, pipeline: Pipeline, by: User) -> None:
    """Delete a pipeline that no deal was ever in. Raise DomainError for any other."""
    refuse_unless_shaping(by)
    if {other.pk for other in _lock_pipelines()} == {pipeline.pk}:
        raise DomainError(_("This is the only pipeline. Add another one first."))
    try:
        with transaction.atomic():
            Gate.objects.filter(stage__pipeline=pipeline).delete()
            Stage.objects.filter(pipeline=pipeline).delete()
            pipeline.delete()
    except ProtectedError:
        message = _("Deals are or were in this pipeline, so it is kept. Archive it instead.")
        raise StateError(message, code="in-use") from None


def _lock_pipelines() -> list[Pipeline]:
    """Return all pipelines, locked, so that what is checked of them stays true until the commit."""
    return list(Pipeline.objects.select_for_update().order_by("pk"))


def _free_name(name: str, others: Sequence[Pipeline]) -> str:
    name = name.strip()
    if not name:
        raise DomainError(_("Give a name."), field="name", code="required")
    if any(other.name.casefold() == name.casefold() for other in others):
        raise DomainError(_("There is a pipeline of this name already."), field="name", code="unique")
    return name


def _free_slug(name: str, others: Sequence[Pipeline]) -> str:
    taken = {other.slug for other in others}
    stem = slugify(name, allow_unicode=True)[:70] or "pipeline"
    slug, number = stem, 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug
