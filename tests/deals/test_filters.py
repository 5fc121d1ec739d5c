import datetime as dt

import pytest
from django.http import QueryDict

from accounts.enums import Role
from companies.enums import Region
from deals.filters import DealFilter
from deals.models import Deal
from plants.enums import Chemistry
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory, StageFactory

pytestmark = pytest.mark.django_db


def filtered(query, user=None):
    user = user or UserFactory(role=Role.MANAGER)
    return DealFilter(QueryDict(query), deals=Deal.objects.visible_to(user).order_by("pk"), user=user, at=NOW)


def test_filter_without_parameters_keeps_every_deal():
    deal = DealFactory()

    assert list(filtered("").qs) == [deal]


def test_filter_ignores_parameters_of_the_page():
    deal = DealFactory()

    found = filtered("sort=-updated&page=2&collapsed=1&q=")

    assert (list(found.qs), found.problems, found.active) == ([deal], [], [])


def test_filter_by_owner_region_and_chemistry_takes_several_values():
    owner = UserFactory()
    europe = DealFactory(owner=owner, region=Region.EUROPE, chemistry=Chemistry.LFP)
    asia = DealFactory(owner=owner, region=Region.EAST_ASIA, chemistry=Chemistry.NMC)
    DealFactory(region=Region.EUROPE, chemistry=Chemistry.LFP)

    assert list(filtered(f"owner={owner.pk}&region=europe&region=east_asia").qs) == [europe, asia]
    assert list(filtered(f"owner={owner.pk}&chemistry=nmc").qs) == [asia]


def test_filter_by_no_owner():
    DealFactory()
    orphan = DealFactory(owner=None)

    assert list(filtered("owner=null").qs) == [orphan]


def test_filter_by_company_stage_and_pipeline():
    stage = StageFactory()
    deal = DealFactory(stage=stage)
    DealFactory()

    assert list(filtered(f"company={deal.company_id}").qs) == [deal]
    assert list(filtered(f"stage={stage.pk}").qs) == [deal]
    assert list(filtered(f"pipeline={stage.pipeline.slug}").qs) == [deal]


@pytest.mark.parametrize("text", ["skåne", "MERIDIAN", "lrs-{0.pk:04d}", "{0.pk}", "  Skåne "])
def test_filter_by_text_looks_in_title_company_and_code(text):
    deal = DealFactory(title="Site visit Skåne", company=CompanyFactory(name="Meridian Motor"))
    DealFactory(title="Other", company=CompanyFactory(name="Else"))

    assert list(filtered(f"q={text.format(deal)}").qs) == [deal]


def test_filter_by_text_takes_wildcards_literally():
    DealFactory(title="abc")

    assert list(filtered("q=%25").qs) == []
    assert list(filtered("q=a_c").qs) == []


def test_filter_stuck_keeps_deals_longer_in_their_stage_than_it_allows():
    stage = StageFactory(rot_days=45)
    DealFactory(stage=stage, entered_stage_at=NOW - dt.timedelta(days=45))
    stuck = DealFactory(stage=stage, entered_stage_at=NOW - dt.timedelta(days=46))
    DealFactory(stage=StageFactory(rot_days=None), entered_stage_at=NOW - dt.timedelta(days=900))

    assert list(filtered("stuck=1").qs) == [stuck]


def test_filter_mine_keeps_own_and_team_deals():
    user = UserFactory()
    own = DealFactory(owner=user)
    team = DealFactory()
    team.team.add(user)
    DealFactory()

    assert list(filtered("mine=1", user).qs) == [own, team]


def test_filter_confidential():
    secret = DealFactory(is_confidential=True)
    public = DealFactory()

    assert list(filtered("confidential=1").qs) == [secret]
    assert list(filtered("confidential=0").qs) == [public]


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("owner=x", "Owner"),
        ("owner=999999", "Owner"),
        ("owner=99999999999999999999999999", "Owner"),
        ("region=atlantis", "Region"),
        ("chemistry=unobtainium", "Chemistry"),
        ("company=-1", "Company"),
        ("stage=1e9", "Stage"),
        ("pipeline=nowhere", "Pipeline"),
        ("pipeline=%00", "Pipeline"),
        ("mine=yes", "Mine and my team's"),
        ("stuck=2", "Stuck"),
        ("confidential=maybe", "Confidential"),
        ("q=%00", "Text"),
        ("q=" + "x" * 201, "Text"),
    ],
)
def test_filter_with_unknown_value_says_so_and_shows_nothing(query, label):
    DealFactory()

    found = filtered(query)

    assert list(found.qs) == []
    assert [problem.split(":")[0] for problem in found.problems] == [label]
