"""The cards of the board: what each shows, read for hundreds of deals at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from deals.domain.gate_facts import facts_of
from deals.enums import PATH_TYPES, GateKind, StageType
from deals.models import Deal, Gate, Stage, Task, Waiver
from deals.models.deals import deal_code

DAY = dt.timedelta(days=1)
_ANY_IDS = "deal ids"  # Stands in for the deals until the query of cards runs.
_JOINED = {"company_name": "company__name", "owner_name": "owner__name"}


class _Row(NamedTuple):
    """A row of the query of cards: what a card shows, then what gates can ask for (GATE_FIELDS)."""

    pk: int
    version: int
    stage_id: int
    entered_stage_at: dt.datetime
    resume_on: dt.date | None
    currency: str
    is_confidential: bool
    company_name: str
    owner_name: str | None
    step_title: str | None
    step_on: dt.date | None
    waiver_count: int | None
    company_id: int
    title: str
    owner_id: int | None
    region: str
    chemistry: str
    scope: list[str]
    capacity_gwh: Decimal | None
    annual_royalty: Decimal | None
    plant_concept: str
    expected_effective_on: dt.date | None
    expected_sop_on: dt.date | None
    signed_on: dt.date | None
    effective_on: dt.date | None
    royalty_start_on: dt.date | None


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
    deal_ids: Collection[int], *, stages: Mapping[int, StageRules], at: dt.datetime, today: dt.date
) -> dict[int, Card]:
    """Return the cards of those deals that are in `stages`: one query for the deals, one for their gates' facts."""
    sql, holes = _cards_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(deal_ids) if hole == _ANY_IDS else hole for hole in holes])
        rows = [row for row in map(_Row._make, cursor.fetchall()) if row.stage_id in stages]
    facts = _facts_asked(rows, stages, today)
    return {row.pk: _card(row, stages[row.stage_id], facts[row.pk], at, today) for row in rows}


@cache
def _cards_sql() -> tuple[str, tuple[Any, ...]]:
    """Return the query of cards, and its parameters with a hole for the deals.

    It is the same every time, and putting it together takes longer than running it.
    """
    step = Task.objects.filter(deal=models.OuterRef("pk"), done_at__isnull=True).order_by("due_on", "pk")
    waivers = Waiver.objects.filter(deal=models.OuterRef("pk")).order_by().values("deal").values(n=models.Count("pk"))
    rows = (
        Deal.objects.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", (_ANY_IDS,)))  # constant
        .order_by()
        .annotate(
            step_title=models.Subquery(step.values("title")[:1]),
            step_on=models.Subquery(step.values("due_on")[:1]),
            waiver_count=models.Subquery(waivers),
        )
        .values_list(*[_JOINED.get(name, name) for name in _Row._fields])
    )
    sql, parameters = rows.query.sql_with_params()
    return sql, tuple(parameters)


def _facts_asked(
    rows: Iterable[_Row], stages: Mapping[int, StageRules], today: dt.date
) -> Mapping[int, Collection[str]]:
    """Return the facts of the deals whose stage asks for more than fields."""
    own = f"{GateKind.FIELD}:"
    asking = {pk for pk, stage in stages.items() if any(not fact.startswith(own) for fact in stage.facts)}
    deal_ids = [row.pk for row in rows if row.stage_id in asking]
    return facts_of(deal_ids, today=today) if deal_ids else defaultdict(set)


def _card(row: _Row, stage: StageRules, facts: Collection[str], at: dt.datetime, today: dt.date) -> Card:
    in_stage = at - row.entered_stage_at
    is_rotten = stage.rot_days is not None and in_stage > stage.rot_days * DAY
    return Card(
        pk=row.pk,
        version=row.version,
        stage_id=row.stage_id,
        company=row.company_name,
        title=row.title,
        owner=row.owner_name or "",
        region=row.region,
        capacity_gwh=row.capacity_gwh,
        royalty=row.annual_royalty,
        currency=row.currency,
        is_confidential=row.is_confidential,
        step=row.step_title or "",
        step_on=row.step_on,
        resume_on=row.resume_on if stage.type == StageType.HOLD else None,
        days_in_stage=max(in_stage // DAY, 0),
        rots_at_days=stage.rot_days if is_rotten else None,
        gates_to_clear=sum(not _is_met(fact, row, facts) for fact in stage.facts) if stage.facts else None,
        waivers=row.waiver_count or 0,
        today=today,
    )


def _is_met(fact: str, row: _Row, facts: Collection[str]) -> bool:
    kind, _separator, name = fact.partition(":")
    if kind != GateKind.FIELD:
        return fact in facts
    return getattr(row, f"{name}_id" if name in {"company", "owner"} else name, None) not in (None, "", [])
