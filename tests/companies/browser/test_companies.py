import re

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from companies.models import Company
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hallberg():
    group = CompanyFactory(
        name="Hallberg Group", country="SE", website="https://example.com/", about="Trucks and cars."
    )
    CompanyFactory(name="Hallberg Cells", parent=group, is_fictional=True)
    ContactFactory(company=group, name="Dana Ortiz", email="dana@example.com", phone="+46 1")
    SourcedFactFactory(company=group, value="35", source="Maker")
    SourcedFactFactory(company=group, value="20", source="Local press", source_url="https://example.com/news")
    PlantFactory(company=group, status="operating")
    DealFactory(company=group)
    return group


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit_the_screen(open_page, axe, hallberg, viewport, scheme):
    page = open_page(UserFactory(), "/companies/", viewport=viewport, color_scheme=scheme)
    for address in ("/companies/", "/companies/?q=nothing", "/companies/new/", hallberg.get_absolute_url()):
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_branch_folds_and_opens(open_page, hallberg):
    page = open_page(UserFactory(), "/companies/")
    toggle = page.get_by_role("button", name="Companies below Hallberg Group")

    toggle.click()
    expect(page.get_by_role("link", name="Hallberg Cells")).to_be_hidden()
    toggle.press("Enter")
    expect(page.get_by_role("link", name="Hallberg Cells")).to_be_visible()


def test_typing_filters_the_list_and_the_address_keeps_it(open_page, hallberg):
    CompanyFactory(name="Zeta Motors")
    page = open_page(UserFactory(), "/companies/?kind=oem")

    page.get_by_role("searchbox", name="Find by name").fill("zeta")

    expect(page.get_by_role("link", name="Hallberg Group")).to_have_count(0)
    expect(page.get_by_role("link", name="Zeta Motors")).to_be_visible()
    expect(page).to_have_url(re.compile(r"(?=.*q=zeta)(?=.*kind=oem)"))
    page.go_back()
    expect(page.get_by_role("link", name="Hallberg Group")).to_be_visible()


def test_new_company_is_created_in_a_dialog_after_a_look_at_similar_names(open_page, axe, hallberg):
    page = open_page(UserFactory(), "/companies/")
    page.get_by_role("link", name="New company").click()
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Name").press_sequentially("Hallberg Groups")
    expect(dialog.get_by_text("Is it one of these?")).to_be_visible()
    dialog.get_by_role("button", name="Create company").click()
    dialog.get_by_label("It is another company: create it").check()
    assert axe(page) == []
    dialog.get_by_role("button", name="Create company").click()

    expect(page.get_by_role("heading", name="Hallberg Groups", level=1)).to_be_visible()
    assert Company.objects.filter(name="Hallberg Groups").exists()


def test_stale_edit_shows_both_versions_in_the_dialog(open_page, axe, hallberg):
    page = open_page(UserFactory(), hallberg.get_absolute_url())
    page.get_by_role("link", name="Edit company").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_visible()
    Company.objects.filter(pk=hallberg.pk).update(name="Hallberg AB")

    dialog.get_by_label("Name").fill("Hallberg Holding")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("row", name="Name Hallberg AB Hallberg Holding")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Hallberg Holding", level=1)).to_be_visible()


def test_archiving_asks_first_and_can_be_undone(open_page, hallberg):
    page = open_page(UserFactory(), hallberg.get_absolute_url())

    page.locator("summary", has=page.get_by_label("More")).click()
    page.get_by_role("button", name="Archive company").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(page.get_by_text("This company is archived")).to_be_visible()
    page.locator("summary", has=page.get_by_label("More")).click()
    page.get_by_role("button", name="Restore company").click()

    expect(page.get_by_text("This company is archived")).to_have_count(0)


def test_directory_works_without_scripts(open_page, hallberg):
    page = open_page(UserFactory(), "/companies/new/", java_script_enabled=False)

    page.get_by_label("Name").fill("Quiet Motors")
    page.get_by_role("button", name="Create company").click()

    expect(page.get_by_role("heading", name="Quiet Motors", level=1)).to_be_visible()


def test_viewer_sees_no_controls(open_page, hallberg):
    page = open_page(UserFactory(role=Role.READ_ONLY), hallberg.get_absolute_url())

    expect(page.get_by_role("heading", name="Hallberg Group", level=1)).to_be_visible()
    for name in ("Edit company", "Add contact", "Add fact", "Add plant"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
