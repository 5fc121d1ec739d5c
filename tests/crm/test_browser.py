"""From a token to two systems in step, as an administrator does it in the browser."""

import pytest
from playwright.sync_api import expect

from companies.models import Company
from tests.browser import until
from tests.companies.factories import CompanyFactory
from tests.crm.stand_in.hubspot import TOKEN

pytestmark = pytest.mark.django_db(transaction=True)


def test_administrator_connects_maps_tries_and_runs(open_page, hubspot, worker, admin, service, stages):
    hubspot.add("companies", name="Aster", domain="aster.example")
    hubspot.add("companies", name="Vireo Cells", country="Japan")
    ours = CompanyFactory(name="Aster Motors Ltd", website="https://aster.example")
    page = open_page(admin, "/settings/crm/")

    page.get_by_role("link", name="Connect HubSpot").click()
    page.get_by_label("Access token of a private app").fill(TOKEN)
    # The select itself has that role and name until the script of searchable boxes has come.
    page.get_by_role("combobox", name="Acts as").and_(page.locator("input")).fill("CRM service")
    page.get_by_role("option", name="CRM service").click()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("none of theirs stands for them")).to_be_visible()

    # The worker reads their stages, on a cold start after a while; the page is loaded again until it has.
    page.get_by_role("link", name="Map stages").click()
    first = page.get_by_label("First contact")
    page.wait_for_url("**/mapping/#stages")
    until(page, lambda: page.reload() is not None and first.count() > 0)
    first.select_option(label="Appointmentscheduled")
    page.get_by_role("button", name="Save stages").click()
    expect(page.get_by_text("Saved. The next run compares everything anew.")).to_be_visible()
    expect(page.get_by_label("First contact")).to_have_value("default:appointmentscheduled")

    page.get_by_role("link", name="HubSpot", exact=True).click()
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("Nothing was written on either side.")).to_be_visible()
    expect(page.get_by_text("It may be Aster Motors Ltd.")).to_be_visible()
    assert Company.objects.count() == 1

    page.get_by_role("link", name="HubSpot", exact=True).click()
    # Until the page's script runs, the button sends at once what it then asks about in a dialog.
    page.wait_for_load_state()
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_text("Vireo Cells").first).to_be_visible()
    page.get_by_role("link", name="HubSpot", exact=True).click()
    page.get_by_role("button", name="The same Aster Motors Ltd").click()
    expect(page.get_by_text("Paired. The next run brings them together.")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("“HubSpot” is on.")).to_be_visible()

    assert Company.objects.get(name="Vireo Cells").country == "JP"
    assert Company.objects.get(pk=ours.pk).name == "Aster Motors Ltd"
