import datetime as dt
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from companies.models import SourcedFact
from plants.domain.milestones import add_default_milestones
from plants.models import Plant, PlantFact, PlantMilestone
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import SourcedFactFactory
from tests.plants.factories import PlantFactory, PlantPhaseFactory, RampScenarioFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bd():
    return UserFactory()


@pytest.fixture
def ridge(bd):
    plant = PlantFactory(
        name="Harlan Ridge",
        status="construction",
        locality="Kentucky",
        country="US",
        latitude=Decimal("37.6"),
        longitude=Decimal("-85.9"),
        chemistry="lfp",
        nameplate_gwh=Decimal(35),
    )
    for place, milestone in enumerate(add_default_milestones(plant=plant, by=bd)):
        baseline_on = dt.date(2026, 1, 1) + dt.timedelta(days=90 * place)
        actual_on = baseline_on + dt.timedelta(days=5) if place < 3 else None
        PlantMilestone.objects.filter(pk=milestone.pk).update(
            baseline_on=baseline_on, forecast_on=baseline_on + dt.timedelta(days=30 * place), actual_on=actual_on
        )
    RampScenarioFactory(plant=plant)
    RampScenarioFactory(plant=plant, number=2, months_to_nameplate=36)
    PlantPhaseFactory(plant=plant, label="Hall A")
    for value in ("35", "20"):
        PlantFact.objects.create(plant=plant, fact=SourcedFactFactory(company=None, value=value))
    return plant


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit_the_screen(open_page, axe, bd, ridge, viewport, scheme):
    PlantFactory(name="Elsewhere", latitude=Decimal("37.7"), longitude=Decimal("-85.8"), status="paused")
    page = open_page(bd, "/plants/", viewport=viewport, color_scheme=scheme)
    for address in (
        "/plants/",
        "/plants/?view=timeline",
        "/plants/?view=map",
        "/plants/?q=nothing",
        "/plants/new/",
        ridge.get_absolute_url(),
        PlantFactory().get_absolute_url(),
    ):
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_views_keep_the_filters_in_the_address(open_page, bd, ridge):
    PlantFactory(name="Elsewhere")
    page = open_page(bd, "/plants/?status=construction")

    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("rowheader", name="Harlan Ridge").first).to_be_visible()
    page.get_by_text("The same dates as a table").click()
    expect(page.get_by_role("region", name="Dates of all milestones").get_by_role("row")).to_have_count(14)
    page.get_by_role("link", name="Map").click()

    expect(page).to_have_url(re.compile(r"(?=.*status=construction)(?=.*view=map)"))
    page.get_by_role("link", name="1: Harlan Ridge, Under construction").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Harlan Ridge", level=1)).to_be_visible()


def test_key_fact_is_edited_in_its_place_with_the_keyboard(open_page, bd, ridge):
    page = open_page(bd, ridge.get_absolute_url())

    page.get_by_role("link", name="Edit Position").press("Enter")
    page.get_by_label("Latitude").fill("91")
    page.locator("#fact-position").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ensure this value is less than or equal to 90.")).to_be_visible()
    page.get_by_label("Latitude").fill("38")
    page.locator("#fact-position").get_by_role("button", name="Save").click()

    expect(page.locator("#fact-position")).to_contain_text("38, -85.9")
    assert Plant.objects.get(pk=ridge.pk).latitude == 38


def test_forecast_moves_in_a_dialog_and_the_baseline_stays(open_page, axe, bd, ridge):
    page = open_page(bd, ridge.get_absolute_url())
    page.get_by_role("link", name="Start of production (SOP)").click()
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Forecast", exact=True).fill("2031-01-01")
    dialog.get_by_label("Why the forecast moves").fill("Grid connection late")
    assert axe(page) == []
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("cell", name="1 Jan 2031")).to_be_visible()
    expect(page.get_by_text("Grid connection late")).to_be_visible()


def test_version_of_a_ramp_is_chosen_and_a_new_one_added(open_page, bd, ridge):
    page = open_page(bd, ridge.get_absolute_url())
    expect(page.get_by_text("36 months to nameplate")).to_be_visible()

    page.locator("summary", has_text="Version 2").click()
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_text("24 months to nameplate")).to_be_visible()
    page.get_by_role("link", name="New version").click()
    page.get_by_role("dialog").get_by_label("Months to nameplate").fill("12")
    page.get_by_role("dialog").get_by_role("button", name="Add version").click()

    expect(page.get_by_text("12 months to nameplate")).to_be_visible()


def test_deleting_a_fact_asks_first(open_page, bd, ridge):
    page = open_page(bd, ridge.get_absolute_url())
    expect(page.locator("#facts").get_by_text("Conflict")).to_be_visible()

    page.get_by_role("button", name="Delete nameplate capacity: 20").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.locator("#facts").get_by_text("Conflict")).to_have_count(0)
    assert SourcedFact.objects.count() == 1
