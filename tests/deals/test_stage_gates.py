"""Shaping the gates of a stage."""

import pytest

from accounts.enums import Role
from deals.domain import stage_gates
from deals.domain.gates import tick_gate
from deals.enums import DocumentKind, GateKind, StageType
from deals.models import Gate
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, DocumentFactory, GateFactory, StageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


def add(stage, by, **changes):
    asked = {"label": "NDA", "kind": GateKind.DOCUMENT, "requirement": DocumentKind.NDA, "help": ""} | changes
    return stage_gates.add_gate(stage=stage, **asked, by=by)


def test_add_gate_comes_last(admin):
    stage = GateFactory(position=3).stage

    gate = add(stage, admin, label=" NDA signed ", help=" With its expiry. ")

    assert (gate.label, gate.fact, gate.help, gate.position) == ("NDA signed", "document:nda", "With its expiry.", 4)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "gate a"}, "label"),
        ({"kind": "wish"}, "kind"),
        ({"requirement": ""}, "requirement"),
        ({"requirement": "poem"}, "requirement"),
        ({"kind": GateKind.CHECKLIST}, "requirement"),
        ({"due_after_days": 0}, "due_after_days"),
        ({"due_after_days": 1001}, "due_after_days"),
    ],
)
def test_add_gate_refuses(admin, changes, field):
    stage = GateFactory(label="Gate A").stage

    with pytest.raises(DomainError) as refused:
        add(stage, admin, **changes)

    assert refused.value.field == field


def test_add_gate_to_a_stage_beside_the_path_is_refused(admin):
    with pytest.raises(DomainError, match="Only stages of the path"):
        add(StageFactory(type=StageType.HOLD), admin)


def test_reword_gate_keeps_what_it_asks_for(admin):
    gate = GateFactory(kind=GateKind.MEETING)

    stage_gates.reword_gate(gate=gate, label="Met in person", help="At their site", due_after_days=30, by=admin)

    gate.refresh_from_db()
    assert (gate.label, gate.help, gate.kind, gate.due_after_days) == ("Met in person", "At their site", "meeting", 30)


def test_reorder_gates_writes_positions(admin):
    stage = StageFactory()
    first, second = GateFactory.create_batch(2, stage=stage)

    stage_gates.reorder_gates(stage=stage, order=[second.pk, first.pk], by=admin)

    assert list(stage.gates.order_by("position")) == [second, first]
    with pytest.raises(StaleVersionError):
        stage_gates.reorder_gates(stage=stage, order=[first.pk], by=admin)


def test_archive_gate_keeps_its_ticks_and_restore_brings_it_back(admin):
    deal = DealFactory()
    gate = GateFactory(stage=deal.stage)
    tick_gate(deal=deal, gate=gate, note="", by=deal.owner, at=NOW)

    stage_gates.archive_gate(gate=gate, by=admin, at=NOW)
    gate.refresh_from_db()
    assert (gate.archived_at, gate.checks.count()) == (NOW, 1)

    stage_gates.restore_gate(gate=gate, by=admin)
    gate.refresh_from_db()
    assert gate.archived_at is None


def test_restore_gate_whose_label_is_taken_is_refused(admin):
    gate = GateFactory(label="NDA", archived_at=NOW)
    add(gate.stage, admin)

    with pytest.raises(DomainError, match="asks for this already"):
        stage_gates.restore_gate(gate=gate, by=admin)


def test_delete_gate_is_refused_once_it_was_ticked(admin):
    deal = DealFactory()
    ticked, unused = GateFactory.create_batch(2, stage=deal.stage)
    tick_gate(deal=deal, gate=ticked, note="", by=deal.owner, at=NOW)

    stage_gates.delete_gate(gate=unused, by=admin)
    with pytest.raises(DomainError, match="Archive it instead"):
        stage_gates.delete_gate(gate=ticked, by=admin)

    assert list(Gate.objects.all()) == [ticked]


@pytest.mark.parametrize(
    ("kind", "requirement", "blocked"),
    [
        (GateKind.CHECKLIST, "", 2),
        (GateKind.DOCUMENT, DocumentKind.NDA, 1),
        (GateKind.FIELD, "capacity_gwh", 1),
        (GateKind.FIELD, "company", 0),
        (GateKind.MEETING, "", 2),
    ],
)
def test_count_blocked_deals_counts_those_without_the_fact(kind, requirement, blocked):
    deal = DealFactory(capacity_gwh=20)
    DocumentFactory(deal=deal)
    DealFactory(stage=deal.stage)
    DealFactory()

    assert stage_gates.count_blocked_deals(stage=deal.stage, kind=kind, requirement=requirement, today=TODAY) == blocked


def test_count_blocked_deals_takes_the_same_queries_for_many(django_assert_num_queries):
    stage = StageFactory()
    for count in (1, 3):
        DealFactory.create_batch(count, stage=stage)
        with django_assert_num_queries(2):
            stage_gates.count_blocked_deals(stage=stage, kind=GateKind.PLANT, requirement="", today=TODAY)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_shaping_gates_is_for_administrators(role):
    user = UserFactory(role=role)
    gate = GateFactory()

    for change in (
        lambda: add(gate.stage, user),
        lambda: stage_gates.reword_gate(gate=gate, label="x", help="", due_after_days=None, by=user),
        lambda: stage_gates.reorder_gates(stage=gate.stage, order=[gate.pk], by=user),
        lambda: stage_gates.archive_gate(gate=gate, by=user, at=NOW),
        lambda: stage_gates.restore_gate(gate=gate, by=user),
        lambda: stage_gates.delete_gate(gate=gate, by=user),
    ):
        with pytest.raises(PermissionRefusedError):
            change()
