"""Shaping the gates of a stage: adding, rewording, ordering, archiving."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.gate_facts import GATE_FIELDS, facts_of, field_facts, kinds
from deals.domain.pipelines import refuse_unless_shaping
from deals.enums import GateKind
from deals.models import Gate, Stage
from deals.models.pipelines import MAX_DUE_AFTER_DAYS
from lrs_tracker.edits import lock_row
from lrs_tracker.problems import DomainError, StaleVersionError, StateError


@transaction.atomic
def add_gate(
    *,
    stage: Stage,
    label: str,
    kind: str,
    requirement: str,
    help: str,
    due_after_days: int | None = None,
    by: User,
) -> Gate:
    """Ask for one more thing before deals leave a stage of the path, last in its list.

    Raise DomainError for an unknown kind or requirement, a label that the stage has, or a stage beside the path.
    """
    refuse_unless_shaping(by)
    gates = _lock_gates(stage)
    if not stage.is_on_path:
        raise DomainError(_("Only stages of the path have gates: leaving another one asks for nothing."))
    _refuse_unknown_fact(kind, requirement)
    last = stage.gates.aggregate(last=Max("position"))["last"] or 0
    return Gate.objects.create(
        stage=stage,
        label=_free_label(label, gates),
        kind=kind,
        requirement=requirement,
        help=help.strip(),
        due_after_days=_plausible_days(due_after_days),
        position=last + 1,
    )


@transaction.atomic
def reword_gate(
    *,
    gate: Gate,
    label: str,
    help: str,
    due_after_days: int | None,
    expected_version: int | None = None,
    by: User,
) -> Gate:
    """Change how a gate is worded and when it is due; what it asks for stays, as deals have met or waived it.

    Raise DomainError when the stage has another gate with this label or for implausible days, StaleVersionError
    when the gate is no longer at `expected_version`.
    """
    refuse_unless_shaping(by)
    gates = _lock_gates(gate.stage)
    gate = lock_row(gate, expected_version=expected_version)
    gate.label = _free_label(label, [other for other in gates if other.pk != gate.pk])
    gate.help = help.strip()
    gate.due_after_days = _plausible_days(due_after_days)
    gate.save(update_fields=["label", "help", "due_after_days"])
    return gate


@transaction.atomic
def reorder_gates(*, stage: Stage, order: Sequence[int], by: User) -> None:
    """Put the gates in use into an order, given as their ids.

    Raise StaleVersionError when these are not the gates in use any more.
    """
    refuse_unless_shaping(by)
    gates = {gate.pk: gate for gate in _lock_gates(stage)}
    if sorted(order) != sorted(gates):
        raise StaleVersionError(_("The gates have changed meanwhile. Here they are as they are now."))
    for position, pk in enumerate(order, start=1):
        gates[pk].position = position
    Gate.objects.bulk_update(gates.values(), ["position"])


@transaction.atomic
def archive_gate(*, gate: Gate, by: User, at: dt.datetime) -> Gate:
    """Stop asking for a gate; ticks and waivers of the past are kept."""
    refuse_unless_shaping(by)
    if gate.archived_at is None:
        gate.archived_at = at
        gate.save(update_fields=["archived_at"])
    return gate


@transaction.atomic
def restore_gate(*, gate: Gate, by: User) -> Gate:
    """Ask for an archived gate again. Raise DomainError when another gate has taken its label."""
    refuse_unless_shaping(by)
    gates = _lock_gates(gate.stage)
    _free_label(gate.label, [other for other in gates if other.pk != gate.pk])
    gate.archived_at = None
    gate.save(update_fields=["archived_at"])
    return gate


@transaction.atomic
def delete_gate(*, gate: Gate, by: User) -> None:
    """Delete a gate that was never ticked or waived. Raise DomainError for any other."""
    refuse_unless_shaping(by)
    try:
        with transaction.atomic():
            gate.delete()
    except ProtectedError:
        message = _("This gate was ticked or waived for a deal, so it is kept. Archive it instead.")
        raise StateError(message, code="in-use") from None


def count_blocked_deals(*, stage: Stage, kind: str, requirement: str, today: dt.date) -> int:
    """Return how many deals now in a stage a new gate would block.

    Raise DomainError for an unknown kind or requirement.
    """
    _refuse_unknown_fact(kind, requirement)
    if kind == GateKind.CHECKLIST:
        return stage.deals.count()
    deals = list(stage.deals.only("pk", *GATE_FIELDS))
    fact = f"{kind}:{requirement}"
    if kind == GateKind.FIELD:
        return sum(fact not in field_facts(deal) for deal in deals)
    facts = facts_of([deal.pk for deal in deals], today=today)
    return sum(fact not in facts[deal.pk] for deal in deals)


def _lock_gates(stage: Stage) -> list[Gate]:
    """Return the gates in use of a locked stage in their order."""
    Stage.objects.select_for_update().get(pk=stage.pk)
    return list(Gate.objects.filter(stage=stage, archived_at__isnull=True).order_by("position", "pk"))


def _refuse_unknown_fact(kind: str, requirement: str) -> None:
    known = kinds().get(kind)
    if known is None:
        raise DomainError(_("Choose what the gate checks."), field="kind")
    if requirement not in ([name for name, _label in known.requirements] or [""]):
        raise DomainError(_("Choose what is asked for."), field="requirement")


def _plausible_days(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= MAX_DUE_AFTER_DAYS:
        limits = {"most": MAX_DUE_AFTER_DAYS}
        raise DomainError(_("Give 1 to %(most)d days, or none.") % limits, field="due_after_days")
    return days


def _free_label(label: str, others: Iterable[Gate]) -> str:
    label = label.strip()
    if not label:
        raise DomainError(_("Say what must be true."), field="label", code="required")
    if any(other.label.casefold() == label.casefold() for other in others):
        raise DomainError(_("This stage asks for this already."), field="label", code="unique")
    return label
