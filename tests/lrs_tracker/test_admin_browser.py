"""The admin in a browser, under the policy of the pages: lists, forms with autocomplete, history, actions, deletion."""

import pytest
from playwright.sync_api import Page, expect

from accounts.enums import Role
from deals.models import Deal, Task
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, PipelineFactory, StageFactory, TaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR, name="Ada")


@pytest.fixture
def stages():
    pipeline = PipelineFactory(name="Licences")
    return [
        StageFactory(pipeline=pipeline, position=position, name=name)
        for position, name in enumerate(["First", "Second"], start=1)
    ]


def choose(page: Page, field: str, text: str):
    """Type into the autocomplete of a field and take the first row found."""
    page.locator(f".field-{field} .select2-selection").first.click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option--highlighted", has_text=text).click()


def test_deal_is_added_with_autocomplete_then_changed_and_its_history_read(open_page, admin, stages):
    CompanyFactory(name="Volt Motors")
    page = open_page(admin, "/admin/deals/deal/")
    page.get_by_role("link", name="Add deal").click()

    choose(page, "company", "Volt")
    page.get_by_label("Title:").fill("Cell licence")
    page.get_by_label("Stage:").select_option("Licences: First")
    page.locator(".field-next_step_on a", has_text="Today").click()
    page.get_by_label("Next step:").fill("Call them")
    page.get_by_role("button", name="Save and continue editing").click()

    deal = Deal.objects.get()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    expect(page.locator(".field-company .select2-selection")).to_contain_text("Volt Motors")

    page.get_by_label("Title:").fill("Cell licence 2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#result_list").get_by_role("link", name=deal.code).click()
    page.get_by_role("link", name="History").click()

    expect(page.get_by_role("row", name="Cell licence 2")).to_contain_text("Ada")


def test_company_is_added_in_a_window_of_its_own_and_chosen(open_page, admin, stages):
    page = open_page(admin, "/admin/deals/deal/add/")

    with page.expect_popup() as opened:
        page.locator("#add_id_company").click()
    opened.value.get_by_label("Name:").fill("Volt Motors")
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Save").click()

    expect(page.locator(".field-company .select2-selection")).to_contain_text("Volt Motors")


def test_deals_are_moved_by_the_action_of_the_list(open_page, admin, stages):
    deals = DealFactory.create_batch(2, stage=stages[0])
    page = open_page(admin, "/admin/deals/deal/")

    page.locator("#action-toggle").check()
    expect(page.locator(".action-counter")).to_contain_text("2 of 2 selected")
    page.get_by_label("Action:").select_option("Move to another stage")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Move to:").select_option("Second")
    page.get_by_role("button", name="Move").click()

    expect(page.locator(".messagelist")).to_contain_text("moved to Second")
    assert stages[1].deals.count() == len(deals)


def test_refusal_is_shown_at_its_field_and_what_was_typed_stays(open_page, admin):
    task = TaskFactory(deal=DealFactory(is_confidential=True))
    UserFactory(name="Otto Outsider")
    page = open_page(admin, f"/admin/deals/task/{task.pk}/change/")

    page.get_by_label("What:").fill("Renamed")
    choose(page, "assignee", "Otto")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".field-assignee .errorlist")).to_contain_text("does not see this confidential deal")
    expect(page.get_by_label("What:")).to_have_value("Renamed")
    assert Task.objects.get().title == task.title


def test_form_that_another_has_overtaken_is_refused_once(open_page, admin):
    task = TaskFactory(title="Call")
    page = open_page(admin, f"/admin/deals/task/{task.pk}/change/")
    Task.objects.update(title="Called by another")

    page.get_by_label("What:").fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Someone saved this after you opened it")).to_be_visible()

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert Task.objects.get().title == "Mine"


def test_row_is_deleted_after_a_question(open_page, admin):
    task = TaskFactory()
    page = open_page(admin, f"/admin/deals/task/{task.pk}/change/")

    page.locator(".deletelink").click()
    expect(page.get_by_text("Are you sure")).to_be_visible()
    page.get_by_role("button", name="Yes, I’m sure").click()

    expect(page.locator(".messagelist")).to_contain_text("was deleted successfully")
    assert Task.objects.count() == 0


def test_list_is_searched_and_filtered(open_page, admin, stages):
    DealFactory(title="Wanted", stage=stages[0], is_confidential=True)
    DealFactory(title="Other", stage=stages[0])
    page = open_page(admin, "/admin/deals/deal/")

    page.locator("#searchbar").fill("wanted")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)

    page.goto("/admin/deals/deal/")
    page.locator("#changelist-filter details", has_text="By confidential").get_by_role("link", name="No").click()
    expect(page.locator("#result_list tbody tr")).to_contain_text(["Other"])


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1440"])
def test_no_page_is_wider_than_the_screen(open_page, admin, stages, viewport):
    deal = DealFactory(title="A licence with a long title " * 6, stage=stages[0])
    TaskFactory(deal=deal, title="Unbroken" * 20)
    page = open_page(admin, "/admin/", viewport=viewport)

    row = f"/admin/deals/deal/{deal.pk}"
    paths = ["/admin/", "/admin/deals/deal/", f"{row}/change/", f"{row}/history/", f"{row}/delete/"]
    for path in [*paths, "/admin/deals/task/", "/admin/deals/deal/add/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
