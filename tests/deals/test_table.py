"""The table of deals."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.enums import Role
from companies.enums import Region
from deals.domain.table import DEFAULT_SORT, SORTS, known_sort, rows_between
from deals.enums import StageType
from deals.models import Deal, SavedView, Task
from plants.enums import Chemistry
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, TODAY, DealFactory, StageFactory, TaskFactory

URL = "/deals/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def maria(db):
    return UserFactory(name="Maria Falk")


@pytest.fixture
def maria_client(client, maria):
    client.force_login(maria)
    return client


def codes(response):
    return [row.code for row in response.context["page"].object_list]


def test_table_address():
    assert reverse("deals:table") == URL


def test_table_shows_a_deal(maria_client, maria):
    stage = StageFactory(name="Feasibility", type=StageType.OPEN, rot_days=30, probability_percent=20)
    deal = DealFactory(
        company=CompanyFactory(name="Meridian Motor"),
        title="LFP & more",
        stage=stage,
        entered_stage_at=NOW - 400 * DAY,
        owner=maria,
        region=Region.EUROPE,
        chemistry=Chemistry.LFP,
        capacity_gwh=Decimal("17.5"),
        currency="EUR",
        annual_royalty=Decimal(28_000_000),
        is_confidential=True,
    )
    TaskFactory(deal=deal, title="Second", due_on=TODAY + DAY)
    TaskFactory(deal=deal, title="Site visit", due_on=dt.date(2020, 1, 31))

    html = maria_client.get(URL).content.decode()

    for words in (deal.code, "Meridian Motor", "LFP &amp; more", "Feasibility", "stage-open", "Maria Falk", "Europe"):
        assert words in html
    for words in ("17.5", "EUR\xa028.0\xa0m", "20 %", "Site visit", "rots at 30", 'aria-label="confidential"'):
        assert words in html
    assert "Second" not in html


def test_table_without_deals_says_what_to_do(maria_client):
    response = maria_client.get(URL)
    assert "No deals yet" in response.content.decode()


def test_table_that_matches_nothing_says_so(maria_client):
    DealFactory()
    assert "No deal matches" in maria_client.get(URL, {"q": "zzz"}).content.decode()


def test_table_follows_the_shared_filters(maria_client, maria):
    mine = DealFactory(owner=maria, region=Region.EUROPE)
    other = DealFactory(region=Region.OCEANIA)

    assert codes(maria_client.get(URL, {"mine": "1"})) == [mine.code]
    assert codes(maria_client.get(URL, {"region": "oceania"})) == [other.code]
    assert codes(maria_client.get(URL, {"q": mine.code})) == [mine.code]
    assert codes(maria_client.get(URL, {"stage": other.stage_id})) == [other.code]


def test_table_names_a_filter_that_is_not_known(maria_client):
    DealFactory()
    response = maria_client.get(URL, {"region": "atlantis"})
    assert codes(response) == []
    assert response.context["problems"]


def test_table_leaves_out_what_does_not_exist_for_the_user(client, maria_client):
    open_deal, hidden = DealFactory(), DealFactory(is_confidential=True, capacity_gwh=100)

    response = maria_client.get(URL)
    assert codes(response) == [open_deal.code]
    assert (response.context["total"].deals, response.context["total"].capacity_gwh) == (1, 0)
    assert hidden.owner.name not in response.content.decode()

    client.force_login(UserFactory(role=Role.MANAGER))
    assert codes(client.get(URL)) == [hidden.code, open_deal.code]


@pytest.mark.parametrize("asked", ["", "nonsense", "--code", "-", "pk;drop"])
def test_an_unknown_order_is_the_default_one(asked):
    assert known_sort(asked) == DEFAULT_SORT


@pytest.mark.parametrize("name", sorted(SORTS))
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_order_has_all_deals_once_in_pages(maria, name, sign):
    stage = StageFactory()
    for number in range(5):
        deal = DealFactory(stage=stage, region=["", Region.EUROPE][number % 2], capacity_gwh=[None, number][number % 2])
        if number % 2:
            TaskFactory(deal=deal)

    def page(start):
        rows = rows_between(Deal.objects.all(), sort=sign + name, start=start, end=start + 2, at=NOW, today=TODAY)
        return [row.pk for row in rows]

    assert sorted(page(0) + page(2) + page(4)) == sorted(Deal.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("name", ["capacity", "step", "owner", "region", "chemistry", "title", "royalty"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_what_is_empty_comes_last_in_either_direction(maria, name, sign):
    stage = StageFactory()
    DealFactory(stage=stage, owner=None, title="")
    full = DealFactory(
        stage=stage, region=Region.EUROPE, chemistry=Chemistry.LFP, capacity_gwh=1, currency="EUR", annual_royalty=1
    )
    TaskFactory(deal=full)
    DealFactory(stage=stage, owner=None, title="")

    rows = rows_between(Deal.objects.all(), sort=sign + name, start=0, end=3, at=NOW, today=TODAY)

    assert rows[0].pk == full.pk


def test_orders_go_both_ways(maria_client):
    small, large = DealFactory(capacity_gwh=2), DealFactory(capacity_gwh=30)

    assert codes(maria_client.get(URL, {"sort": "capacity"})) == [small.code, large.code]
    assert codes(maria_client.get(URL, {"sort": "-capacity"})) == [large.code, small.code]
    assert 'aria-sort="descending"' in maria_client.get(URL, {"sort": "-capacity"}).content.decode()


def test_royalties_are_only_compared_within_a_currency(maria_client):
    stage = StageFactory()
    made = [
        DealFactory(stage=stage, currency=currency, annual_royalty=amount).code
        for currency, amount in [("EUR", 5), ("EUR", 1), ("JPY", 900), ("", None)]
    ]
    assert codes(maria_client.get(URL, {"sort": "-royalty"})) == made


def test_table_has_50_deals_a_page(maria_client):
    DealFactory.create_batch(51, stage=StageFactory(), company=CompanyFactory(), owner=None)

    first, second = maria_client.get(URL), maria_client.get(URL, {"page": "2"})

    assert (len(codes(first)), len(codes(second))) == (50, 1)
    assert not set(codes(first)) & set(codes(second))
    assert codes(maria_client.get(URL, {"page": "99"})) == codes(second)
    assert codes(maria_client.get(URL, {"page": "x"})) == codes(first)
    assert "Edit all 51 that match" in first.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_table_asks_as_many_queries_for_more_deals(maria_client, count, django_assert_num_queries, fetch_raise):
    for _number in range(count):
        TaskFactory(deal=DealFactory(currency="EUR", annual_royalty=5))

    maria_client.get("/views/")  # The pinned views of the sidebar are then in the cache.
    with django_assert_num_queries(7):
        maria_client.get(URL)


def test_table_is_for_those_who_may_see_deals(client, db):
    assert client.get(URL).headers["Location"] == f"/accounts/login/?next={URL}"
    client.force_login(UserFactory(role=False))
    assert client.get(URL).status_code == 403
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 405


def test_a_reader_has_nothing_to_pick(client, db):
    DealFactory()
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert "data-pick" not in client.get(URL).content.decode()


def test_saved_views_open_in_the_table(maria_client, maria):
    wei = UserFactory(name="Wei Lin")
    SavedView.objects.create(owner=maria, name="Mine in Europe", query="mine=1&region=europe", pipeline_slug="lrs")
    SavedView.objects.create(owner=wei, name="Stuck", query="stuck=1", is_shared=True)
    SavedView.objects.create(owner=wei, name="Private", query="mine=1")

    html = maria_client.get(URL).content.decode()

    assert 'href="/deals/?mine=1&amp;region=europe&amp;pipeline=lrs"' in html
    assert 'href="/deals/?stuck=1"' in html
    assert "Private" not in html


def test_export_holds_what_the_filters_leave(maria_client, maria):
    deal = DealFactory(owner=maria, title="=1+1", capacity_gwh=Decimal("17.5"))
    TaskFactory(deal=deal, title="Call", due_on=TODAY)
    DealFactory()
    DealFactory(owner=maria, is_confidential=False, region=Region.OCEANIA)

    content = b"".join(maria_client.get(URL, {"mine": "1", "sort": "code", "export": "csv"}).streaming_content)

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["Code"] for row in rows] == [
        deal.code,
        Deal.objects.get(region=Region.OCEANIA).code,
    ]
    assert rows[0]["Title"] == "'=1+1"
    assert rows[0]["Capacity, GWh a year"] == "17.500"
    assert (rows[0]["Next step"], rows[0]["Next step on"]) == ("Call", TODAY.isoformat())


def test_export_as_xlsx_is_typed(maria_client, maria):
    DealFactory(capacity_gwh=Decimal("17.5"))
    response = maria_client.get(URL, {"export": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    response.close()
    headings, values = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert values[headings.index("Capacity, GWh a year")] == 17.5


def test_export_leaves_out_what_does_not_exist_for_the_user(maria_client):
    DealFactory(is_confidential=True)
    content = b"".join(maria_client.get(URL, {"export": "csv"}).streaming_content)
    assert content.count(b"\n") == 1


EDIT = "/deals/edit/"


def test_bulk_edit_asks_for_the_picked_deals(maria_client):
    first, _second, third = DealFactory.create_batch(3)

    response = maria_client.get(EDIT, {"deal": [first.pk, third.pk]})

    assert response.context["count"] == 2
    assert "Edit 2 deals" in response.content.decode()


def test_bulk_edit_in_a_dialog_is_the_form_alone(maria_client):
    response = maria_client.get(EDIT, {"deal": DealFactory().pk}, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()


def test_bulk_edit_changes_the_picked_deals_and_offers_to_undo(maria_client):
    first, second = DealFactory.create_batch(2, region=Region.OCEANIA)

    response = maria_client.post(f"{EDIT}?region=oceania&deal={first.pk}", {"region": "europe"}, follow=True)

    assert response.redirect_chain == [("/deals/?region=oceania", 302)]
    assert dict(Deal.objects.values_list("pk", "region")) == {first.pk: "europe", second.pk: "oceania"}
    assert response.context["done"]["text"] == "1 deal changed."

    undone = maria_client.post(
        "/deals/edit/undo/", {"transaction_id": response.context["done"]["transaction_id"]}, follow=True
    )
    assert undone.context["done"] == {"text": "1 deal is as before."}
    assert set(Deal.objects.values_list("region", flat=True)) == {"oceania"}
    assert maria_client.get(URL).context["done"] is None


def test_bulk_edit_of_all_that_match(maria_client):
    DealFactory.create_batch(3, region=Region.OCEANIA)
    DealFactory(region=Region.EUROPE)

    response = maria_client.post(
        f"{EDIT}?all=1&region=oceania",
        {"step_title": "Review", "step_due_on": TODAY.isoformat()},
        headers={"HX-Request": "true"},
    )

    assert response.headers["HX-Redirect"] == "/deals/?region=oceania"
    assert Task.objects.filter(title="Review").count() == 3


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "Choose what to change"),
        ({"step_title": "Review"}, "Give the date"),
        ({"step_due_on": "2026-11-24"}, "Say what"),
        ({"expected_sop_on": "1066-10-14"}, "not a plausible date"),
        ({"region": "atlantis"}, "not one of the available choices"),
    ],
)
def test_bulk_edit_says_what_is_wrong(maria_client, fields, named):
    deal = DealFactory()
    response = maria_client.post(f"{EDIT}?deal={deal.pk}", fields)
    assert response.status_code == 422
    assert named in response.content.decode()


@pytest.mark.parametrize("picked", ["x", "9" * 30, "-1", "１"])
def test_bulk_edit_of_nonsense_changes_nothing(maria_client, picked):
    DealFactory(region="")
    response = maria_client.post(EDIT + f"?deal={picked}", {"region": "europe"})
    assert "Select at least one deal" in response.content.decode()
    assert not Deal.objects.filter(region="europe").exists()


def test_bulk_edit_does_not_know_invisible_deals(maria_client):
    hidden = DealFactory(is_confidential=True)
    assert maria_client.get(EDIT, {"deal": hidden.pk}).context["count"] == 0


def test_bulk_edit_is_for_those_who_may_change_deals(client, db):
    assert client.get(EDIT).headers["Location"].startswith("/accounts/login/")
    assert client.post("/deals/edit/undo/").headers["Location"].startswith("/accounts/login/")
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.get(EDIT).status_code == 403
    assert client.post(EDIT).status_code == 403
    assert client.post("/deals/edit/undo/").status_code == 403
    assert client.get("/deals/edit/undo/").status_code == 405
    assert client.delete(EDIT).status_code == 405


@pytest.mark.parametrize("transaction_id", ["", "x", "9" * 40, "1"])
def test_undo_of_nonsense_says_so(maria_client, transaction_id):
    response = maria_client.post("/deals/edit/undo/", {"transaction_id": transaction_id}, follow=True)
    assert "nothing left to undo" in response.context["done"]["text"]
