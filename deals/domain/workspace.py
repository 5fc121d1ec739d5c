"""What the workspace of a deal shows at once: the deal with its counts, its path, and what the next stage asks."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject

from companies.models import SourcedFact
from deals.domain.gates import GateState, gate_states, gates_before
from deals.enums import PATH_TYPES, StageType
from deals.models import (
    Approval,
    Deal,
    DealContact,
    DealPlant,
    DealTeamMember,
    Document,
    Stage,
    StageTransition,
    Task,
)
from deals.workspace_tabs import workspace_tabs
from lrs_tracker.prepared import Hole, Prepared, PreparedForViewers
from lrs_tracker.visibility import Viewer
from sync.models import ExternalRef

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class _Times(TypedDict):
    """What `path_of` adds to a stage."""

    spent: dt.timedelta | None
    left_at: dt.datetime | None


class _Shown(TypedDict):
    """What `deals_for_workspace` adds to a deal."""

    effective_probability_percent: int
    task_count: int
    document_count: int
    approval_count: int
    plant_count: int
    contact_count: int
    next_step: dict[str, Any] | None
    team_list: list[dict[str, Any]]
    plant_list: list[dict[str, Any]]
    ref_list: list[dict[str, Any]]
    capacity_facts: list[dict[str, Any]]


type TimedStage = WithAnnotations[Stage, _Times]
type WorkspaceDeal = WithAnnotations[Deal, _Shown]


@dataclass(frozen=True, slots=True)
class PathStage:
    """A stage as seen from a deal: done, current, late, hold, closed or next, and the days spent there."""

    stage: Stage
    state: str
    days: int | None


@dataclass(frozen=True, slots=True)
class NextStage:
    """What stands between a deal and the stage after its own."""

    stage: Stage
    gates: list[GateState]

    @property
    def open_count(self) -> int:
        """How many of the gates are not met."""
        return sum(not state.is_met for state in self.gates)


@dataclass(frozen=True, slots=True)
class SourcedValue:
    """What one source says."""

    value: str
    unit: str
    source: str
    source_url: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Report:
    """What sources say about one figure; `is_conflict` when they differ."""

    metric: str
    period: str
    facts: list[SourcedValue]
    is_conflict: bool


def read_for_workspace(user: Viewer, *, pk: int) -> WorkspaceDeal | None:
    """Return a deal with all that its workspace needs, in one query; None when it does not exist for the user."""
    return next(iter(_DEAL.run(user, deal=pk)), None)


def deals_for_workspace(user: Viewer) -> models.QuerySet[WorkspaceDeal]:
    """Return the deals that exist for a user, each with all that its workspace needs, in one query."""
    documents = Document.objects.visible_to(user)
    deals = (
        Deal.objects.visible_to(user)
        .select_related("company", "stage__pipeline", "owner")
        .with_probability()
        .annotate(
            task_count=_count(Task.objects.pending()),
            document_count=_count(documents),
            approval_count=_count(Approval.objects.all()),
            plant_count=_count(DealPlant.objects.all()),
            contact_count=_count(DealContact.objects.all()),
            next_step=Subquery(_next_step()),
            team_list=ArraySubquery(_team()),
            plant_list=ArraySubquery(_plants()),
            ref_list=ArraySubquery(_refs()),
            capacity_facts=ArraySubquery(_capacity_facts(user)),
            **{tab.count_name: _count(tab.rows(user)) for tab in workspace_tabs().values()},
        )
    )
    return cast("models.QuerySet[WorkspaceDeal]", deals)


def path_of(deal: Deal, *, at: dt.datetime) -> list[PathStage]:
    """Return the stages of a deal's pipeline in use, in order, in one query; those beside the path come last."""
    stages = _timed_stages().run(deal=deal.pk, pipeline=deal.stage.pipeline_id)
    path = [stage for stage in stages if stage.type in PATH_TYPES]
    reached = _reached(deal, path)
    shown = [_path_stage(deal, stage, reached, at) for stage in path]
    return shown + [PathStage(stage, "aside", None) for stage in stages if stage.type not in PATH_TYPES]


def next_stage_of(deal: Deal, path: Iterable[PathStage], *, today: dt.date) -> NextStage | None:
    """Return the stage after the deal's own and its gates, in at most 3 queries; None at the end or beside the path."""
    if deal.stage.type not in PATH_TYPES:
        return None
    later = (step.stage for step in path if step.state == "next")
    target = next(later, None)
    if target is None:
        return None
    gates = gates_before(source=deal.stage, target=target)
    return NextStage(target, gate_states(deal=deal, gates=gates, today=today))


def capacity_reports(deal: WorkspaceDeal) -> list[Report]:
    """Return what sources say about the capacity of the deal's company and plants; see `deals_for_workspace`.

    Facts of one metric and period stand together, the newest first, also when they contradict each other.
    """
    together: dict[tuple[str, str], list[SourcedValue]] = defaultdict(list)
    for fact in deal.capacity_facts:
        said = {**fact, "as_of": dt.date.fromisoformat(fact["as_of"])}
        together[said.pop("metric"), said.pop("period")].append(SourcedValue(**said))
    return [
        Report(metric, period, same, len({(fact.value, fact.unit) for fact in same}) > 1)
        for (metric, period), same in together.items()
    ]


def weighted_royalty(deal: WorkspaceDeal) -> Decimal | None:
    """Return the yearly royalty times its probability; the deal comes from `deals_for_workspace`."""
    if deal.annual_royalty is None:
        return None
    return deal.annual_royalty * deal.effective_probability_percent / 100


def _deal(user: Viewer) -> models.QuerySet[WorkspaceDeal]:
    return deals_for_workspace(user).filter(pk=Hole("deal"))


@cache
def _timed_stages() -> Prepared[TimedStage]:
    left = StageTransition.objects.filter(deal=Hole("deal"), from_stage=OuterRef("pk")).order_by()
    # What was held is counted when it is left for good.
    left_for_good = left.exclude(to_stage__type=StageType.HOLD).values("from_stage")
    stages = (
        Stage.objects.filter(pipeline=Hole("pipeline"), archived_at__isnull=True)
        .annotate(
            spent=Subquery(left_for_good.annotate(sum=models.Sum(F("at") - F("entered_at"))).values("sum")),
            left_at=Subquery(left.values("from_stage").annotate(last=models.Max("at")).values("last")),
        )
        .order_by("position", "pk")
    )
    return Prepared(cast("models.QuerySet[TimedStage]", stages))


_DEAL = PreparedForViewers(_deal)


def _count(rows: models.QuerySet) -> Coalesce:
    counted = rows.filter(deal=OuterRef("pk")).order_by().values("deal").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _next_step() -> models.QuerySet:
    first = Task.objects.pending().filter(deal=OuterRef("pk")).order_by("due_on", "pk")
    return first.values(
        step=JSONObject(
            pk="pk",
            title="title",
            due_on="due_on",
            assignee="assignee__name",
            email="assignee__email",
            version="version",
        )
    )[:1]


def _team() -> models.QuerySet:
    members = DealTeamMember.objects.filter(deal=OuterRef("pk")).order_by("user__name", "user_id")
    return members.values(member=JSONObject(pk="user_id", name="user__name"))


def _plants() -> models.QuerySet:
    linked = DealPlant.objects.filter(deal=OuterRef("pk")).order_by("plant__name", "plant_id")
    return linked.values(
        linked=JSONObject(
            pk="plant_id",
            name="plant__name",
            status="plant__status",
            locality="plant__locality",
            country="plant__country",
        )
    )


def _refs() -> models.QuerySet:
    refs = ExternalRef.objects.filter(resource="deal", object_id=OuterRef("pk")).order_by("system", "pk")
    return refs.values(ref=JSONObject(system="system", external_id="external_id"))


def _capacity_facts(user: Viewer) -> models.QuerySet:
    of_its_plants = DealPlant.objects.filter(deal=OuterRef(OuterRef("pk")), plant__plant_facts__fact=OuterRef("pk"))
    facts = (
        SourcedFact.objects.visible_to(user)
        .filter(Q(company=OuterRef("company")) | Exists(of_its_plants))
        .filter(Q(unit__icontains="GWh") | Q(metric__icontains="capacity"))
        .order_by("metric", "period", "-as_of", "-pk")
    )
    names = ("metric", "period", "value", "unit", "source", "source_url", "as_of")
    return facts.values(said=JSONObject(**{name: name for name in names}))


def _reached(deal: Deal, path: list[TimedStage]) -> Stage | None:
    """Return the deal's stage, or the one that it left the path from."""
    if deal.stage.type in PATH_TYPES:
        return next((stage for stage in path if stage.pk == deal.stage_id), deal.stage)
    left = [(stage.left_at, stage) for stage in path if stage.left_at is not None]
    return max(left, key=itemgetter(0), default=(None, None))[1]


def _path_stage(deal: Deal, stage: TimedStage, reached: Stage | None, at: dt.datetime) -> PathStage:
    spent = stage.spent.days if stage.spent is not None else None
    if reached is None or stage.position > reached.position:
        return PathStage(stage, "next", spent)
    if stage.position < reached.position:
        return PathStage(stage, "done", spent)
    if deal.stage.type not in PATH_TYPES:
        return PathStage(stage, "hold" if deal.stage.type == StageType.HOLD else "closed", spent)
    days = max((at - deal.entered_stage_at).days, 0)
    is_late = stage.rot_days is not None and days > stage.rot_days
    return PathStage(stage, "late" if is_late else "current", days)
