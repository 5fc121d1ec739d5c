"""The board of a pipeline: its columns with totals, and the first cards of each."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Coalesce

from deals.domain.cards import Card, StageRules, read_cards, rules_of, stage_rules
from deals.domain.totals import StageTotals, Totals, sums_by_stage, totals_of
from deals.enums import BoardGroup
from deals.models import Deal, Pipeline, Stage
from lrs_tracker.prepared import Hole, PreparedForViewers
from lrs_tracker.visibility import Viewer
from sync.domain.changes import CurrentCursor

PAGE_SIZE = 30
_GROUP_FIELD = {BoardGroup.OWNER: "owner_group", BoardGroup.REGION: "region"}


@dataclass(frozen=True, slots=True)
class Lens:
    """How someone looks at a pipeline: the deals that pass their filter, grouped, in their currency and day.

    `viewer` is set when there is no filter: `deals` are then all that this viewer may see.
    """

    deals: models.QuerySet[Deal]
    group: BoardGroup | None
    currency: str
    at: dt.datetime
    today: dt.date
    viewer: Viewer | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """The fields that order the cards of a column."""
        return _order(self.group)

    @property
    def ordered(self) -> models.QuerySet[Deal]:
        """The deals in the order of their cards."""
        return _ordered(self.deals, self.group)

    def group_of(self, card: Card) -> str:
        """Return the group that a card stands in."""
        if self.group is None:
            return ""
        return card.owner if self.group == BoardGroup.OWNER else card.region


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its totals and some of its cards; `has_more` says that others follow."""

    stage: StageRules
    totals: Totals
    cards: Sequence[Card]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of a pipeline and what the deals on its path add up to."""

    columns: Sequence[Column]
    totals: Totals
    sums: StageTotals


def pipelines_with_cursor(user: Viewer) -> list[Any]:
    """Return the pipelines in use, each with the `cursor` that live updates go on from."""
    pipelines = Pipeline.objects.visible_to(user).filter(archived_at__isnull=True)
    return list(pipelines.annotate(cursor=CurrentCursor()).order_by("position", "pk"))


def load_board(*, pipeline: Pipeline, lens: Lens) -> Board:
    """Return the board of a pipeline with the first cards of each column, in five queries."""
    if lens.viewer is not None:
        rows = _COLUMNS.run(lens.viewer, lens.group, pipeline=pipeline.pk)
    else:
        rows = list(_with_first(_stages_of(pipeline), lens.deals, lens.group))
    stages = {row.pk: rules_of(row) for row in rows}
    sums = _sums(pipeline, stages, lens)
    pages = {row.pk: row.first or [] for row in rows}
    shown = [pk for page in pages.values() for pk in page[:PAGE_SIZE]]
    cards = read_cards(shown, stages=stages, at=lens.at, today=lens.today)
    columns = [
        Column(
            stage=stage,
            totals=sums.of([stage.pk], lens.currency),
            cards=[cards[pk] for pk in pages[stage.pk][:PAGE_SIZE] if pk in cards],
            has_more=len(pages[stage.pk]) > PAGE_SIZE,
        )
        for stage in stages.values()
    ]
    return Board(columns, sums.of(_on_path(stages.values()), lens.currency), sums)


def load_page(*, stage: Any, lens: Lens, after: int | None) -> tuple[Sequence[Card], bool]:
    """Return the cards of a stage that follow the card `after`, and whether more follow.

    `stage` comes from `stage_rules`. A card that has left the column meanwhile marks no place: the first
    cards are returned.
    """
    rules = rules_of(stage)
    deals = lens.ordered.filter(stage=stage.pk)
    place = deals.filter(pk=after).values_list(*lens.order).first() if after is not None else None
    if place is not None:
        deals = deals.filter(beyond(lens.order, place, "gt"))
    page = list(deals.values_list("pk", flat=True)[: PAGE_SIZE + 1])
    cards = read_cards(page[:PAGE_SIZE], stages={rules.pk: rules}, at=lens.at, today=lens.today)
    return [cards[pk] for pk in page[:PAGE_SIZE] if pk in cards], len(page) > PAGE_SIZE


def load_heads(*, pipeline: Pipeline, lens: Lens) -> tuple[dict[int, StageRules], StageTotals, Totals]:
    """Return the stages of a pipeline, the totals of each, and those of the path."""
    stages = {row.pk: rules_of(row) for row in stage_rules(_stages_of(pipeline))}
    sums = _sums(pipeline, stages, lens)
    return stages, sums, sums.of(_on_path(stages.values()), lens.currency)


def places_of(deal_ids: Iterable[int], *, lens: Lens) -> list[tuple[int, int | None]]:
    """Return each deal that the lens shows, in order, with the card above it in its column (None: on top)."""
    outer = [models.OuterRef(name) for name in lens.order]
    above = lens.ordered.filter(beyond(lens.order, outer, "lt"), stage=models.OuterRef("stage"))
    nearest = above.order_by(*(f"-{name}" for name in lens.order)).values("pk")[:1]
    return list(
        lens.ordered.filter(pk__in=list(deal_ids))
        .annotate(above=models.Subquery(nearest))
        .order_by("stage", *lens.order)
        .values_list("pk", "above")
    )


def beyond(order: Sequence[str], place: Sequence[Any], lookup: str) -> models.Q:
    """Return the condition to stand after ("gt") or before ("lt") a place in an order of several fields."""
    condition = models.Q()
    for index, name in enumerate(order):
        same = dict(zip(order[:index], place, strict=False))
        condition |= models.Q(**same, **{f"{name}__{lookup}": place[index]})
    # Says nothing new, but lets PostgreSQL start in the index at the place.
    return models.Q(**{f"{order[0]}__{lookup}e": place[0]}) & condition


def _order(group: BoardGroup | None) -> tuple[str, ...]:
    return (*([_GROUP_FIELD[group]] if group else []), "rank", "pk")


def _ordered(deals: models.QuerySet[Deal], group: BoardGroup | None) -> models.QuerySet[Deal]:
    if group == BoardGroup.OWNER:
        deals = deals.annotate(owner_group=Coalesce("owner__name", models.Value("")))
    return deals.order_by(*_order(group))


def _stages_of(pipeline: Any) -> models.QuerySet[Stage]:
    return Stage.objects.filter(pipeline=pipeline, archived_at__isnull=True)


def _with_first(
    stages: models.QuerySet[Stage], deals: models.QuerySet[Deal], group: BoardGroup | None
) -> models.QuerySet[Any, Any]:
    """Return the stages, each with its rules and the keys of its `first` cards."""
    first = _ordered(deals, group).filter(stage=models.OuterRef("pk")).values("pk")[: PAGE_SIZE + 1]
    return stage_rules(stages).annotate(first=ArraySubquery(first))


def _sums(pipeline: Pipeline, stages: Iterable[int], lens: Lens) -> StageTotals:
    if lens.viewer is not None:
        rows = _SUMS.run(lens.viewer, pipeline=pipeline.pk)
    else:
        rows = list(sums_by_stage(lens.deals.filter(stage__in=list(stages))))
    return totals_of(rows, currency=lens.currency, today=lens.today)


def _columns_for(viewer: Viewer, group: BoardGroup | None) -> models.QuerySet[Any, Any]:
    return _with_first(_stages_of(Hole("pipeline")), Deal.objects.visible_to(viewer), group)


def _sums_for(viewer: Viewer) -> models.QuerySet[Deal, tuple[Any, ...]]:
    stages = _stages_of(Hole("pipeline")).values("pk")
    return sums_by_stage(Deal.objects.visible_to(viewer).filter(stage__in=stages))


_COLUMNS = PreparedForViewers(_columns_for)
_SUMS = PreparedForViewers(_sums_for)


def _on_path(stages: Iterable[StageRules]) -> list[int]:
    return [stage.pk for stage in stages if stage.is_on_path]
