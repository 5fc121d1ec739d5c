import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from deals.enums import ApprovalStatus, ContactRole, ImportStatus, MoveKind
from deals.models import (
    DealContact,
    DealPlant,
    DealTeamMember,
    GateCheck,
    ImportBatch,
    SavedView,
    StageTransition,
    Waiver,
)
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    NOW,
    ApprovalFactory,
    DealContactFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"capacity_gwh": Decimal(-1)}, "capacity_plausible"),
        ({"capacity_gwh": Decimal(1001)}, "capacity_plausible"),
        ({"annual_royalty": Decimal(-1), "currency": "USD"}, "royalty_plausible"),
        ({"annual_royalty": Decimal(1)}, "royalty_has_currency"),
        ({"currency": "usd"}, "currency_code"),
        ({"probability_percent": 101}, "probability_percent"),
        ({"scope": ["everything"]}, "scope_known"),
        ({"expected_sop_on": dt.date(1900, 1, 1)}, "dates_plausible"),
        ({"resume_on": dt.date(2100, 1, 1)}, "dates_plausible"),
        ({"opened_on": dt.date(2026, 2, 1), "closed_on": dt.date(2026, 1, 31)}, "closed_after_opened"),
    ],
)
def test_deal_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_deal_{constraint}"), transaction.atomic():
        DealFactory(**values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"title": ""}, "title_not_blank"),
        ({"done_at": NOW}, "done_whole"),
        ({"due_on": dt.date(1900, 1, 1)}, "date_plausible"),
    ],
)
def test_task_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_task_{constraint}"), transaction.atomic():
        TaskFactory(**values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"body": ""}, "body_not_blank"),
        ({"kind": "song"}, "kind_known"),
        ({"happened_on": dt.date(2100, 1, 1)}, "date_plausible"),
    ],
)
def test_note_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_note_{constraint}"), transaction.atomic():
        NoteFactory(**values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"title": ""}, "title_not_blank"),
        ({"kind": "song"}, "kind_known"),
        ({"audience": "all"}, "audience_known"),
        ({"sha256": "x"}, "sha256"),
        ({"expires_on": dt.date(1900, 1, 1)}, "date_plausible"),
    ],
)
def test_document_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_document_{constraint}"), transaction.atomic():
        DocumentFactory(**values)


def test_document_version_is_unique():
    document = DocumentFactory()
    with refused("deals_document_version_unique"), transaction.atomic():
        DocumentFactory(deal=document.deal, kind=document.kind, title=document.title)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"regime": ""}, "regime_not_blank"),
        ({"status": "maybe"}, "status_known"),
        ({"filed_on": dt.date(2026, 2, 1), "decided_on": dt.date(2026, 1, 1)}, "decided_after_filed"),
        ({"status": ApprovalStatus.GRANTED}, "decision_dated"),
        ({"expires_on": dt.date(2100, 1, 1)}, "dates_plausible"),
    ],
)
def test_approval_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_approval_{constraint}"), transaction.atomic():
        ApprovalFactory(**values)


def transition(**values):
    deal = DealFactory()
    return StageTransition.objects.create(
        **{"deal": deal, "to_stage": deal.stage, "kind": MoveKind.FORWARD, "at": NOW, **values}
    )


def test_transition_without_a_stage_before_has_no_entry_time():
    with refused("deals_stagetransition_from_whole"), transaction.atomic():
        transition(entered_at=NOW)


@pytest.mark.parametrize("kind", [MoveKind.BACK, MoveKind.ASIDE, MoveKind.REOPEN])
def test_transition_that_needs_a_reason_has_one(kind):
    with refused("deals_stagetransition_reason_given"), transaction.atomic():
        transition(kind=kind)


def test_waiver_has_a_reason_and_is_given_once():
    made = transition()
    gate = GateFactory(stage=made.to_stage)
    values = {"transition": made, "deal": made.deal, "gate": gate, "label": "x", "by": UserFactory(), "at": NOW}
    with refused("deals_waiver_reason_given"), transaction.atomic():
        Waiver.objects.create(**values, reason="")
    Waiver.objects.create(**values, reason="Agreed")
    with refused("deals_waiver_unique"), transaction.atomic():
        Waiver.objects.create(**values, reason="Agreed again")


def test_parts_of_a_deal_are_linked_once():
    deal, user, plant, gate = DealFactory(), UserFactory(), PlantFactory(), GateFactory()
    contact = DealContactFactory(deal=deal, role=ContactRole.SPONSOR).contact
    for model, values in (
        (DealTeamMember, {"user": user}),
        (DealPlant, {"plant": plant}),
        (GateCheck, {"gate": gate, "by": user}),
    ):
        model.objects.create(deal=deal, **values)
        with refused(f"deals_{model._meta.model_name}_unique"), transaction.atomic():
            model.objects.create(deal=deal, **values)
    with refused("deals_dealcontact_unique"), transaction.atomic():
        DealContact.objects.create(deal=deal, contact=contact, role=ContactRole.SPONSOR)
    with refused("deals_dealcontact_role_known"), transaction.atomic():
        DealContact.objects.create(deal=deal, contact=contact, role="friend")


def test_saved_view_has_a_name_that_its_owner_uses_once():
    owner = UserFactory()
    SavedView.objects.create(owner=owner, name="Mine")
    with refused("deals_savedview_unique"), transaction.atomic():
        SavedView.objects.create(owner=owner, name="Mine")
    with refused("deals_savedview_name_not_blank"), transaction.atomic():
        SavedView.objects.create(owner=owner, name="")


@pytest.mark.parametrize(
    ("values", "constraint"), [({"status": "lost"}, "status_known"), ({"undone_at": NOW}, "undone_whole")]
)
def test_import_constraint_holds_in_the_database(values, constraint):
    with refused(f"deals_importbatch_{constraint}"), transaction.atomic():
        ImportBatch.objects.create(**{"file_name": "x.csv", "status": ImportStatus.UPLOADED, **values})


def test_what_a_deal_rests_on_is_never_deleted_with_it():
    deal = DealFactory()
    for needed in (deal.stage.pipeline, deal.stage, deal.company, deal.owner):
        with pytest.raises(ProtectedError):
            needed.delete()


def test_stage_positions_may_pass_through_duplicates_within_a_transaction():
    first = StageFactory(position=1)
    second = StageFactory(pipeline=first.pipeline, position=2)
    with transaction.atomic():
        first.position = 2
        first.save()
        second.position = 1
        second.save()
    assert list(first.pipeline.stages.order_by("position")) == [second, first]
