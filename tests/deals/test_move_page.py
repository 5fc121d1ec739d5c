"""The page that moves a deal without scripts."""

import pytest

from accounts.enums import Role
from deals.enums import StageType
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db
TYPES = (StageType.OPEN, StageType.OPEN, StageType.OPEN, StageType.HOLD, StageType.LOST)


@pytest.fixture
def stages():
    pipeline = PipelineFactory()
    return [StageFactory(pipeline=pipeline, type=kind, name=f"S{place}") for place, kind in enumerate(TYPES)]


def form_for(client, deal, *, role=Role.BUSINESS_DEVELOPMENT, **posted):
    client.force_login(UserFactory(role=role))
    url = f"/deals/{deal.code}/move/"
    return (client.post(url, posted) if posted else client.get(url)).context["form"]


def choices(form):
    return [(str(group), [name for _pk, name in stages]) for group, stages in form.fields["stage"].choices]


def test_move_page_offers_the_next_stage_first_and_not_the_present_one(client, stages):
    form = form_for(client, DealFactory(stage=stages[1]))

    assert form["stage"].value() == stages[2].pk
    assert choices(form) == [
        ("Forward", ["S2"]),
        ("Back: needs a reason", ["S0"]),
        ("Off the path: needs a reason", ["S3", "S4"]),
    ]


def test_move_page_of_a_deal_on_hold_offers_where_it_was(client, stages):
    deal = DealFactory(stage=stages[3])
    deal.transitions.create(
        from_stage=stages[1],
        to_stage=stages[3],
        kind="aside",
        by=deal.owner,
        entered_at=deal.entered_stage_at,
        at=deal.entered_stage_at,
        reason="Elections",
    )

    form = form_for(client, deal)

    assert form["stage"].value() == stages[1].pk
    assert choices(form)[0] == ("Resume", ["S0", "S1", "S2"])


def test_move_page_at_the_end_of_the_path_chooses_nothing(client, stages):
    form = form_for(client, DealFactory(stage=stages[2]))

    assert form["stage"].value() is None
    assert form.fields["stage"].choices[0] == ("", "Choose a stage")


@pytest.mark.parametrize(("role", "asks"), [(Role.MANAGER, True), (Role.BUSINESS_DEVELOPMENT, False)])
def test_move_page_asks_for_a_waiver_only_those_who_may_give_one(client, stages, role, asks):
    GateFactory(stage=stages[1])
    deal = DealFactory(stage=stages[1])

    assert "waiver_reason" not in form_for(client, deal, role=role).fields
    refused = form_for(client, deal, role=role, stage=stages[2].pk)
    assert ("waiver_reason" in refused.fields) is asks


def test_move_page_names_all_that_is_left_out_at_once(client, stages):
    deal = DealFactory(stage=stages[1])

    form = form_for(client, deal, stage=stages[3].pk, reason=" ", resume_on="")

    assert form.errors == {"reason": ["Give a reason."], "resume_on": ["Give the date to resume."]}


def test_move_page_keeps_the_date_and_asks_for_the_reason_alone(client, stages):
    deal = DealFactory(stage=stages[1])

    form = form_for(client, deal, stage=stages[3].pk, reason="", resume_on="2099-01-31")

    assert form.errors == {"reason": ["Give a reason."]}
    assert form["resume_on"].value() == "2099-01-31"
