"""The inbox in a browser: keyboard, undo, bulk, the live count; with and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from reminders.models import Reminder
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.reminders.factories import ReminderFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maria(transactional_db):
    return UserFactory(name="Maria Falk", time_zone="Europe/Berlin")


@pytest.fixture
def three(maria):
    """Three reminders; the inbox shows the last one first."""
    deal = DealFactory(owner=maria, company=CompanyFactory(name="Larkspur Motors"))
    return [ReminderFactory(recipient=maria, deal=deal, title=title) for title in ("Third", "Second", "First")]


def titles(page):
    return page.locator(".inbox-title")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def act(page, key):
    with page.expect_response("**/inbox/act/"):
        press(page, key)


def test_inbox_by_keyboard(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    press(page, "j")
    expect(titles(page).first).to_be_focused()
    press(page, "j", "ArrowDown", "k")
    expect(titles(page).nth(1)).to_be_focused()

    act(page, "e")

    expect(titles(page)).to_have_text(["First", "Third"])
    # What took its place is next.
    expect(titles(page).nth(1)).to_be_focused()

    act(page, "u")
    expect(titles(page)).to_have_text(["First", "Second", "Third"])
    expect(page.locator("#toasts .toast-title, #toasts .strong").last).to_have_text("Back in the inbox.")
    expect(page.locator("[data-inbox-done]")).to_have_count(1)


def test_keyboard_acts_on_what_is_selected(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    press(page, "j", "x", "j", "x", "j")
    expect(page.locator("[data-pick-count]")).to_have_text("2")

    act(page, "m")

    # One rule each: the third one stays.
    expect(titles(page)).to_have_text(["Third"])
    act(page, "u")
    expect(titles(page)).to_have_count(3)


def test_snooze_by_keyboard_and_enter_opens(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    press(page, "j", "s")
    expect(page.locator("details[open] .menu-item").first).to_be_focused()
    press(page, "ArrowDown")

    act(page, "Enter")

    expect(titles(page)).to_have_text(["Second", "Third"])
    expect(page.locator("[data-inbox-done]")).to_contain_text("Snoozed until")
    expect(titles(page).first).to_be_focused()
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/deals/LRS-"))
    assert Reminder.objects.get(title="Second").read_at is not None


def test_snooze_until_a_day_by_enter_in_its_box(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    row = page.locator("[data-inbox-row]").first
    row.hover()
    row.locator("summary").click()
    row.locator("[data-inbox-until]").fill("2098-12-01")

    act(page, "Enter")

    expect(page.locator("[data-inbox-done]")).to_contain_text("Snoozed until Mon 1 Dec 2098, 08:00.")
    assert Reminder.objects.get(title="First").done_at is None


def test_keys_of_the_inbox_are_listed_and_leave_typing_alone(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    press(page, "?")
    expect(page.locator("#shortcuts")).to_contain_text("In the inbox: undo")
    press(page, "j", "e", "Escape")
    press(page, "g", "n")
    page.wait_for_url("**/inbox/")
    expect(titles(page)).to_have_count(3)


def test_bulk_stays_at_hand_and_takes_whole_groups(maria, open_page):
    deals = [DealFactory(owner=maria, company=CompanyFactory(name=name)) for name in ("Larkspur Motors", "Aster Cells")]
    for deal in deals:
        ReminderFactory.create_batch(20, recipient=maria, deal=deal)
    page = open_page(maria, "/inbox/?group=deal")
    picked, whole = page.locator("[data-pick-count]"), page.get_by_label("Select all", exact=True)

    page.get_by_role("checkbox", name="Select all of Larkspur Motors").check()

    expect(picked).to_have_text("20")
    expect(whole).to_have_js_property("indeterminate", True)
    expect(page.get_by_role("checkbox", name="Select all of Aster Cells")).not_to_be_checked()
    page.get_by_role("checkbox", name="Select all of Aster Cells").check()
    expect(picked).to_have_text("40")
    expect(whole).to_be_checked()
    page.get_by_role("checkbox", name="Select all of Aster Cells").uncheck()
    titles(page).last.scroll_into_view_if_needed()
    with page.expect_response("**/inbox/act/"):
        page.get_by_role("button", name="Done", exact=True).click()
    expect(titles(page)).to_have_count(20)
    assert set(Reminder.objects.filter(done_at__isnull=True).values_list("deal", flat=True)) == {deals[1].pk}


def test_bulk_by_mouse(maria, three, open_page):
    page = open_page(maria, "/inbox/")
    done = page.get_by_role("button", name="Done", exact=True)
    expect(done).to_be_disabled()
    page.get_by_label("Select all", exact=True).check()

    done.click()

    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_count(3)
    expect(page.get_by_role("button", name="Done", exact=True)).to_be_disabled()


def test_count_is_live_in_header_sidebar_and_title(maria, open_page):
    page = open_page(maria, "/companies/")
    bell, sidebar = page.locator(".bell-count"), page.locator(".sidebar .nav-count")
    expect(bell).to_be_hidden()

    ReminderFactory(recipient=maria)

    expect(bell).to_have_text("1", timeout=9_000)
    expect(sidebar).to_have_text("1")
    expect(page).to_have_title(re.compile(r"^\(1\) Companies"))

    Reminder.objects.update(done_at="2026-11-24T09:00Z")

    expect(bell).to_be_hidden(timeout=9_000)
    expect(page).to_have_title(re.compile(r"^Companies"))


def test_count_follows_an_action_at_once(maria, three, open_page):
    page = open_page(maria, "/")
    expect(page.locator(".bell-count")).to_have_text("3")
    row = page.locator("#day-inbox [data-inbox-row]").first
    row.hover()

    row.get_by_role("button", name="Done: First").click()

    expect(page.locator("#day-inbox .inbox-title")).to_have_text(["Second", "Third"])
    expect(page.locator(".bell-count")).to_have_text("2", timeout=3_000)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#day-inbox .inbox-title")).to_have_count(3)


def test_inbox_works_without_scripts(maria, three, open_page):
    page = open_page(maria, "/inbox/", java_script_enabled=False)
    page.get_by_label("Select: First").check()
    page.get_by_label("Select: Third").check()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(titles(page)).to_have_text(["Second"])
    expect(page.get_by_role("status").first).to_contain_text("2 reminders are done.")

    page.get_by_role("button", name="Undo").click()

    expect(titles(page)).to_have_count(3)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_inbox_is_accessible(maria, three, open_page, axe, color_scheme, viewport):
    page = open_page(maria, "/inbox/", color_scheme=color_scheme, viewport=viewport, reduced_motion="reduce")
    found = axe(page)
    press(page, "j", "x", "j")
    found += axe(page)
    press(page, "s")
    found += axe(page)
    press(page, "Escape")
    act(page, "e")
    page.locator("[data-inbox-undo]").wait_for()
    found += axe(page)
    for path in ("/inbox/?group=deal", "/inbox/?show=done", "/", "/settings/reminders/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found += axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert found == []
