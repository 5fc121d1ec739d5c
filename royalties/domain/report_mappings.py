"""How the columns of a licensee's own file are read: guessed, saved for the next file, and found again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.report_file_rows import COLUMNS, UNITS, FileMap
from royalties.domain.report_scope import ReportScope
from royalties.models import Agreement, ReportMapping

# The headings of our own template, in its order.
HEADINGS = {
    "plant": gettext_lazy("Plant"),
    "month": gettext_lazy("Month"),
    "chemistry": gettext_lazy("Chemistry"),
    "field": gettext_lazy("Field of use"),
    "energy_produced_kwh": gettext_lazy("Energy produced, kWh"),
    "energy_sold_kwh": gettext_lazy("Energy sold, kWh"),
    "units": gettext_lazy("Units"),
    "gross_sales": gettext_lazy("Gross sales"),
    "deductions": gettext_lazy("Deductions"),
    "net_sales": gettext_lazy("Net sales"),
    "currency": gettext_lazy("Currency"),
    "is_return": gettext_lazy("Returns"),
    "is_nil": gettext_lazy("Nil"),
}
_WORDS = {
    "plant": ("plant", "site", "factory", "werk", "usine", "工厂", "工場"),
    "month": ("month", "period", "date", "monat", "mois", "月"),
    "chemistry": ("chemistry", "cell chemistry", "chemie", "cathode"),
    "field": ("field of use", "field", "application", "use", "segment", "verwendung"),
    "energy_produced_kwh": ("produced", "production", "output", "energy produced", "produktion", "produziert"),
    "energy_sold_kwh": ("sold", "sales volume", "energy sold", "shipped", "delivered", "absatz", "verkauft"),
    "units": ("units", "cells", "pieces", "quantity", "stück"),
    "gross_sales": ("gross sales", "gross", "gross revenue", "bruttoumsatz"),
    "deductions": ("deductions", "discounts", "abzüge"),
    "net_sales": ("net sales", "net", "net revenue", "nettoumsatz"),
    "currency": ("currency", "ccy", "währung"),
    "is_return": ("returns", "return", "retouren"),
    "is_nil": ("nil", "nothing"),
}
_UNIT = re.compile(r"\b([kmg]wh)\b", re.IGNORECASE)


def guess_map(headings: Sequence[str], scope: ReportScope, *, saved: Sequence[ReportMapping] = ()) -> FileMap:
    """Return the map that a file most likely has: a saved one whose columns it all has, else by its headings."""
    for mapping in saved:
        known = stored_map(mapping)
        if known is not None and all(headings.count(heading) == 1 for heading in known.columns):
            kept = {name: value for name, value in known.given.items() if name != "month"}
            return replace(known, given=_only_choices(scope, known.columns) | kept)
    names = {_plain(word): name for name, words in _WORDS.items() for word in (name, *words)}
    names |= {_plain(str(label)): name for name, label in HEADINGS.items()}
    columns: dict[str, str] = {}
    for heading in headings:
        name = names.get(_plain(heading)) or names.get(_plain(_UNIT.sub("", heading)))
        if name and name not in columns.values() and headings.count(heading) == 1:
            columns[heading] = name
    units = {found.group(1).lower() for heading in columns if (found := _UNIT.search(heading))}
    named = [name for name in UNITS if {name.lower()} == units]
    return FileMap(columns, unit=named[0] if named else "kWh", given=_only_choices(scope, columns))


def parse_map(raw: Mapping[str, Any]) -> FileMap:
    """Return a stored map. Raise DomainError when it is none."""
    columns, given = raw.get("columns"), raw.get("given", {})
    if not _is_of_texts(columns) or not _is_of_texts(given):
        raise DomainError(_("This mapping is damaged. Map the columns again."), field="columns")
    if not set(columns.values()) <= set(COLUMNS) or raw.get("unit", "kWh") not in UNITS:
        raise DomainError(_("This mapping is damaged. Map the columns again."), field="columns")
    decimal = raw.get("decimal", "")
    return FileMap(columns, raw.get("unit", "kWh"), decimal if decimal in {".", ","} else "", given)


def stored_map(mapping: ReportMapping) -> FileMap | None:
    """Return a saved mapping as a map; None when it cannot be one any more."""
    try:
        return parse_map(mapping.columns)
    except DomainError:
        return None


@transaction.atomic
def save_mapping(*, agreement: Agreement, name: str, file_map: FileMap, by: User) -> ReportMapping:
    """Keep a map under a name for the agreement's next file; the one of that name is replaced."""
    require_permission(by, "royalties.add_reportmapping")
    refuse_unseen(name, field="save_as")
    name = " ".join(name.split())
    if not name:
        raise DomainError(_("Give the mapping a name."), field="save_as")
    lock_row(agreement)
    known = ReportMapping.objects.filter(agreement=agreement, name=name).first()
    if known is not None:
        return write_changes(known, {"columns": file_map.as_json()})
    with constraints_in_words(ReportMapping):
        return ReportMapping.objects.create(agreement=agreement, name=name[:120], columns=file_map.as_json())


def saved_mappings(agreement: Agreement) -> list[ReportMapping]:
    """Return the agreement's mappings, the one that was used last first."""
    return list(ReportMapping.objects.filter(agreement=agreement).order_by("-updated_at", "-pk"))


def _only_choices(scope: ReportScope, columns: Mapping[str, str]) -> dict[str, str]:
    """Return what goes without saying where the agreement leaves no choice."""
    choices: dict[str, Sequence[Any]] = {
        "plant": list(scope.plants),
        "month": [month.isoformat() for month in scope.months],
        "chemistry": scope.chemistries,
        "field": scope.fields,
    }
    return {
        name: str(values[0]) for name, values in choices.items() if len(values) == 1 and name not in columns.values()
    }


def _is_of_texts(table: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(table, dict) and all(isinstance(one, str) for pair in table.items() for one in pair)


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()
