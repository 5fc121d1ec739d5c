"""The forecast in a browser: accessible, within the screen, and simulated again by its form."""

import pytest

from accounts.enums import Role
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.royalties.test_forecast_pages import estimated, make_contract

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_forecast_is_accessible_and_simulates_again(open_page, axe, color_scheme, viewport):
    # With more words beside it than it has itself, a link must not be told by its colour alone.
    deal = make_contract(title="Licence for LFP cells made in North America").deal
    estimated()
    page = open_page(
        UserFactory(role=Role.FINANCE, currency="USD"),
        "/insights/forecast/?group=deal",
        color_scheme=color_scheme,
        viewport=viewport,
        reduced_motion="reduce",
    )

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Simulate again").click()
    page.get_by_text("seed 7").wait_for()
    assert "group=deal" in page.url
    page.get_by_role("link", name=f"{deal.code}/1").first.click()
    page.get_by_role("link", name="Open deal").wait_for()
    assert "seed=7" in page.url
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
