import re

import pytest
from playwright.sync_api import expect

from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.lrs_tracker.component_pages")]

SMALLEST = {"width": 360, "height": 740}
TABLET = {"width": 820, "height": 1180}
WIDEST = {"width": 2560, "height": 1300}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_components_are_accessible(open_page, axe, viewport, scheme):
    page = open_page(UserFactory(), "/styleguide/?errors&toasts", viewport=viewport, color_scheme=scheme)
    assert axe(page) == []


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/nowhere/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_strangers_are_accessible(open_page, axe, path, scheme):
    page = open_page(None, path, color_scheme=scheme, viewport=PHONE)
    assert axe(page) == []


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/"])
def test_sign_in_settings_are_accessible(open_page, axe, path):
    assert axe(open_page(UserFactory(), path)) == []


def test_no_component_makes_the_page_scroll_sideways(open_page):
    page = open_page(UserFactory(), "/styleguide/")
    widths = {}
    for size in (SMALLEST, PHONE, TABLET, DESKTOP, WIDEST):
        page.set_viewport_size(size)
        widths[size["width"]] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == {width: width for width in widths}


def test_a_chosen_theme_stays_on_the_next_page(open_page):
    page = open_page(UserFactory(name="Maria Falk"), "/styleguide/")
    page.get_by_text("Maria Falk").first.click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/trial/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_dialog_shows_errors_beside_the_field_then_closes_with_a_toast(open_page):
    page = open_page(UserFactory(), "/trial/")
    opener = page.get_by_role("link", name="Add a note")
    opener.click()
    dialog = page.get_by_role("dialog", name="New note")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Text")).to_have_accessible_description("This field is required.")
    expect(dialog.get_by_label("Text")).to_be_focused()
    dialog.get_by_label("Text").fill("Called the utility")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("Called the utility")
    expect(page.locator("#toasts")).to_contain_text("Note saved.")
    expect(opener).to_be_focused()


def test_a_dialog_with_something_typed_asks_before_it_closes(open_page):
    page = open_page(UserFactory(), "/trial/")
    page.get_by_role("link", name="Add a note").click()
    text = page.get_by_role("dialog", name="New note").get_by_label("Text")
    text.fill("Half a thought")
    page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Discard what you typed?")
    question.get_by_role("button", name="Cancel").click()
    expect(text).to_have_value("Half a thought")
    page.get_by_role("dialog", name="New note").get_by_role("button", name="Cancel").click()
    question.get_by_role("button", name="Discard").click()
    expect(text).to_be_hidden()


@pytest.mark.parametrize(
    ("button", "said"),
    [("Stale", "Wei Lin moved this deal to Term sheet."), ("Forbidden", "You may not do this.")],
)
def test_a_refusal_is_said_and_the_page_stays(open_page, button, said):
    page = open_page(UserFactory(), "/trial/")
    page.get_by_role("button", name=button).click()
    expect(page.locator("#toasts")).to_contain_text(said)
    expect(page.locator("#answer")).to_have_text("nothing yet")


def test_a_wrong_form_is_shown_in_its_place(open_page):
    page = open_page(UserFactory(), "/trial/")
    page.get_by_role("button", name="Wrong").click()
    expect(page.locator("#answer")).to_have_text("answered 422")


def test_a_question_is_asked_before_something_is_destroyed(open_page):
    page = open_page(UserFactory(), "/trial/")
    delete = page.get_by_role("button", name="Delete", exact=True)
    delete.click()
    question = page.get_by_role("dialog", name="Delete it?")
    question.get_by_role("button", name="Cancel").click()
    expect(page.locator("#answer")).to_have_text("nothing yet")
    delete.click()
    question.get_by_role("button", name="Delete").click()
    expect(page.locator("#answer")).to_have_text("answered 200")


def test_a_menu_works_by_keyboard(open_page):
    page = open_page(UserFactory(), "/styleguide/")
    page.locator("summary", has_text="Region").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitemradio", name="Europe")).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("menuitemradio", name="North America")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"region=na"))


def test_shortcuts_are_listed_and_lead_to_pages(open_page):
    page = open_page(UserFactory(), "/styleguide/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/")


def test_the_searchable_select_takes_what_was_typed(open_page):
    page = open_page(UserFactory(), "/styleguide/")
    page.get_by_role("combobox", name="Company").click()
    page.keyboard.type("kes")
    page.keyboard.press("Enter")
    expect(page.locator("#id_company")).to_have_value("2")
