"""What happens on a page that is still open when its reader is signed out."""

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, expect

from deals.models import Deal, Note
from tests.accounts.factories import UserFactory
from tests.browser import login
from tests.deals.factories import DealFactory, StageFactory

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "You are signed out. Log in in another tab, then try again here: nothing you typed is lost."


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "application/json"}], ids=["htmx", "json"])
def test_script_of_someone_signed_out_hears_401(client, headers):
    deal = DealFactory()

    response = client.post(f"{deal.get_absolute_url()}notes/add/", headers=headers)

    assert (response.status_code, response.content) == (401, b"")


def test_person_who_is_signed_out_is_sent_to_log_in(client):
    response = client.get("/deals/", headers={"Accept": "text/html,application/json"})

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/deals/")


def test_form_that_logs_out_leads_to_the_login(client):
    client.force_login(UserFactory())

    for _attempt in range(2):
        response = client.post("/accounts/logout/", headers={"Accept": "text/html"})
        assert (response.status_code, response["Location"]) == (302, "/accounts/login/")


def test_note_of_someone_signed_out_is_kept_and_sent_after_logging_in_elsewhere(open_page, live_server):
    user, deal = UserFactory(), DealFactory()
    page = open_page(user, deal.get_absolute_url())
    sign_out(page.context)
    box = page.get_by_placeholder("Write a note; @ mentions a colleague")
    box.fill("They agree to the annex.")

    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".toast-title")).to_have_text(WORDS)
    expect(box).to_have_value("They agree to the annex.")

    # Logging in gives another CSRF token than that of the page.
    page.context.clear_cookies()
    login(page.context, user, live_server.url)
    page.context.new_page().goto(f"{live_server.url}/settings/")
    page.get_by_role("button", name="Add note").click()
    expect(box).to_have_value("")
    assert Note.objects.get().body == "They agree to the annex."


def test_card_moved_by_someone_signed_out_goes_back(open_page):
    deal = DealFactory()
    StageFactory(pipeline=deal.stage.pipeline, name="Next", position=deal.stage.position + 1)
    page = open_page(UserFactory(), f"/board/{deal.stage.pipeline.slug}/")
    # Else the board notices first, and asks to log in.
    page.route("**/live/**", lambda route: route.abort())
    sign_out(page.context)
    page.locator(f"#deal-{deal.pk} .card-link").focus()

    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)

    expect(page.locator(".toast-title")).to_have_text(WORDS)
    expect(page.locator(f"[data-column='{deal.stage_id}'] #deal-{deal.pk}")).to_be_visible()
    assert Deal.objects.get().stage == deal.stage


def test_open_board_of_someone_signed_out_asks_to_log_in(open_page):
    deal = DealFactory()
    page = open_page(UserFactory(), f"/board/{deal.stage.pipeline.slug}/")

    sign_out(page.context)

    page.wait_for_url("**/accounts/login/?next=/board/**")


def test_form_of_someone_signed_out_keeps_what_was_typed(open_page, live_server):
    user = UserFactory()
    page = open_page(user, "/deals/new/")
    sign_out(page.context)
    page.get_by_label("Title").fill("Joint site with a utility")

    page.get_by_role("button", name="Create deal").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    login(page.context, user, live_server.url)
    page.go_back()
    expect(page.get_by_label("Title")).to_have_value("Joint site with a utility")
