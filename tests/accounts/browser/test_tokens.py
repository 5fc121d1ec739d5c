"""API tokens on a phone."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from tests.accounts.factories import UserFactory
from tests.browser import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_token_can_be_revoked_on_a_phone_without_scrolling_sideways(open_page, scheme):
    user = UserFactory()
    name = "The CRM of our subsidiary in Shenzhen"
    create_token(user=user, name=name, scope=TokenScope.WRITE, expires_at=None, at=timezone.now())
    page = open_page(user, "/settings/tokens/", viewport=PHONE, color_scheme=scheme)

    shell = page.get_by_role("region", name="API tokens").first
    assert shell.evaluate("(shell) => shell.scrollWidth <= shell.clientWidth")
    button = page.get_by_role("button", name=f"Revoke {name}")
    box = button.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    expect(page.get_by_role("rowheader", name=name)).to_be_visible()
