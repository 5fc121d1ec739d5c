"""The page of the API's documentation, under the policy of every page."""

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_docs_try_an_operation_as_the_signed_in_user(open_page):
    page = open_page(UserFactory(role=Role.READ_ONLY), "/api/docs/")

    page.locator(".opblock-tag", has_text="royalties").first.click()
    page.get_by_text("Calculate a royalty scenario").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(page.locator(".live-responses-table")).to_contain_text("16000000.00")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reference_is_drawn_from_the_description_and_fetches_nothing_elsewhere(open_page, scheme):
    page = open_page(UserFactory(role=Role.READ_ONLY), "/api/reference/", color_scheme=scheme)

    expect(page.get_by_role("heading", name="List: Agreements")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Create: Deals")).to_be_attached()
    # What ReDoc gives no colour of its own stands on the dark ground of samples too.
    expect(page.locator(".redoc-json .token.punctuation").first).to_have_css("color", "rgb(233, 236, 241)")
