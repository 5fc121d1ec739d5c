"""Logging in, the second factor, tokens and the settings pages in a browser."""

import re

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import expect

from accounts.enums import Role
from accounts.models import ApiToken
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def test_login_with_a_second_factor_leads_to_the_page_one_wanted(page, live_server):
    user = UserFactory(email="maria@example.com")
    secret = get_adapter().decrypt(TOTP.activate(user, "JBSWY3DPEHPK3PXP").instance.data["secret"])

    page.goto("/settings/tokens/")
    page.get_by_label("Email").fill("Maria@Example.com")
    page.get_by_label("Password", exact=True).fill("secret-phrase-1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/2fa/authenticate/**")
    page.locator("[name=code]").fill(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))
    page.keyboard.press("Enter")

    page.wait_for_url("**/settings/tokens/")


def test_new_token_is_shown_once_and_not_by_the_back_button(open_page):
    page = open_page(UserFactory(), "/settings/tokens/")

    page.get_by_label("Name").fill("CRM sync")
    page.get_by_role("button", name="Create token").click()
    key = page.locator("#new-key")
    expect(key).to_have_text(re.compile(r"^lrs_\S{40,}$"))
    shown = key.inner_text()
    assert "lrs_" not in page.url
    page.get_by_role("link", name="Profile").first.click()
    page.wait_for_url("**/settings/")
    page.go_back()

    expect(page.get_by_role("row", name="CRM sync")).to_be_visible()
    expect(key).to_have_count(0)
    assert shown not in page.content()


def test_token_is_revoked_after_a_question(open_page):
    user = UserFactory()
    ApiToken.objects.create(user=user, name="Old CRM", prefix="lrs_abcdefgh", digest="a" * 64)
    page = open_page(user, "/settings/tokens/")

    page.get_by_role("button", name="Revoke Old CRM").click()
    page.locator("#confirm").get_by_role("button", name="Revoke").click()

    expect(page.get_by_role("row", name="Old CRM")).to_contain_text("Revoked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible(open_page, axe, scheme, viewport):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    ApiToken.objects.create(user=admin, name="CRM", prefix="lrs_abcdefgh", digest="a" * 64)
    page = open_page(admin, "/settings/", color_scheme=scheme, viewport=viewport)

    for path in (
        "/settings/",
        "/settings/tokens/",
        "/settings/users/",
        f"/settings/users/{admin.pk}/",
        "/settings/users/invite/",
    ):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_login_pages_are_accessible(open_page, axe, scheme):
    page = open_page(None, "/accounts/login/", color_scheme=scheme, viewport=PHONE)

    for path in ("/accounts/login/", "/accounts/password/reset/"):
        page.goto(path)
        assert axe(page) == [], path
