"""What changed on a board since a cursor, for someone who may not see everything."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from accounts.models import User
from deals.domain.board import Lens, load_heads, places_of
from deals.domain.cards import Card, StageRules, read_cards
from deals.domain.totals import StageTotals, Totals
from deals.models import Deal, Pipeline
from sync.domain.changes import Change, changes_since
from sync.enums import Operation

# More changes than this at once, as after an import, are quicker to show as a new board.
MAX_CHANGES = 300
# A change of these can change every card or total of the board.
_BOARD_RESOURCES = frozenset({"stage", "gate", "pipeline"})


@dataclass(frozen=True, slots=True)
class MovedCard:
    """A card that is new or changed, and the key of the card above it (None: on top of its column)."""

    card: Card
    above: int | None


@dataclass(frozen=True, slots=True)
class BoardPatch:
    """What makes an older board current: cards to put in place, keys of cards to take away, totals."""

    placed: Sequence[MovedCard]
    gone: Collection[int]
    stages: dict[int, StageRules]
    sums: StageTotals
    totals: Totals


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What is new since a cursor: nothing, a patch, or too much for one (`is_stale`: load the board anew)."""

    cursor: str
    patch: tuple[BoardPatch, Lens] | None = None
    is_stale: bool = False


def live_update(*, pipeline_slug: str, user: User, since: str, look: Callable[[], Lens]) -> LiveUpdate | None:
    """Return what changed on a board since a cursor; None when the pipeline is not there.

    `look` gives the lens through which the board is seen; it is asked for only when something changed, so
    that otherwise this costs one query. Raise CursorError for a cursor that is not ours.
    """
    new = changes_since(since, limit=MAX_CHANGES)
    if new.is_cut or any(change.resource in _BOARD_RESOURCES for change in new.changes):
        return LiveUpdate(new.cursor, is_stale=True)
    changed = _deals_in(new.changes)
    if not changed:
        return LiveUpdate(new.cursor)
    pipeline = Pipeline.objects.visible_to(user).filter(slug=pipeline_slug, archived_at__isnull=True).first()
    if pipeline is None:
        return None
    lens = look()
    patch = patch_for(changed, pipeline=pipeline, user=user, lens=lens, changes=new.changes)
    return LiveUpdate(new.cursor, patch=(patch, lens))


def patch_for(
    deal_ids: Collection[int], *, pipeline: Pipeline, user: User, lens: Lens, changes: Sequence[Change] = ()
) -> BoardPatch:
    """Return the present state of some deals on a board.

    A deal that the user cannot see is reported as gone only when `changes` prove that they could see it
    before; otherwise nothing tells that it exists.
    """
    stages, sums, totals = load_heads(pipeline=pipeline, lens=lens)
    places = places_of(deal_ids, lens=lens)
    shown = [pk for pk, _above in places]
    cards = read_cards(shown, stages=stages, at=lens.at, today=lens.today)
    placed = [MovedCard(cards[pk], above) for pk, above in places if pk in cards]
    hidden = set(deal_ids) - set(cards)
    gone = set(Deal.objects.visible_to(user).filter(pk__in=hidden).values_list("pk", flat=True)) if hidden else set()
    return BoardPatch(placed, gone | (_seen_before(changes, user) & hidden), stages, sums, totals)


def _deals_in(changes: Iterable[Change]) -> set[int]:
    found = set()
    for change in changes:
        if change.resource in {"deal", "deal-place"}:
            found.add(change.object_id)
        elif change.parent_resource == "deal" and change.parent_id is not None:
            found.add(change.parent_id)
    return found


def _seen_before(changes: Iterable[Change], user: User) -> set[int]:
    """Return the deals of which a change proves that the user could see them before it."""
    if user.has_perm("deals.see_confidential_deal"):
        return _deals_in(changes)
    seen = set()
    for change in changes:
        old = {name: values[0] for name, values in change.fields.items()}
        if change.resource == "deal" and change.operation != Operation.INSERT:
            if old.get("is_confidential") is False or old.get("owner_id") == user.pk:
                seen.add(change.object_id)
        elif (
            change.resource == "deal-team-member"
            and change.operation == Operation.DELETE
            and old.get("user_id") == user.pk
            and change.parent_id is not None
        ):
            seen.add(change.parent_id)
    return seen
