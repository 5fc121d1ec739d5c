"""Shaping the stages of a pipeline: adding, changing, ordering, archiving.

Stages of the path come first, those beside it (hold, lost, ended) after them, archived ones last.
Every function locks the pipeline, so that what it checks stays true until the commit.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from deals.domain.gates import gates_before
from deals.domain.moves import move_deal
from deals.domain.pipelines import refuse_unless_shaping
from deals.enums import PATH_TYPES, StageType
from deals.models import Deal, Gate, Pipeline, Stage
from lrs_tracker.edits import lock_row
from lrs_tracker.problems import DomainError, StaleVersionError, StateError


@transaction.atomic
def add_stage(
    *,
    pipeline: Pipeline,
    name: str,
    type: StageType,
    probability_percent: int,
    rot_days: int | None,
    by: User,
) -> Stage:
    """Add a stage at the end of the path, or of the stages beside it.

    Raise DomainError when the pipeline has a stage of this name.
    """
    refuse_unless_shaping(by)
    stages = _lock_stages(pipeline)
    stage = Stage.objects.create(
        pipeline=pipeline,
        name=_free_name(name, _active(stages)),
        type=type,
        position=max((other.position for other in stages), default=0) + 1,
        probability_percent=probability_percent,
        rot_days=rot_days,
    )
    _number([*stages, stage])
    return stage


@transaction.atomic
def change_stage(
    *,
    stage: Stage,
    name: str,
    type: StageType,
    probability_percent: int,
    rot_days: int | None,
    expected_version: int | None = None,
    by: User,
) -> Stage:
    """Change a stage's name, type, default probability or rot days.

    A stage with deals keeps its place on or beside the path, and one beside it its type: those deals
    came with a reason, a resume date or a closing date that fit only that type. Raise DomainError, and
    StaleVersionError when the stage is no longer at `expected_version`.
    """
    refuse_unless_shaping(by)
    stages = _lock_stages(stage.pipeline)
    lock_row(stage, expected_version=expected_version)
    stage = next(other for other in stages if other.pk == stage.pk)
    stays_on_path = type in PATH_TYPES and stage.type in PATH_TYPES
    if type != stage.type and not stays_on_path and stage.deals.exists():
        raise DomainError(
            _("Deals are in this stage, and they came here by the rules of its type. Move them first."), field="type"
        )
    if type not in PATH_TYPES:
        _refuse_losing_path(stages, stage)
    stage.name = _free_name(name, [other for other in _active(stages) if other.pk != stage.pk])
    stage.type = type
    stage.probability_percent = probability_percent
    stage.rot_days = rot_days
    stage.save(update_fields=["name", "type", "probability_percent", "rot_days"])
    _number(stages)
    return stage


@transaction.atomic
def reorder_stages(*, pipeline: Pipeline, order: Sequence[int], by: User) -> None:
    """Put the stages in use into an order, given as their ids: the path first, then those beside it.

    Raise StaleVersionError when these are not the stages in use any more, DomainError when the order mixes
    the path with the stages beside it.
    """
    refuse_unless_shaping(by)
    stages = _lock_stages(pipeline)
    active = {stage.pk: stage for stage in _active(stages)}
    if sorted(order) != sorted(active):
        raise StaleVersionError(_("The stages have changed meanwhile. Here they are as they are now."))
    wanted = [active[pk] for pk in order]
    if wanted != sorted(wanted, key=_group):
        raise DomainError(_("Stages beside the path (on hold, lost, ended) come after the path."))
    _number([*wanted, *(stage for stage in stages if stage.archived_at is not None)])


@transaction.atomic
def empty_stage(*, stage: Stage, target: Stage, reason: str, by: User, at: dt.datetime, today: dt.date) -> int:
    """Move every deal of a stage to another one by the rules of moves; return how many.

    `reason` is kept with each move and waives the gates on the way. Raise DomainError without one, and
    for a stage on hold, which needs a date for each deal.
    """
    refuse_unless_shaping(by)
    if not reason.strip():
        raise DomainError(_("Give a reason. It is kept with every deal that moves."), field="reason", code="required")
    if target.type == StageType.HOLD or target.pk == stage.pk:
        raise DomainError(_("Choose another stage, and not one on hold."), field="target")
    _lock_stages(stage.pipeline)
    deals = list(Deal.objects.filter(stage=stage).order_by("-rank", "-pk"))
    path = Stage.objects.filter(pipeline_id=stage.pipeline_id, type__in=PATH_TYPES, archived_at__isnull=True)
    first = path.order_by("position").first()
    waive = {str(gate.pk) for gate in gates_before(source=first, target=target)} if first else set()
    for deal in deals:
        move_deal(deal=deal, target=target, by=by, at=at, today=today, reason=reason, waive=waive, waiver_reason=reason)
    return len(deals)


@transaction.atomic
def archive_stage(*, stage: Stage, by: User, at: dt.datetime) -> Stage:
    """Take a stage out of use. Closed deals stay in it; open ones are moved first.

    Raise DomainError while open deals are in it, and for the last stage of the path.
    """
    refuse_unless_shaping(by)
    stages = _lock_stages(stage.pipeline)
    stage = next(other for other in stages if other.pk == stage.pk)
    count = stage.deals.unclosed().count()
    if count:
        raise StateError(
            ngettext(
                "%(count)d open deal is in %(stage)s. Move it to another stage first.",
                "%(count)d open deals are in %(stage)s. Move them to another stage first.",
                count,
            )
            % {"count": count, "stage": stage.name},
            code="in-use",
        )
    _refuse_losing_path(stages, stage)
    if stage.archived_at is None:
        stage.archived_at = at
        stage.save(update_fields=["archived_at"])
        _number(stages)
    return stage


@transaction.atomic
def restore_stage(*, stage: Stage, by: User) -> Stage:
    """Take an archived stage back into use, at the end of the path or of the stages beside it.

    Raise DomainError when another stage has taken its name.
    """
    refuse_unless_shaping(by)
    stages = _lock_stages(stage.pipeline)
    stage = next(other for other in stages if other.pk == stage.pk)
    _free_name(stage.name, [other for other in _active(stages) if other.pk != stage.pk])
    stage.archived_at = None
    stage.save(update_fields=["archived_at"])
    _number(stages)
    return stage


@transaction.atomic
def delete_stage(*, stage: Stage, by: User) -> None:
    """Delete a stage that no deal was ever in, with its gates. Raise DomainError for any other."""
    refuse_unless_shaping(by)
    stages = _lock_stages(stage.pipeline)
    _refuse_losing_path(stages, stage)
    others = [other for other in stages if other.pk != stage.pk]
    try:
        with transaction.atomic():
            Gate.objects.filter(stage=stage).delete()
            stage.delete()
    except ProtectedError:
        message = _("Deals are or were in this stage, so it is kept. Archive it instead.")
        raise StateError(message, code="in-use") from None
    _number(others)


def _lock_stages(pipeline: Pipeline) -> list[Stage]:
    """Return the stages of a locked pipeline in their order."""
    Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position", "pk"))


def _active(stages: Iterable[Stage]) -> list[Stage]:
    return [stage for stage in stages if stage.archived_at is None]


def _group(stage: Stage) -> int:
    if stage.archived_at is not None:
        return 2
    return 0 if stage.type in PATH_TYPES else 1


def _number(stages: Iterable[Stage]) -> None:
    """Write the positions of stages given in their order within each group."""
    moved = []
    for position, stage in enumerate(sorted(stages, key=_group), start=1):
        if stage.position != position:
            stage.position = position
            moved.append(stage)
    Stage.objects.bulk_update(moved, ["position"])


def _free_name(name: str, others: Iterable[Stage]) -> str:
    name = name.strip()
    if not name:
        raise DomainError(_("Give a name."), field="name", code="required")
    if any(other.name.casefold() == name.casefold() for other in others):
        raise DomainError(_("This pipeline has a stage of this name already."), field="name", code="unique")
    return name


def _refuse_losing_path(stages: Iterable[Stage], stage: Stage) -> None:
    if {other.pk for other in _active(stages) if other.type in PATH_TYPES} == {stage.pk}:
        raise DomainError(_("This is the only stage of the path. Add another one first."), field="type")
