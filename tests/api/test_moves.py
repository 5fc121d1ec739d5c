"""Moves over the API: what they read, what they refuse, and what they list at a gate."""

import pytest

from accounts.enums import Role
from deals.models import Deal
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return PipelineFactory()


@pytest.fixture
def stages(pipeline):
    return [StageFactory(pipeline=pipeline, position=position) for position in (1, 2, 3)]


@pytest.fixture
def hold(pipeline):
    return StageFactory(pipeline=pipeline, position=9, type="hold")


@pytest.fixture
def deal(stages):
    return DealFactory(stage=stages[0])


def move(caller, deal, stage, **values):
    return caller.post(f"deals/{deal.pk}/move", {"stage": str(stage.pk), **values})


def test_hold_asks_for_its_note_and_date_by_the_names_of_the_body(bd, deal, hold):
    assert problem(move(bd, deal, hold), 400) == [("note", "required")]
    assert problem(move(bd, deal, hold, note="They wait"), 400) == [("resume_on", "required")]
    late = move(bd, deal, hold, note="They wait", resume_on="2100-01-01")
    assert problem(late, 400) == [("resume_on", "invalid")]
    assert move(bd, deal, hold, note="They wait", resume_on="2099-01-01").status_code == 200


def test_card_above_is_another_one_of_the_stage(bd, deal, stages):
    elsewhere, above = DealFactory(stage=stages[2]), DealFactory(stage=stages[1])
    for wrong in (elsewhere, deal):
        assert problem(move(bd, deal, stages[1], after=str(wrong.pk)), 400) == [("after", "idle")]
    assert problem(move(bd, deal, stages[0], after=str(deal.pk)), 400) == [("after", "idle")]
    assert move(bd, deal, stages[1], after=str(above.pk)).status_code == 200


def test_what_a_move_would_drop_is_refused(bd, deal, stages):
    assert problem(move(bd, deal, stages[1], resume_on="2999-01-01"), 400) == [("resume_on", "idle")]
    assert problem(move(bd, deal, stages[0], note="Why"), 400) == [("note", "idle")]
    assert problem(move(bd, deal, stages[1], waiver_reason="They are late"), 400) == [("waiver_reason", "idle")]
    deal.refresh_from_db()
    assert deal.stage == stages[0]


def test_deal_that_stays_on_hold_takes_no_other_day(bd, deal, hold):
    assert move(bd, deal, hold, note="They wait", resume_on="2099-01-01").status_code == 200
    assert problem(move(bd, deal, hold, resume_on="2099-02-01"), 400) == [("resume_on", "idle")]
    assert bd.get(f"deals/{deal.pk}").json()["resume_on"] == "2099-01-01"


def test_only_gates_on_the_way_are_waived(caller_of, deal, stages):
    manager = caller_of(Role.MANAGER)
    gate = GateFactory(stage=stages[0], kind="field", requirement="region", label="Region")
    later = GateFactory(stage=stages[1], kind="field", requirement="chemistry", label="Chemistry")
    given = {"waiver_reason": "They are late"}
    for keys in (["nonsense"], [str(gate.pk), str(later.pk)]):
        assert problem(move(manager, deal, stages[1], waive=keys, **given), 400) == [("waive", "idle")]
    assert problem(move(manager, deal, stages[0], waive=[str(gate.pk)], **given), 400) == [("waive", "idle")]
    assert move(manager, deal, stages[1], waive=[str(gate.pk)], **given).status_code == 200


def test_deal_that_starts_behind_a_gate_is_told_what_is_missing(bd, stages):
    GateFactory(stage=stages[0], kind="field", requirement="region", label="Region")
    body = {"company": str(CompanyFactory().pk), "stage": str(stages[1].pk), "title": "Line"}

    refused = bd.post("deals", body)

    assert problem(refused, 409) == []
    assert refused.json()["type"].endswith(":gate-unmet")
    assert [one["label"] for one in refused.json()["missing"]] == ["Region"]
    assert refused.json()["missing"][0]["link"].startswith("http")
    assert Deal.objects.count() == 0
    assert bd.post("deals", {**body, "region": "europe"}).status_code == 201
