"""The facts that gates ask for.

A fact is a text `kind:requirement`, such as `document:nda` or `contact_role:sponsor`. Each source
gives (deal id, fact) rows for some deals; all sources are united in one query, so that a board can
tell what is missing for hundreds of cards at once. Apps above register their own sources and kinds.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat

from deals.enums import GRANTED_STATUSES, ContactRole, DocumentKind, GateKind, NoteKind
from deals.models import Approval, Deal, DealContact, DealPlant, Document, GateCheck, Note
from lrs_tracker.problems import Text
from plants.enums import MilestoneKind
from plants.models import PlantMilestone

type FactRows = models.QuerySet[Any, Any]
type DealIds = Collection[int] | RawSQL
type FactSource = Callable[[DealIds, dt.date], FactRows]

# Stand in for the deals and the day until a query runs.
_ANY_IDS = "deal ids"
_ANY_DAY = dt.date.min

# Fields of a deal that a gate may ask for.
GATE_FIELDS = (
    "company",
    "title",
    "owner",
    "region",
    "chemistry",
    "scope",
    "capacity_gwh",
    "annual_royalty",
    "plant_concept",
    "expected_effective_on",
    "expected_sop_on",
    "signed_on",
    "effective_on",
    "royalty_start_on",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gate: its label, what it can ask for, and the tab of the workspace where it is met."""

    label: Text
    requirements: tuple[tuple[str, Text], ...]
    tab: str


_kinds: dict[str, Kind] = {}
_sources: list[FactSource] = []


def register_kind(name: str, *, label: Text, requirements: Iterable[tuple[str, Any]], tab: str) -> None:
    """Let gates ask for a kind of fact; called from `AppConfig.ready`."""
    _kinds[name] = Kind(label, tuple(requirements), tab)


def register_source(source: FactSource) -> None:
    """Add a source of facts; called from `AppConfig.ready`.

    It takes deal ids (only to filter by `__in`) and today's date (only to compare with) and returns a
    queryset of (deal id, fact) rows.
    """
    if source not in _sources:
        _sources.append(source)


def kinds() -> dict[str, Kind]:
    """Return the registered kinds by name."""
    return dict(_kinds)


def facts_of(deal_ids: Collection[int], *, today: dt.date) -> dict[int, set[str]]:
    """Return the facts of each deal, other than its own fields, in one query."""
    found: dict[int, set[str]] = defaultdict(set)
    if not deal_ids:
        return found
    sql, holes = _facts_sql(tuple(_sources))
    values: dict[Any, Any] = {_ANY_IDS: list(deal_ids), _ANY_DAY: today}
    with connection.cursor() as cursor:
        cursor.execute(sql, [values.get(hole, hole) for hole in holes])
        for deal_id, fact in cursor.fetchall():
            found[deal_id].add(fact)
    return found


@cache
def _facts_sql(sources: tuple[FactSource, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the query of all sources, and its parameters with holes for the deals and the day.

    Putting the query together takes far longer than running it, and only these two values ever differ.
    """
    ids = RawSQL("SELECT unnest(%s::bigint[])", (_ANY_IDS,))  # a constant statement
    first, *rest = (source(ids, _ANY_DAY) for source in sources)
    sql, parameters = first.union(*rest, all=True).query.sql_with_params()
    return sql, tuple(parameters)


def field_facts(deal: Deal) -> set[str]:
    """Return the facts that the deal's own fields give."""
    return {f"field:{name}" for name in GATE_FIELDS if _is_filled(deal, name)}


def _is_filled(deal: Deal, name: str) -> bool:
    value = getattr(deal, f"{name}_id" if name in {"company", "owner"} else name)
    return value not in (None, "", [])


def _fact(kind: GateKind, column: str) -> Concat:
    return Concat(models.Value(f"{kind.value}:"), Cast(column, models.CharField()), output_field=models.CharField())


def _checked(deal_ids: DealIds, today: dt.date) -> FactRows:
    return GateCheck.objects.filter(deal_id__in=deal_ids).values_list("deal_id", _fact(GateKind.CHECKLIST, "gate_id"))


def _documents(deal_ids: DealIds, today: dt.date) -> FactRows:
    valid = Document.objects.filter(models.Q(expires_on__isnull=True) | models.Q(expires_on__gte=today))
    return valid.filter(deal_id__in=deal_ids).values_list("deal_id", _fact(GateKind.DOCUMENT, "kind"))


def _contact_roles(deal_ids: DealIds, today: dt.date) -> FactRows:
    return DealContact.objects.filter(deal_id__in=deal_ids).values_list("deal_id", _fact(GateKind.CONTACT_ROLE, "role"))


def _meetings(deal_ids: DealIds, today: dt.date) -> FactRows:
    meetings = Note.objects.filter(deal_id__in=deal_ids, kind=NoteKind.MEETING)
    return meetings.values_list("deal_id", models.Value("meeting:", output_field=models.CharField()))


def _plants(deal_ids: DealIds, today: dt.date) -> FactRows:
    linked = DealPlant.objects.filter(deal_id__in=deal_ids)
    return linked.values_list("deal_id", models.Value("plant:", output_field=models.CharField()))


def _milestones(deal_ids: DealIds, today: dt.date) -> FactRows:
    reached = PlantMilestone.objects.filter(plant__deal_plants__deal_id__in=deal_ids, actual_on__lte=today)
    return reached.values_list("plant__deal_plants__deal_id", _fact(GateKind.MILESTONE, "kind"))


def _approvals(deal_ids: DealIds, today: dt.date) -> FactRows:
    open_ones = Approval.objects.filter(deal=models.OuterRef("pk")).exclude(status__in=GRANTED_STATUSES)
    cleared = Deal.objects.filter(~models.Exists(open_ones), pk__in=deal_ids, approvals__isnull=False)
    return cleared.values_list("pk", models.Value("approvals:", output_field=models.CharField()))


def register_own_sources() -> None:
    """Register the kinds and sources of this app."""
    fields = [(field.name, field.verbose_name) for field in Deal._meta.fields if field.name in GATE_FIELDS]
    register_kind(GateKind.FIELD, label=GateKind.FIELD.label, requirements=fields, tab="facts")
    register_kind(GateKind.CHECKLIST, label=GateKind.CHECKLIST.label, requirements=(), tab="gates")
    register_kind(GateKind.DOCUMENT, label=GateKind.DOCUMENT.label, requirements=DocumentKind.choices, tab="documents")
    register_kind(
        GateKind.CONTACT_ROLE, label=GateKind.CONTACT_ROLE.label, requirements=ContactRole.choices, tab="contacts"
    )
    register_kind(GateKind.MEETING, label=GateKind.MEETING.label, requirements=(), tab="timeline")
    register_kind(GateKind.PLANT, label=GateKind.PLANT.label, requirements=(), tab="plants")
    register_kind(GateKind.MILESTONE, label=GateKind.MILESTONE.label, requirements=MilestoneKind.choices, tab="plants")
    register_kind(GateKind.APPROVALS, label=GateKind.APPROVALS.label, requirements=(), tab="approvals")
    for source in (_checked, _documents, _contact_roles, _meetings, _plants, _milestones, _approvals):
        register_source(source)
