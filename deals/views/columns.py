"""Heads and figures of columns as HTML; equal ones are rendered once, as cards are."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from deals.domain.cards import StageRules
from deals.domain.totals import Totals

_KEPT = 512


def head_html(stage: StageRules, totals: Totals, *, is_collapsed: bool, toggle_url: str) -> SafeString:
    """Return the head of a column in the active language."""
    return _render_head(stage, totals, is_collapsed, toggle_url, get_language())


def figures_html(totals: Totals) -> SafeString:
    """Return what the deals of a column add up to, in the active language."""
    return _render_figures(totals, get_language())


def totals_html(totals: Totals, rates_note: str) -> SafeString:
    """Return what the deals on the path add up to, and with which rates, in the active language."""
    return _render_totals(totals, rates_note, get_language())


@lru_cache(maxsize=_KEPT)
def _render_head(
    stage: StageRules, totals: Totals, is_collapsed: bool, toggle_url: str, language: str | None
) -> SafeString:
    context = {
        "stage": stage,
        "totals": totals,
        "is_collapsed": is_collapsed,
        "toggle_url": toggle_url,
        "figures": _render_figures(totals, language),
    }
    return render_to_string("deals/board_column.html", context)


@lru_cache(maxsize=_KEPT)
def _render_figures(totals: Totals, _language: str | None) -> SafeString:
    return render_to_string("deals/board_figures.html", {"totals": totals})


@lru_cache(maxsize=_KEPT)
def _render_totals(totals: Totals, rates_note: str, _language: str | None) -> SafeString:
    return render_to_string("deals/board_totals.html", {"totals": totals, "rates_note": rates_note})
