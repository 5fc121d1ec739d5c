"""Shaping pipelines in a browser: order by drag and by keyboard, and what a new gate would hold back."""

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from deals.domain.default_pipeline import create_default_pipeline
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE, until
from tests.deals.factories import DealFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def pipeline():
    pipeline = PipelineFactory(slug="licences", name="Licences")
    for position, name in enumerate(["One", "Two", "Three"], start=1):
        StageFactory(pipeline=pipeline, name=name, position=position)
    return pipeline


def names(pipeline):
    return list(pipeline.stages.order_by("position").values_list("name", flat=True))


def test_stage_is_dragged_to_another_place(open_page, admin, pipeline):
    page = open_page(admin, "/settings/pipelines/licences/")
    rows = page.locator("#stages [data-reorder-row]")

    with page.expect_response("**/settings/pipelines/licences/order/"):
        rows.nth(2).locator("[data-reorder-grip]").drag_to(rows.nth(0).locator("[data-reorder-grip]"))

    expect(rows.nth(0)).to_contain_text("Three")
    assert names(pipeline) == ["Three", "One", "Two"]


def test_stage_is_moved_by_keyboard_and_the_focus_stays(open_page, admin, pipeline):
    page = open_page(admin, "/settings/pipelines/licences/")
    button = page.get_by_role("button", name="Move Three up")

    button.focus()
    with page.expect_response("**/settings/pipelines/licences/order/"):
        page.keyboard.press("Enter")
    expect(button).to_be_focused()
    expect(page.locator("#stages [data-reorder-row]").nth(1)).to_contain_text("Three")
    assert names(pipeline) == ["One", "Three", "Two"]


def test_presses_in_quick_succession_each_move_the_stage(open_page, admin, pipeline):
    page = open_page(admin, "/settings/pipelines/licences/")
    button = page.get_by_role("button", name="Move Three up")

    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.locator("#stages [data-reorder-row]").nth(0)).to_contain_text("Three")
    until(page, lambda: names(pipeline) == ["Three", "One", "Two"])
    expect(button).to_be_focused()


def test_new_gate_says_beforehand_how_many_deals_it_would_hold_back(open_page, admin, pipeline):
    stage = pipeline.stages.get(name="One")
    DealFactory.create_batch(2, stage=stage)
    page = open_page(admin, f"/settings/stages/{stage.pk}/")

    page.get_by_label("Checks").select_option("document:nda")

    expect(page.locator("#gate-preview")).to_have_text("It would hold back 2 of the 2 deals now in One.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible(open_page, admin, axe, scheme, viewport):
    pipeline = create_default_pipeline()
    stage = pipeline.stages.get(name="Feasibility")
    DealFactory(stage=stage)
    page = open_page(admin, "/settings/pipelines/", color_scheme=scheme, viewport=viewport)

    for path in (
        "/settings/pipelines/",
        "/settings/pipelines/lrs-licensing/",
        f"/settings/stages/{stage.pk}/",
        f"/settings/gates/{stage.gates.first().pk}/",
    ):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
