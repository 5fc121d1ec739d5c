"""The table of deals in a browser."""

import csv

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from companies.enums import Region
from deals.models import Deal
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory, StageFactory, TaskFactory

NAMES = ("Meridian Motor Manufacturing of the Northern Territories", "Ægir 比亚迪 🔋", "Kestrel")


@pytest.fixture
def maria(transactional_db):
    return UserFactory(name="Maria Falk")


@pytest.fixture
def deals(maria):
    stage = StageFactory(name="Feasibility", rot_days=30)
    made = [
        DealFactory(
            company=CompanyFactory(name=name),
            title="LFP pack plant with a title that is long enough to be cut",
            stage=stage,
            entered_stage_at=NOW,
            owner=maria,
            region=Region.EUROPE,
            capacity_gwh=10 * number,
            currency="EUR",
            annual_royalty=28_000_000,
            is_confidential=number == 2,
        )
        for number, name in enumerate(NAMES, start=1)
    ]
    TaskFactory(deal=made[0], title="Return the NDA mark-up", due_on="2026-01-31")
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_table_is_accessible_and_fits(open_page, axe, maria, deals, viewport, scheme):
    page = open_page(maria, "/deals/", viewport=viewport, color_scheme=scheme)
    page.get_by_role("checkbox", name=deals[0].code).check()

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_a_head_sorts_and_keeps_the_filters(open_page, maria, deals):
    page = open_page(maria, "/deals/?region=europe")
    page.get_by_role("link", name="GWh").click()
    expect(page.locator("tbody tr").first).to_contain_text(deals[0].code)
    page.get_by_role("link", name="GWh").click()
    expect(page.locator("tbody tr").first).to_contain_text(deals[2].code)
    assert "region=europe" in page.url


def test_filters_narrow_as_one_types(open_page, maria, deals):
    page = open_page(maria, "/deals/")
    page.get_by_label("Filter by title, company or code").fill("kestrel")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=kestrel" in page.url


def test_picked_deals_are_edited_and_put_back(open_page, maria, deals):
    page = open_page(maria, "/deals/?sort=code")
    expect(page.get_by_role("button", name="Edit selected")).to_be_hidden()
    page.get_by_role("checkbox", name=deals[0].code).check()
    page.get_by_role("checkbox", name=deals[2].code).check()
    page.get_by_role("button", name="Edit selected").click()

    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Edit 2 deals")
    dialog.get_by_role("button", name="Change 2 deals").click()
    expect(dialog).to_contain_text("Choose what to change.")
    dialog.get_by_label("Region").select_option("oceania")
    dialog.get_by_role("button", name="Change 2 deals").click()

    expect(page.get_by_text("2 deals changed.")).to_be_visible()
    assert list(Deal.objects.order_by("pk").values_list("region", flat=True)) == ["oceania", "europe", "oceania"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 deals are as before.")).to_be_visible()
    assert set(Deal.objects.values_list("region", flat=True)) == {"europe"}


def test_every_row_is_picked_at_once(open_page, maria, deals):
    page = open_page(maria, "/deals/")
    page.get_by_label("Select every deal of this page").check()
    expect(page.locator("[data-pick-count]")).to_have_text("3")
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_role("button", name="Edit selected")).to_be_hidden()


def test_picked_deals_are_edited_without_scripts(open_page, maria, deals):
    page = open_page(maria, "/deals/", java_script_enabled=False)
    page.get_by_role("checkbox", name=deals[1].code).check()
    page.get_by_role("button", name="Edit selected").click()
    page.get_by_label("Region").select_option("oceania")
    page.get_by_role("button", name="Change 1 deal").click()
    expect(page.get_by_text("1 deal changed.")).to_be_visible()
    assert Deal.objects.get(pk=deals[1].pk).region == "oceania"


def test_export_downloads_the_filtered_list(open_page, maria, deals):
    page = open_page(maria, "/deals/?q=kestrel")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Text (CSV)").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        assert [row["Company"] for row in csv.DictReader(file)] == ["Kestrel"]


def test_the_palette_finds_a_deal(open_page, axe, deals):
    page = open_page(UserFactory(role=Role.MANAGER), "/deals/")
    page.keyboard.press("Control+k")
    page.keyboard.type("kestrel")
    expect(page.locator("#palette mark").first).to_have_text("Kestrel")
    assert axe(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/deals/{deals[2].code}/")
