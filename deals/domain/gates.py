"""What stands between a deal and a stage, and ticking it off."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.gate_facts import facts_of, field_facts, kinds
from deals.enums import PATH_TYPES, GateKind
from deals.models import Deal, Gate, GateCheck, Stage
from lrs_tracker.prepared import Hole, Prepared
from lrs_tracker.problems import DomainError, PermissionRefusedError


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate as seen from a deal: whether it is met, and where to mend it."""

    gate: Gate
    is_met: bool
    href: str
    check: GateCheck | None = None

    @property
    def key(self) -> str:
        """The name of the gate in requests: its id as text."""
        return str(self.gate.pk)


def gates_before(*, source: Stage, target: Stage) -> list[Gate]:
    """Return the gates of every stage that a forward move from `source` to `target` leaves, in order."""
    return _gates_between().run(pipeline=source.pipeline_id, first=source.position, end=target.position)


@cache
def _gates_between() -> Prepared[Gate]:
    gates = Gate.objects.filter(
        stage__pipeline_id=Hole("pipeline"),
        stage__position__gte=Hole("first"),
        stage__position__lt=Hole("end"),
        stage__type__in=PATH_TYPES,
        stage__archived_at__isnull=True,
        archived_at__isnull=True,
    )
    return Prepared(gates.select_related("stage").order_by("stage__position", "position", "pk"))


@cache
def _checks() -> Prepared[GateCheck]:
    return Prepared(GateCheck.objects.filter(deal=Hole("deal")).select_related("by"))


def gate_states(*, deal: Deal, gates: Iterable[Gate], today: dt.date) -> list[GateState]:
    """Return the state of each gate for a deal, in the order given."""
    gates = list(gates)
    if not gates:
        return []
    facts, address = _facts_for(gates, deal, today), deal.get_absolute_url()
    has_ticks = any(gate.kind == GateKind.CHECKLIST for gate in gates)
    checks = {check.gate_id: check for check in _checks().run(deal=deal.pk)} if has_ticks else {}
    return [
        GateState(gate=gate, is_met=gate.fact in facts, href=_gate_href(address, gate), check=checks.get(gate.pk))
        for gate in gates
    ]


def unmet_gates(*, deal: Deal, gates: Iterable[Gate], today: dt.date) -> list[GateState]:
    """Return the state of each gate that a deal does not meet, in the order given."""
    gates = list(gates)
    facts, address = _facts_for(gates, deal, today), deal.get_absolute_url()
    return [GateState(gate, is_met=False, href=_gate_href(address, gate)) for gate in gates if gate.fact not in facts]


def _facts_for(gates: Iterable[Gate], deal: Deal, today: dt.date) -> set[str]:
    """Return the facts of a deal that the gates ask for, and maybe others."""
    own = field_facts(deal)
    if all(gate.kind == GateKind.FIELD for gate in gates):
        return own
    return facts_of([deal.pk], today=today)[deal.pk] | own


def _gate_href(workspace: str, gate: Gate) -> str:
    """Return where in the deal's workspace, given by its address, a gate can be met."""
    kind = kinds().get(gate.kind)
    tab = kind.tab if kind else "gates"
    if tab in {"facts", "gates"}:
        return f"{workspace}#{f'field-{gate.requirement}' if tab == 'facts' else f'gate-{gate.pk}'}"
    return f"{workspace}?tab={tab}"


@transaction.atomic
def tick_gate(*, deal: Deal, gate: Gate, note: str, by: User, at: dt.datetime) -> GateCheck:
    """Tick a checklist item for a deal; ticking again keeps the first tick.

    Raise DomainError for a gate that is met by facts, not by hand, or of another pipeline;
    PermissionRefusedError without the permission to tick.
    """
    _refuse_tick(deal, gate, by)
    check, _created = GateCheck.objects.get_or_create(deal=deal, gate=gate, defaults={"note": note, "by": by, "at": at})
    return check


@transaction.atomic
def untick_gate(*, deal: Deal, gate: Gate, by: User) -> None:
    """Take a tick back. Raise as `tick_gate` does."""
    _refuse_tick(deal, gate, by)
    GateCheck.objects.filter(deal=deal, gate=gate).delete()


def _refuse_tick(deal: Deal, gate: Gate, by: User) -> None:
    if not by.has_perm("deals.add_gatecheck"):
        raise PermissionRefusedError(_("Your role cannot tick checklist items."))
    if gate.kind != GateKind.CHECKLIST or gate.archived_at is not None:
        raise DomainError(_("This item is not ticked by hand: it is met by what the deal contains."))
    if gate.stage.pipeline_id != deal.stage.pipeline_id:
        raise DomainError(_("This item belongs to another pipeline."))
