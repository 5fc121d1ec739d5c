"""Rows of the table as HTML. Equal rows look the same, so each is rendered once and remembered by all that it shows."""

from collections.abc import Iterable
from functools import lru_cache

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from deals.domain.table import DealRow

_KEPT = 4096


def rows_html(rows: Iterable[DealRow], *, can_pick: bool) -> SafeString:
    """Return rows in the active language and time zone; `can_pick` puts a box in front of each."""
    language, zone = get_language(), timezone.get_current_timezone_name()
    # Every part is a row that the template escaped.
    return mark_safe("".join(_render(row, can_pick, language, zone) for row in rows))  # noqa: S308


@lru_cache(maxsize=_KEPT)
def _render(row: DealRow, can_pick: bool, _language: str | None, _zone: str) -> str:
    return get_template("deals/table_row.html").render({"row": row, "can_pick": can_pick, "today": row.today})
