"""The cards of the board: what each shows, read for hundreds of deals at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models.functions import JSONObject

from deals.domain.gate_facts import GATE_FIELDS, facts_of
from deals.enums import PATH_TYPES, GateKind, StageType
from deals.models import Deal, Gate, Stage, Task, Waiver
from deals.models.deals import deal_code

DAY = dt.timedelta(days=1)
_GATE_COLUMNS = tuple(f"{name}_id" if name in {"company", "owner"} else name for name in GATE_FIELDS)


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a card shows; equal cards look the same.

    `rots_at_days` is set when the deal is longer in its stage than that; `gates_to_clear` is None where
    nothing guards the stage.
    """

    pk: int
    version: int
    stage_id: int
    company: str
    title: str
    owner: str
    region: str
    capacity_gwh: Decimal | None
    royalty: Decimal | None
    currency: str
    is_confidential: bool
    step: str
    step_on: dt.date | None
    resume_on: dt.date | None
    days_in_stage: int
    rots_at_days: int | None
    gates_to_clear: int | None
    waivers: int
    today: dt.date

    @property
    def code(self) -> str:
        """The name people use for the deal."""
        return deal_code(self.pk)

    @property
    def is_late(self) -> bool:
        """Whether the date of the next step has passed."""
        return self.step_on is not None and self.step_on < self.today


@dataclass(frozen=True, slots=True)
class StageRules:
    """What a stage means for its cards: its type, rot days, and the facts that its gates ask for."""

    pk: int
    name: str
    type: str
    rot_days: int | None
    probability_percent: int
    facts: tuple[str, ...]

    @property
    def is_on_path(self) -> bool:
        """Whether the stage is part of the path."""
        return self.type in PATH_TYPES


def stage_rules(stages: models.QuerySet[Stage]) -> models.QuerySet[Any, Any]:
    """Return the stages in order, each with `gates`: the kind, requirement and key of its gates."""
    gates = models.Q(gates__archived_at__isnull=True, gates__isnull=False)
    gate = JSONObject(kind="gates__kind", requirement="gates__requirement", pk="gates__pk")
    return stages.order_by("position", "pk").annotate(gates_asked=ArrayAgg(gate, filter=gates, default=[]))


def rules_of(stage: Any) -> StageRules:
    """Return the rules of a stage read by `stage_rules`."""
    gates = [Gate(pk=gate["pk"], kind=gate["kind"], requirement=gate["requirement"]) for gate in stage.gates_asked]
    return StageRules(
        pk=stage.pk,
        name=stage.name,
        type=stage.type,
        rot_days=stage.rot_days,
        probability_percent=stage.probability_percent,
        facts=tuple(gate.fact for gate in gates),
    )


def read_cards(
    deals: models.QuerySet[Deal], *, stages: Mapping[int, StageRules], at: dt.datetime, today: dt.date
) -> dict[int, Card]:
    """Return the cards of some deals by key: one query for the deals, one for the facts of their gates."""
    step = (
        Task.objects.filter(deal=models.OuterRef("pk"), done_at__isnull=True)
        .order_by("due_on", "pk")
        .values(step=JSONObject(title="title", due_on="due_on"))[:1]
    )
    waivers = Waiver.objects.filter(deal=models.OuterRef("pk")).order_by().values("deal").values(n=models.Count("pk"))
    rows = list(
        deals.order_by()
        .annotate(step=models.Subquery(step), waiver_count=models.Subquery(waivers))
        .values(
            "pk",
            "version",
            "stage_id",
            "entered_stage_at",
            "resume_on",
            "currency",
            "is_confidential",
            "company__name",
            "owner__name",
            "step",
            "waiver_count",
            *_GATE_COLUMNS,
        )
    )
    facts = _facts_asked(rows, stages, today)
    return {row["pk"]: _card(row, stages[row["stage_id"]], facts[row["pk"]], at, today) for row in rows}


def _facts_asked(
    rows: Iterable[dict[str, Any]], stages: Mapping[int, StageRules], today: dt.date
) -> Mapping[int, Collection[str]]:
    """Return the facts of the deals whose stage asks for more than fields."""
    own = f"{GateKind.FIELD}:"
    asking = {pk for pk, stage in stages.items() if any(not fact.startswith(own) for fact in stage.facts)}
    deal_ids = [row["pk"] for row in rows if row["stage_id"] in asking]
    return facts_of(deal_ids, today=today) if deal_ids else defaultdict(set)


def _card(row: dict[str, Any], stage: StageRules, facts: Collection[str], at: dt.datetime, today: dt.date) -> Card:
    in_stage = at - row["entered_stage_at"]
    is_rotten = stage.rot_days is not None and in_stage > stage.rot_days * DAY
    step = row["step"] or {"title": "", "due_on": None}
    return Card(
        pk=row["pk"],
        version=row["version"],
        stage_id=row["stage_id"],
        company=row["company__name"],
        title=row["title"],
        owner=row["owner__name"] or "",
        region=row["region"],
        capacity_gwh=row["capacity_gwh"],
        royalty=row["annual_royalty"],
        currency=row["currency"],
        is_confidential=row["is_confidential"],
        step=step["title"],
        step_on=dt.date.fromisoformat(step["due_on"]) if step["due_on"] else None,
        resume_on=row["resume_on"] if stage.type == StageType.HOLD else None,
        days_in_stage=max(in_stage // DAY, 0),
        rots_at_days=stage.rot_days if is_rotten else None,
        gates_to_clear=sum(not _is_met(fact, row, facts) for fact in stage.facts) if stage.facts else None,
        waivers=row["waiver_count"] or 0,
        today=today,
    )


def _is_met(fact: str, row: dict[str, Any], facts: Collection[str]) -> bool:
    kind, _separator, name = fact.partition(":")
    if kind != GateKind.FIELD:
        return fact in facts
    return row.get(f"{name}_id" if name in {"company", "owner"} else name) not in (None, "", [])
