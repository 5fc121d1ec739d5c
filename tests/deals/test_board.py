import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.enums import Role
from companies.enums import Region
from deals.domain.gate_facts import GATE_FIELDS
from deals.enums import GateKind, Scope, StageType
from deals.models import Deal, Waiver
from deals.models.moves import StageTransition
from plants.enums import Chemistry
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import TODAY, DealFactory, GateFactory, PipelineFactory, StageFactory, TaskFactory
from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
FIRST_LOAD_QUERIES = 8


@pytest.fixture
def user():
    return UserFactory(name="Anna Berg")


@pytest.fixture
def pipeline():
    return PipelineFactory(slug="lrs", name="LRS licensing")


@pytest.fixture
def stage(pipeline):
    return StageFactory(pipeline=pipeline, name="Feasibility", rot_days=45, probability_percent=20, position=0)


def page(client, user, path="/board/lrs/"):
    client.force_login(user)
    return client.get(path)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def card_text(response, deal):
    html = response.content.decode()
    return text_of(re.search(rf'<li class="card" id="deal-{deal.pk}".*?</li>', html, re.DOTALL)[0])


def cards_in(response):
    return [int(pk) for pk in re.findall(r'data-card="(\d+)"', response.content.decode())]


def test_board_redirects_to_the_first_pipeline_then_to_the_last_used(client, user, pipeline):
    PipelineFactory(slug="second", position=1)

    assert page(client, user, "/board/?stuck=1")["Location"] == "/board/lrs/?stuck=1"
    page(client, user, "/board/second/")
    assert client.get("/board/")["Location"] == "/board/second/"


def test_board_without_pipelines_says_what_to_do(client, user, db):
    from deals.models import Pipeline, Stage

    Stage.objects.all().delete()
    Pipeline.objects.all().delete()

    assert "There is no pipeline yet" in page(client, user, "/board/").content.decode()


def test_board_of_an_unknown_pipeline_is_not_found(client, user):
    assert page(client, user, "/board/nowhere/").status_code == 404


def test_board_is_for_those_who_log_in(client, pipeline):
    assert client.get("/board/lrs/").status_code == 302


def test_board_refuses_to_be_posted_to(client, user, pipeline):
    client.force_login(user)

    assert client.post("/board/lrs/").status_code == 405


def test_card_shows_what_the_deal_is_about(client, user, stage):
    now = timezone.now()
    deal = DealFactory(
        stage=stage,
        company=CompanyFactory(name="Meridian Motor"),
        title="LFP, joint site",
        owner=UserFactory(name="Maria Falk"),
        capacity_gwh=Decimal(35),
        annual_royalty=Decimal(31_500_000),
        currency="USD",
        entered_stage_at=now - 58 * DAY,
        is_confidential=False,
    )
    TaskFactory(deal=deal, title="Later", due_on=now.date() + 9 * DAY)
    TaskFactory(deal=deal, title="Counsel memo", due_on=now.date() - DAY)
    GateFactory(stage=stage)
    GateFactory(stage=stage, kind=GateKind.FIELD, requirement="title")
    GateFactory(stage=stage, kind=GateKind.FIELD, requirement="plant_concept")

    shown = card_text(page(client, user), deal)

    assert shown.replace("\xa0", " ").startswith(
        f"{deal.code} MF Meridian Motor LFP, joint site 35 GWh USD 31.5 m / yr Counsel memo"
    )
    assert "overdue" in shown
    assert shown.endswith("58 d, rots at 45 2 to clear")


def test_card_whose_gates_are_met_says_so_and_counts_waivers(client, user, stage):
    gate = GateFactory(stage=stage, kind=GateKind.FIELD, requirement="title")
    deal = DealFactory(stage=stage, entered_stage_at=timezone.now())
    transition = StageTransition.objects.create(deal=deal, to_stage=stage, kind="forward", at=timezone.now())
    Waiver.objects.create(
        transition=transition, deal=deal, gate=gate, label="Fit", reason="Later", by=user, at=timezone.now()
    )

    assert card_text(page(client, user), deal).endswith("0 d Gate ready 1 waiver")


@pytest.mark.parametrize("name", GATE_FIELDS)
def test_card_knows_each_field_that_a_gate_may_ask_for(client, user, stage, name):
    GateFactory(stage=stage, kind=GateKind.FIELD, requirement=name)
    deal = DealFactory(
        stage=stage,
        entered_stage_at=timezone.now(),
        region=Region.EUROPE,
        chemistry=Chemistry.LFP,
        scope=[Scope.LICENCE],
        capacity_gwh=35,
        annual_royalty=1_000_000,
        currency="USD",
        plant_concept="Beside the old hall",
        **{column: TODAY for column in GATE_FIELDS if column.endswith("_on")},
    )

    assert card_text(page(client, user), deal).endswith("Gate ready")


def test_confidential_deal_is_on_nobodys_board_but_the_teams(client, user, stage):
    deal = DealFactory(stage=stage, is_confidential=True, company=CompanyFactory(name="Secret Motors"))
    member, manager = UserFactory(), UserFactory(role=Role.MANAGER)
    deal.team.add(member)

    for viewer, sees in ((user, False), (member, True), (manager, True), (deal.owner, True)):
        html = page(client, viewer).content.decode()
        assert ("Secret Motors" in html) is sees
        assert (f'value="{deal.owner_id}"' in html or f"owner={deal.owner_id}" in html) is sees
    assert "confidential" in html


def test_columns_show_count_capacity_and_weighted_royalty_in_the_viewers_currency(client, stage):
    user = UserFactory(currency="USD")
    FxRateFactory(base="EUR", quote="USD", rate=Decimal("1.25"), on=timezone.now().date() - DAY, source="ECB")
    common = {"stage": stage, "capacity_gwh": Decimal(10)}
    DealFactory(annual_royalty=Decimal(1_000_000), currency="USD", **common)
    DealFactory(annual_royalty=Decimal(4_000_000), currency="EUR", probability_percent=50, **common)
    DealFactory(annual_royalty=Decimal(5_000_000), currency="CNY", **common)

    response = page(client, user)

    column = text_of(re.search(r"<section.*?</header>", response.content.decode(), re.DOTALL)[0])
    assert column.replace("\xa0", " ") == "Feasibility 3 30 GWh USD 2.7 m weighted + 1 CNY 3"
    totals = text_of(re.search(r"data-totals>(.*?)</ul>", response.content.decode(), re.DOTALL)[1]).replace("\xa0", " ")
    assert totals.startswith("3 open deals 30 GWh USD 2.7 m weighted a year ECB ")
    assert totals.endswith("· CNY 1 deal apart")


def test_deals_beside_the_path_are_not_counted_as_open(client, user, pipeline, stage):
    DealFactory(stage=StageFactory(pipeline=pipeline, type=StageType.LOST, position=9))

    assert page(client, user).context["totals"].deals == 0


@pytest.mark.parametrize("deals", [1, 3, 70])
def test_board_costs_the_same_queries_at_any_size(client, user, stage, deals, django_assert_num_queries, fetch_raise):
    GateFactory(stage=stage)
    for deal in DealFactory.create_batch(deals, stage=stage, annual_royalty=Decimal(1), currency="EUR"):
        TaskFactory(deal=deal)
    page(client, user)

    with django_assert_num_queries(FIRST_LOAD_QUERIES):
        response = client.get("/board/lrs/")

    assert len(cards_in(response)) == min(deals, 30)


def test_column_loads_thirty_cards_at_a_time_and_each_once(client, user, stage):
    deals = DealFactory.create_batch(70, stage=stage)
    response = page(client, user)
    pages = [cards_in(response)]
    while found := re.search(r'href="([^"]+)" data-more', response.content.decode()):
        response = client.get(found[1].replace("&amp;", "&"), headers={"hx-request": "true"})
        pages.append(cards_in(response))

    expected = list(Deal.objects.order_by("rank", "pk").values_list("pk", flat=True))
    assert [len(shown) for shown in pages] == [30, 30, 10]
    assert [pk for shown in pages for pk in shown] == expected
    assert len(deals) == 70


@pytest.mark.parametrize("group", ["owner", "region"])
def test_grouped_column_loads_its_cards_in_the_order_of_groups(client, user, stage, group):
    for number in range(40):
        DealFactory(stage=stage, owner=None if number % 3 else user, region=list(Region)[number % 4])
    response = page(client, user, f"/board/lrs/?group={group}")
    shown = cards_in(response)
    more = re.search(r'href="([^"]+)" data-more', response.content.decode())[1].replace("&amp;", "&")
    shown += cards_in(client.get(more, headers={"hx-request": "true"}))

    field = "owner__name" if group == "owner" else "region"
    facts = dict(Deal.objects.values_list("pk", field))
    groups = [facts[pk] or "" for pk in shown]
    assert groups == sorted(groups)
    assert len(set(shown)) == 40


def test_column_page_costs_the_same_queries_at_any_size(client, user, stage, django_assert_num_queries):
    for size in (1, 3, 40):
        DealFactory.create_batch(size, stage=stage)
        page(client, user)
        with django_assert_num_queries(4):
            client.get(f"/board/lrs/column/{stage.pk}/")


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
def test_column_page_refuses_a_place_that_is_none(client, user, stage, after):
    assert page(client, user, f"/board/lrs/column/{stage.pk}/?after={after}").status_code == 400


def test_filters_narrow_cards_and_totals_alike(client, user, stage):
    DealFactory(stage=stage, region=Region.EUROPE)
    DealFactory(stage=stage, region=Region.OCEANIA)

    response = page(client, user, "/board/lrs/?region=europe")

    assert (len(cards_in(response)), response.context["totals"].deals) == (1, 1)


def test_filter_with_an_unknown_value_says_so(client, user, stage):
    DealFactory(stage=stage)

    response = page(client, user, "/board/lrs/?region=atlantis&collapsed=x,%00,1&group=moon")

    assert response.status_code == 200
    assert "Region: Select a valid choice" in response.content.decode()


def test_filter_without_a_match_offers_every_deal(client, user, stage):
    assert "No deal matches these filters" in page(client, user, "/board/lrs/?q=zzz").content.decode()


def test_collapsed_columns_come_from_the_address(client, user, stage):
    html = page(client, user, f"/board/lrs/?collapsed={stage.pk}").content.decode()

    assert f'<section class="column is-collapsed" data-column="{stage.pk}"' in html


def test_read_only_user_sees_cards_without_a_way_to_move_them(client, stage):
    DealFactory(stage=stage)
    response = page(client, UserFactory(role=Role.READ_ONLY))

    html = response.content.decode()
    assert len(cards_in(response)) == 1
    assert ("data-move-open" in html, "data-can-move" in html, 'id="move-menu"' in html) == (False, False, False)


def test_card_escapes_what_people_type(client, user, stage):
    deal = DealFactory(stage=stage, title="<script>alert(1)</script>", company=CompanyFactory(name='"><img src=x>'))

    html = page(client, user).content.decode()

    assert ("<script>alert(1)" in html, "<img src=x>" in html) == (False, False)
    assert "&lt;script&gt;" in html
    assert deal.code in html
