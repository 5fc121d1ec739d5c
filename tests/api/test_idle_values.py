"""Values that would be dropped beside the other ones are refused: nothing that is given is lost silently."""

import pytest

from accounts.enums import Role
from deals.models import Deal
from royalties.enums import AgreementStatus
from royalties.models import Fee, RoyaltyTerm
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory, PipelineFactory, StageFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory
from tests.royalties.factories import AgreementFactory, FeeFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(caller_of):
    return caller_of(Role.FINANCE)


def test_note_that_is_no_meeting_takes_no_day(bd):
    body = {"deal": str(DealFactory().pk), "kind": "note", "body": "Called", "happened_on": "2026-01-31"}

    assert problem(bd.post("notes", body), 400) == [("happened_on", "idle")]

    made = bd.post("notes", {**body, "kind": "call"}).json()
    assert made["happened_on"] == "2026-01-31"
    assert problem(bd.patch(f"notes/{made['id']}", {"kind": "note", "happened_on": "2026-02-01"}), 400) == [
        ("happened_on", "idle")
    ]
    # What an earlier kind had is no value of this request.
    assert bd.patch(f"notes/{made['id']}", {"kind": "note"}).json()["happened_on"] is None


def test_new_deal_takes_no_day_without_its_step_and_no_reason_without_a_move(bd):
    stage = StageFactory(pipeline=PipelineFactory())
    body = {"company": str(CompanyFactory().pk), "stage": str(stage.pk)}

    for idle in ({"next_step_on": "2027-01-31"}, {"reason": "Why"}):
        assert problem(bd.post("deals", {**body, **idle}), 400) == [(*idle, "idle")]

    assert not Deal.objects.exists()
    assert bd.post("deals", {**body, "next_step": "Call", "next_step_on": "2027-01-31"}).status_code == 201


def test_contact_with_a_role_is_named_once(bd):
    deal = DealFactory()
    pair = {"contact": str(ContactFactory(company=deal.company).pk), "role": "sponsor"}

    assert problem(bd.patch(f"deals/{deal.pk}", {"contacts": [pair, dict(pair)]}), 400) == [("contacts", "repeated")]

    both = [pair, {**pair, "role": "legal"}]
    assert bd.patch(f"deals/{deal.pk}", {"contacts": both}).status_code == 200


def test_milestone_takes_a_reason_for_a_forecast_that_moves(bd):
    milestone = PlantMilestoneFactory(forecast_on="2027-01-31")
    address = f"plant-milestones/{milestone.pk}"

    for body in ({"reason": "Grid late"}, {"reason": "Grid late", "forecast_on": "2027-01-31"}):
        assert problem(bd.patch(address, body), 400) == [("reason", "invalid")]

    assert bd.patch(address, {"reason": "Grid late", "forecast_on": "2027-02-28"}).status_code == 200


def test_term_takes_what_belongs_to_its_escalator(finance):
    term = RoyaltyTermFactory(agreement=AgreementFactory(status=AgreementStatus.DRAFT))
    address = f"royalty-terms/{term.pk}"

    for idle in ({"escalator_percent": "2.5"}, {"index_base_year": 2025}):
        assert problem(finance.patch(address, {"escalator": "none", **idle}), 400) == [(*idle, "idle")]

    assert finance.patch(address, {"escalator": "percent", "escalator_percent": "2.5"}).status_code == 200
    assert RoyaltyTerm.objects.get().escalator_percent is not None


def test_fee_takes_what_belongs_to_its_trigger(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT, plants=[PlantFactory()])
    body = {
        "agreement": str(agreement.pk),
        "label": "Entry fee",
        "trigger": "date",
        "due_on": "2027-01-31",
        "amount": {"amount": "100.00", "currency": agreement.currency},
    }

    assert problem(finance.post("fees", {**body, "offset_days": 30}), 400) == [("offset_days", "idle")]
    assert not Fee.objects.exists()
    fee = FeeFactory(agreement=agreement)
    on_signing = {"trigger": "effective_date", "due_on": "2027-01-31"}
    assert problem(finance.patch(f"fees/{fee.pk}", on_signing), 400) == [("due_on", "idle")]


def test_who_gives_another_word_is_told_those_there_are(bd):
    refused = bd.post("companies", {"name": "Larkspur Motors", "kind": "bakery"})

    assert problem(refused, 400) == [("kind", "invalid_choice")]
    (error,) = refused.json()["errors"]
    assert error["message"].startswith("Give one of these: oem, ")
    (error,) = bd.get("companies?kind=bakery").json()["errors"]
    assert error["message"].startswith("Give one of these: oem, ")
    (error,) = bd.get("deals?region=moon").json()["errors"]
    assert error["message"].startswith("Give one of these: north_america, ")
