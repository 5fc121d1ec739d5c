"""What the pages of the board are put together from."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from companies.enums import Region
from deals.domain.board import Column, Lens
from deals.domain.cards import Card
from deals.domain.live_board import BoardPatch
from deals.enums import BoardGroup
from deals.filters import DealFilter
from deals.models import Deal
from deals.views.board_bar import rates_note
from deals.views.cards import card_html
from deals.views.columns import figures_html, head_html, totals_html

_GROUP = '<li class="card-group" data-group="{}">{}</li>'
_MORE = '<li class="column-more"><a href="{}" data-more>{}</a></li>'


def look_at(request: UserRequest) -> tuple[DealFilter, Lens]:
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
        viewer=None if deals.active else request.user,
    )
    return deals, lens


def patch_json(request: UserRequest, patch: BoardPatch, lens: Lens) -> dict[str, Any]:
    """Return a patch as the scripts of the board apply it."""
    can_move = request.user.has_perm("deals.move_deal")
    return {
        "cards": [
            {
                "id": placed.card.pk,
                "stage": placed.card.stage_id,
                "above": placed.above,
                "group": (group := lens.group_of(placed.card)),
                "group_label": group_label(group, lens),
                "html": card_html(placed.card, can_move=can_move),
            }
            for placed in patch.placed
        ],
        "gone": sorted(patch.gone),
        "heads": {pk: figures_html(patch.sums.of([pk], lens.currency)) for pk in patch.stages},
        "totals": totals_html(patch.totals, rates_note(patch.sums, patch.totals, today=lens.today)),
    }


def column_context(
    column: Column, lens: Lens, *, query: str, slug: str, collapsed: set[int], can_move: bool
) -> dict[str, Any]:
    """Return what the template of the board needs of a column."""
    stage = column.stage
    toggled = ",".join(str(pk) for pk in sorted(collapsed ^ {stage.pk}))
    toggle_url = "?" + "&".join(part for part in (query, f"collapsed={toggled}" if toggled else "") if part)
    is_collapsed = stage.pk in collapsed
    return {
        "stage": stage,
        "is_collapsed": is_collapsed,
        "head": head_html(stage, column.totals, is_collapsed=is_collapsed, toggle_url=toggle_url),
        "cards": cards_html(
            column.cards,
            lens,
            can_move=can_move,
            more_url=more_url(query, slug, stage.pk, column.cards) if column.has_more else "",
        ),
    }


def cards_html(cards: Iterable[Card], lens: Lens, *, can_move: bool, more_url: str) -> SafeString:
    """Return cards, each group under its heading, and the link to those that follow."""
    parts = []
    group = None
    for card in cards:
        if lens.group and lens.group_of(card) != group:
            group = lens.group_of(card)
            parts.append(format_html(_GROUP, group, group_label(group, lens)))
        parts.append(card_html(card, can_move=can_move))
    if more_url:
        parts.append(format_html(_MORE, more_url, _("Show more")))
    return mark_safe("".join(parts))  # noqa: S308  # every part is escaped by its template or by format_html


def group_label(group: str, lens: Lens) -> str:
    """Return what the heading of a group says."""
    label = Region(group).label if lens.group == BoardGroup.REGION and group else group
    return str(label or _("None"))


def lens_query(request: UserRequest) -> str:
    """Return the part of the address that decides which cards are shown."""
    query = request.GET.copy()
    for name in ("collapsed", "after"):
        query.pop(name, None)
    return query.urlencode()


def more_url(query: str, slug: str, stage_id: int, cards: Sequence[Card]) -> str:
    """Return where the cards after these are, seen through the same filters."""
    after = f"after={cards[-1].pk}"
    return f"{reverse('deals:board_column', args=[slug, stage_id])}?{f'{query}&{after}' if query else after}"
