"""What the pages of the board are put together from."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from companies.enums import Region
from deals.domain.board import Column, Lens
from deals.domain.cards import Card, StageRules
from deals.domain.live_board import BoardPatch
from deals.domain.totals import StageTotals, Totals
from deals.enums import BoardGroup
from deals.filters import DealFilter
from deals.models import Deal
from deals.views.board_bar import rates_note
from deals.views.cards import card_html


def look_at(request: HttpRequest) -> tuple[DealFilter, Lens]:
    """Return the filter of a request and what its reader sees through it."""
    now = timezone.now()
    deals = DealFilter(request.GET, deals=Deal.objects.visible_to(request.user), user=request.user, at=now)
    group = request.GET.get("group")
    lens = Lens(
        deals=deals.qs,
        group=BoardGroup(group) if group in BoardGroup.values else None,
        currency=request.user.currency,
        at=now,
        today=request.today,
    )
    return deals, lens


def patch_json(request: HttpRequest, patch: BoardPatch, lens: Lens) -> dict[str, Any]:
    """Return a patch as the scripts of the board apply it."""
    can_move = request.user.has_perm("deals.move_deal")
    return {
        "cards": [
            {
                "id": placed.card.pk,
                "stage": placed.card.stage_id,
                "above": placed.above,
                "group": lens.group_of(placed.card),
                "html": card_html(placed.card, can_move=can_move),
            }
            for placed in patch.placed
        ],
        "gone": sorted(patch.gone),
        "heads": {
            stage.pk: _render_part(request, "column-figures", {"column": _head(stage, patch.sums, lens.currency)})
            for stage in patch.stages.values()
        },
        "totals": _render_part(
            request,
            "totals",
            {"totals": patch.totals, "rates_note": rates_note(patch.sums, patch.totals, today=lens.today)},
        ),
    }


def _render_part(request: HttpRequest, part: str, context: dict[str, Any]) -> str:
    return render(request, f"deals/board_parts.html#{part}", context).content.decode()


def _head(stage: StageRules, sums: StageTotals, currency: str) -> dict[str, Any]:
    return {"stage": stage, "totals": sums.by_stage.get(stage.pk) or Totals(currency)}


def column_context(
    request: HttpRequest, column: Column, lens: Lens, collapsed: set[int], can_move: bool
) -> dict[str, Any]:
    """Return what the template of a column needs."""
    stage = column.stage
    is_collapsed = stage.pk in collapsed
    query = request.GET.copy()
    query.pop("collapsed", None)
    if toggled := collapsed ^ {stage.pk}:
        query["collapsed"] = ",".join(str(pk) for pk in sorted(toggled))
    slug = request.resolver_match.kwargs["slug"]
    return {
        "stage": stage,
        "totals": column.totals,
        "is_collapsed": is_collapsed,
        "toggle_url": f"?{query.urlencode(safe=',')}",
        "cards": grouped_cards(column.cards, lens, can_move),
        "more": more_url(request, slug, stage.pk, column.cards) if column.has_more else "",
    }


def grouped_cards(cards: Iterable[Card], lens: Lens, can_move: bool) -> Sequence[tuple[str | None, SafeString]]:
    """Return each run of cards with the heading of its group; None where cards are not grouped."""
    runs: list[tuple[str | None, list[str]]] = []
    for card in cards:
        group = lens.group_of(card) if lens.group else None
        if not runs or runs[-1][0] != group:
            runs.append((group, []))
        runs[-1][1].append(card_html(card, can_move=can_move))
    labels = dict(Region.choices) if lens.group == BoardGroup.REGION else {}
    # Every part is a card that the template escaped.
    return [(str(labels.get(group, group)) if group else group, mark_safe("".join(run))) for group, run in runs]  # noqa: S308


def lens_query(request: HttpRequest) -> str:
    """Return the part of the address that decides which cards are shown."""
    query = request.GET.copy()
    query.pop("collapsed", None)
    return query.urlencode()


def more_url(request: HttpRequest, slug: str, stage_id: int, cards: Sequence[Card]) -> str:
    """Return where the cards after these are."""
    query = request.GET.copy()
    query.pop("collapsed", None)
    query["after"] = str(cards[-1].pk)
    return f"{reverse('deals:board_column', args=[slug, stage_id])}?{query.urlencode()}"
