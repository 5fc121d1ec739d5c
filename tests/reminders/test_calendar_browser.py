"""The calendar settings in a browser."""

import pytest

from accounts.enums import Role
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.deals.factories import DealFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/calendar/"


@pytest.fixture(autouse=True)
def _host(settings, live_server):
    settings.BASE_URL = live_server.url


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_address_is_made_copied_and_revoked(open_page, axe, viewport, color_scheme):
    owner = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    TaskFactory(deal__owner=owner, title="Send the draft")
    page = open_page(
        owner,
        PAGE,
        viewport=viewport,
        color_scheme=color_scheme,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    assert page.get_by_text("No calendar yet").is_visible()
    assert axe(page) == []

    page.get_by_role("button", name="Make an address").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == page.locator("#new-address").inner_text()
    link = page.get_by_role("link", name="Open in this device's calendar")
    assert link.get_attribute("href") == address.replace("http://", "webcal://")
    answer = page.request.get(address)
    assert (answer.status, "SUMMARY:Send the draft" in answer.text()) == (200, True)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert axe(page) == []

    page.goto(PAGE)
    assert page.locator("#new-address").count() == 0
    page.get_by_role("button", name="Revoke calendar 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("The calendar is revoked.").wait_for()
    assert page.request.get(address).status == 404
    assert axe(page) == []


def test_calendar_of_a_deal_is_downloaded_from_its_workspace(open_page, axe):
    owner = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    deal = DealFactory(owner=owner)
    page = open_page(owner, deal.get_absolute_url())

    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file").click()
    assert download.value.suggested_filename == f"{deal.code}.ics"
    assert axe(page) == []
