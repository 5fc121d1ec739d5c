"""Cards as HTML. Equal cards look the same, so each is rendered once and remembered by all that it shows."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from deals.domain.cards import Card
from lrs_tracker.formats import format_count, format_day

_KEPT = 4096


def card_html(card: Card, *, can_move: bool) -> SafeString:
    """Return a card in the active language; `can_move` adds the way to its move menu."""
    return _render(card, can_move, get_language())


@lru_cache(maxsize=_KEPT)
def _render(card: Card, can_move: bool, _language: str | None) -> SafeString:
    context = {"card": card, "can_move": can_move, "pills": list(_pills(card))}
    return render_to_string("deals/board_card.html", context)


def _pills(card: Card) -> list[tuple[str, str]]:
    """Return the marks of a card: what colour means (none is neutral), and the text that says the same."""
    pills = [_days_pill(card)]
    if card.resume_on is not None:
        day = format_day(card.resume_on, today=card.today)
        overdue = card.resume_on < card.today
        pills.append(
            ("late", _("was to resume %(day)s") % {"day": day})
            if overdue
            else ("waiting", _("resumes %(day)s") % {"day": day})
        )
    if card.gates_to_clear is not None:
        pills.append(
            ("blocked", _("%(count)d to clear") % {"count": card.gates_to_clear})
            if card.gates_to_clear
            else ("done", _("Gate ready"))
        )
    if card.waivers:
        pills.append(("", ngettext("%(count)d waiver", "%(count)d waivers", card.waivers) % {"count": card.waivers}))
    return pills


def _days_pill(card: Card) -> tuple[str, str]:
    days = format_count(card.days_in_stage)
    if card.rots_at_days is None:
        return ("", _("%(days)s d") % {"days": days})
    return ("late", _("%(days)s d, rots at %(limit)s") % {"days": days, "limit": format_count(card.rots_at_days)})
