"""Moving a deal to another stage: the one place where a stage changes."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.cards import stage_rules
from deals.domain.gates import GateState, gates_before, unmet_gates
from deals.enums import (
    CLOSED_TYPES,
    MOVES,
    MOVES_THROUGH_GATES,
    MOVES_WITH_REASON,
    PATH_TYPES,
    MoveKind,
    StageType,
)
from deals.models import Deal, Stage, StageTransition, Waiver
from lrs_tracker.dates import LATEST_DATE
from lrs_tracker.prepared import Hole, Prepared, PreparedForViewers
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from lrs_tracker.visibility import Viewer

# The middle of two ranks has one digit more than they have; it must never round to one of them.
_EXACT = Context(prec=1000)


class GateUnmetError(DomainError):
    """Refuse a move past gates that are not met; `missing` lists them."""

    code = "gate-unmet"

    def __init__(self, deal: Deal, missing: list[GateState]) -> None:
        super().__init__(_("%(code)s stays in %(stage)s.") % {"code": deal.code, "stage": deal.stage.name})
        self.deal = deal
        self.missing = missing
        self.details = [state.gate.label for state in missing]


class StaleMoveError(StaleVersionError):
    """Refuse a move based on an old card; `transition` is the last move, if that is what changed."""

    def __init__(self, deal: Deal, transition: StageTransition | None) -> None:
        if transition is not None and transition.by is not None:
            message = _("%(name)s moved %(code)s to %(stage)s.") % {
                "name": transition.by,
                "code": deal.code,
                "stage": transition.to_stage,
            }
        else:
            message = _("%(code)s has changed since you opened it; it is in %(stage)s.") % {
                "code": deal.code,
                "stage": deal.stage,
            }
        super().__init__(message)
        self.deal = deal
        self.transition = transition


@dataclass(frozen=True, slots=True)
class MoveNeeds:
    """What a move asks for before it is made."""

    kind: MoveKind
    reason: bool
    resume_on: bool
    gates_from: Stage | None


def find_deal(*, pk: int, user: User) -> Deal | None:
    """Return a deal with its stage and company; None when it does not exist for `user`."""
    return next(iter(_VISIBLE.run(user, deal=pk)), None)


def _visible(viewer: Viewer) -> models.QuerySet[Deal]:
    return Deal.objects.visible_to(viewer).filter(pk=Hole("deal")).select_related("stage", "company")


_VISIBLE = PreparedForViewers(_visible)


def find_target(*, pk: int, deal: Deal) -> Stage | None:
    """Return a stage that a deal can move to, as `stage_rules` reads it; None when it is not one."""
    return next(iter(_target().run(stage=pk, pipeline=deal.stage.pipeline_id)), None)


@cache
def _target() -> Prepared[Stage]:
    return Prepared(
        stage_rules(Stage.objects.filter(pk=Hole("stage"), pipeline=Hole("pipeline"), archived_at__isnull=True))
    )


@cache
def _locked() -> Prepared[Deal]:
    deals = Deal.objects.filter(pk=Hole("deal"))
    return Prepared(deals.select_for_update(of=("self",)).select_related("stage", "company"))


def move_kind(*, source: Stage, target: Stage) -> MoveKind:
    """Return what a move between two stages is."""
    kind = MOVES[StageType(source.type), StageType(target.type)]
    return MoveKind.BACK if kind == MoveKind.FORWARD and target.position < source.position else kind


def move_needs(*, deal: Deal, target: Stage) -> MoveNeeds:
    """Return what moving a deal to `target` asks for.

    A deal that was beside the path (on hold, lost, ended) passes the gates from where it left the path,
    so that a detour is no way around a gate.
    """
    source = deal.stage
    kind = move_kind(source=source, target=target)
    origin = source if source.type in PATH_TYPES else left_path_at(deal)
    passes_gates = kind in MOVES_THROUGH_GATES and origin is not None and target.position > origin.position
    return MoveNeeds(
        kind=kind,
        reason=kind in MOVES_WITH_REASON,
        resume_on=target.type == StageType.HOLD,
        gates_from=origin if passes_gates else None,
    )


def left_out(needs: MoveNeeds, *, reason: str, resume_on: dt.date | None) -> list[DomainError]:
    """Return a refusal for the reason and for the date that a move needs, where they are not given."""
    refusals = []
    if needs.reason and not reason:
        refusals.append(DomainError(_("Give a reason."), field="reason", code="required"))
    if needs.resume_on and resume_on is None:
        refusals.append(DomainError(_("Give the date to resume."), field="resume_on", code="required"))
    return refusals


@transaction.atomic
def move_deal(
    *,
    deal: Deal,
    target: Stage,
    by: User,
    at: dt.datetime,
    today: dt.date,
    expected_version: int | None = None,
    after: Deal | None = None,
    reason: str = "",
    resume_on: dt.date | None = None,
    waive: Collection[str] = (),
    waiver_reason: str = "",
) -> Deal:
    """Move a deal to a stage of its pipeline, or to another place in its column.

    `after` is the card above the new place (none: on top); `waive` holds the keys of
    unmet gates that a manager lets pass for `waiver_reason`. Raise StaleMoveError when the stored version
    is not the expected one, GateUnmetError with what is missing, PermissionRefusedError, or DomainError
    naming the field that lacks a reason or date.
    """
    if not by.has_perm("deals.move_deal"):
        raise PermissionRefusedError(_("Your role cannot move deals."))
    locked = _locked().run(deal=deal.pk)
    if not locked:
        # Who held the lock moved it: PostgreSQL looks at its new row beside the stage of before, and finds no pair.
        Deal.objects.select_for_update().get(pk=deal.pk)
        locked = _locked().run(deal=deal.pk)
    deal = locked[0]
    if expected_version is not None and deal.version != expected_version:
        raise StaleMoveError(deal, _last_transition(deal))
    if target.pipeline_id != deal.stage.pipeline_id or target.archived_at is not None:
        raise DomainError(_("Choose a stage of the deal's own pipeline."), field="stage")

    rank = _rank_for(stage=target, after=after, at=at, deal=deal)
    if target.pk == deal.stage_id:
        return _write(deal, rank=rank)

    needs = move_needs(deal=deal, target=target)
    reason = reason.strip()
    for refusal in left_out(needs, reason=reason, resume_on=resume_on):
        raise refusal
    if needs.resume_on and resume_on is not None and not today <= resume_on <= LATEST_DATE:
        raise DomainError(_("Choose a date from today until %(year)s.") % {"year": LATEST_DATE.year}, field="resume_on")
    waived = _check_gates(deal, target, needs, today=today, waive=waive, waiver_reason=waiver_reason, by=by)

    transition = StageTransition(
        deal=deal,
        from_stage=deal.stage,
        to_stage=target,
        kind=needs.kind,
        entered_at=deal.entered_stage_at,
        reason=reason,
        by=by,
        at=at,
    )
    entered = at - _time_before_hold(deal, target) if needs.kind == MoveKind.RESUME else at
    transition.save()
    Waiver.objects.bulk_create(
        Waiver(
            transition=transition,
            deal=deal,
            gate=state.gate,
            label=state.gate.label,
            reason=waiver_reason.strip(),
            by=by,
            at=at,
        )
        for state in waived
    )
    is_aside = target.type not in PATH_TYPES
    return _write(
        deal,
        stage=target,
        rank=rank,
        entered_stage_at=entered,
        outcome_reason=reason if is_aside else "",
        resume_on=resume_on if target.type == StageType.HOLD else None,
        closed_on=today if target.type in CLOSED_TYPES else None,
    )


def _write(deal: Deal, **values: object) -> Deal:
    for name, value in values.items():
        setattr(deal, name, value)
    # The trigger raises the version; the expression makes Django read it back.
    deal.version = models.F("version")
    deal.save(update_fields=[*values, "version"])
    return deal


def _check_gates(
    deal: Deal,
    target: Stage,
    needs: MoveNeeds,
    *,
    today: dt.date,
    waive: Collection[str],
    waiver_reason: str,
    by: User,
) -> list[GateState]:
    """Return the unmet gates that are waived; raise for any other."""
    if needs.gates_from is None:
        return []
    gates = gates_before(source=needs.gates_from, target=target)
    missing = unmet_gates(deal=deal, gates=gates, today=today)
    if any(state.key not in waive for state in missing):
        raise GateUnmetError(deal, missing)
    if missing and not by.has_perm("deals.waive_gate"):
        raise PermissionRefusedError(_("Only managers can waive what is missing."))
    if missing and not waiver_reason.strip():
        raise DomainError(_("Give the reason for waiving."), field="waiver_reason", code="required")
    return missing


def _last_transition(deal: Deal) -> StageTransition | None:
    return deal.transitions.select_related("by", "to_stage").order_by("-at", "-pk").first()


def left_path_at(deal: Deal) -> Stage | None:
    """Return the stage of the path from which a deal beside it went there, or would enter it."""
    left = (
        deal.transitions.filter(from_stage__type__in=PATH_TYPES)
        .exclude(to_stage__type__in=PATH_TYPES)
        .select_related("from_stage")
        .order_by("-at", "-pk")
        .first()
    )
    if left is not None:
        return left.from_stage
    # Created or imported beside the path: it has passed no gate yet.
    path = Stage.objects.filter(pipeline_id=deal.stage.pipeline_id, type__in=PATH_TYPES, archived_at__isnull=True)
    return path.order_by("position").first()


def _time_before_hold(deal: Deal, target: Stage) -> dt.timedelta:
    """Return how long the deal had been in `target` when it was put on hold: time on hold does not count."""
    held = (
        deal.transitions.filter(to_stage__type=StageType.HOLD, from_stage__type__in=PATH_TYPES)
        .order_by("-at", "-pk")
        .first()
    )
    if held is None or held.from_stage_id != target.pk or held.entered_at is None:
        return dt.timedelta()
    return held.at - held.entered_at


def _rank_for(*, stage: Stage, after: Deal | None, at: dt.datetime, deal: Deal) -> Decimal:
    top = top_rank(at)
    if after is None or after.stage_id != stage.pk:
        return top
    below = (
        Deal.objects.filter(stage=stage, rank__gte=after.rank)
        .exclude(pk__in=[after.pk, deal.pk])
        .order_by("rank", "pk")
        .values_list("rank", flat=True)
        .first()
    )
    if below is None:
        return after.rank + 1
    return _EXACT.divide(_EXACT.add(after.rank, below), Decimal(2))


def top_rank(at: dt.datetime) -> Decimal:
    """Return the rank that puts a card of this instant above all earlier ones."""
    return -Decimal(int(at.timestamp() * 1000))
