"""A webhook from its first form to its first delivery, in a browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sync.domain.webhook_runs import run_webhooks
from sync.models import WebhookDelivery, WebhookEndpoint
from sync.tasks import RUN_FOR
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import CompanyFactory
from tests.sync.webhooks.conftest import settle
from tests.web_server import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_webhook_is_added_tried_told_and_deleted(open_page, axe, web_server, viewport):
    page = open_page(UserFactory(), "/settings/webhooks/", viewport=viewport)
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()

    page.get_by_role("link", name="New webhook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("CRM")
    dialog.get_by_label("Address").fill("http://crm.example/hooks")
    dialog.get_by_label("Companies").check()
    dialog.get_by_role("button", name="Add webhook").click()
    expect(dialog.get_by_text("The address must start with https://.")).to_be_visible()
    dialog.get_by_label("Address").fill(web_server.url)
    dialog.get_by_role("button", name="Add webhook").click()

    expect(page.locator("#new-secret")).to_be_visible()
    expect(page.locator("#new-secret")).to_have_text(WebhookEndpoint.objects.get().secret)
    assert axe(page) == []
    page.reload()
    expect(page.locator("#new-secret")).to_have_count(0)

    web_server.answer = say(404, "nobody here")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("nobody here")).to_be_visible()
    page.get_by_role("link", name="CRM", exact=True).click()

    web_server.answer = say(200)
    CompanyFactory(name="Northlake Motors")
    settle()
    while not WebhookDelivery.objects.filter(status="delivered").exists():
        run_webhooks(run_for=RUN_FOR, clock=timezone.now)
    page.reload()
    page.get_by_role("link", name="company.created").click()
    expect(page.get_by_text('"Northlake Motors"')).to_be_visible()
    assert axe(page) == []

    page.get_by_role("link", name="CRM", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()
