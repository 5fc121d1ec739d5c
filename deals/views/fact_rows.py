"""The key facts of a deal in the order in which people ask for them, each with the form that changes it."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deals.domain.workspace import NextStage
from deals.enums import PATH_TYPES, GateKind, Scope, StageType
from deals.models import Deal

# Which fields are edited together, under the name of the first.
FACTS: dict[str, tuple[str, ...]] = {
    "company": ("company",),
    "title": ("title",),
    "owner": ("owner",),
    "scope": ("scope",),
    "region": ("region",),
    "chemistry": ("chemistry",),
    "capacity_gwh": ("capacity_gwh",),
    "annual_royalty": ("annual_royalty", "currency"),
    "probability_percent": ("probability_percent",),
    "plant_concept": ("plant_concept",),
    "expected_effective_on": ("expected_effective_on",),
    "expected_sop_on": ("expected_sop_on",),
    "signed_on": ("signed_on",),
    "effective_on": ("effective_on",),
    "royalty_start_on": ("royalty_start_on",),
    "opened_on": ("opened_on",),
}
_LABELS: dict[str, str | Promise] = {
    "capacity_gwh": _("Capacity"),
    "annual_royalty": _("Royalty"),
    "probability_percent": _("Probability"),
    "expected_effective_on": _("Effective"),
    "expected_sop_on": _("SOP"),
    "signed_on": _("Signed"),
    "effective_on": _("Effective since"),
    "royalty_start_on": _("Royalty from"),
    "opened_on": _("Opened"),
}
_NAMES = {field.name: field.verbose_name for field in Deal._meta.fields}
# Shown once they matter: when they are set, asked for, or the deal is signed.
_LATER = frozenset({"signed_on", "effective_on", "royalty_start_on"})
_DELIVERED = PATH_TYPES - {StageType.OPEN}


@dataclass(frozen=True, slots=True)
class FactRow:
    """One key fact: its name in addresses, label and value."""

    name: str
    label: str | Promise
    value: Any


def fact_rows(deal: Deal, next_stage: NextStage | None) -> list[FactRow]:
    """Return the facts that matter to a deal where it stands."""
    asked = {
        state.gate.requirement
        for state in (next_stage.gates if next_stage else [])
        if state.gate.kind == GateKind.FIELD and not state.is_met
    }
    return [
        FactRow(name, label_of(name), getattr(deal, name))
        for name in FACTS
        if name not in _LATER or getattr(deal, name) or name in asked or deal.stage.type in _DELIVERED
    ]


def scope_in_words(deal: Deal) -> str:
    """Return the parts of the LRS model that a deal covers."""
    return " · ".join(str(Scope(part).label) for part in deal.scope)


def label_of(name: str) -> str | Promise:
    """Return the short label of a fact."""
    return _LABELS.get(name) or str(_NAMES[name]).capitalize()
