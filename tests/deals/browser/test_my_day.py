"""My day in a browser."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import Role
from deals.models import Deal, Task
from lrs_tracker.change_log import change_context
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.deals.factories import DealFactory, DocumentFactory, NoteFactory, StageFactory, TaskFactory


@pytest.fixture
def wei(transactional_db):
    return UserFactory(name="Wei Lin", role=Role.MANAGER)


@pytest.fixture
def step(wei):
    """A step of Wei's, on a desk with something of everything."""
    today, maria = timezone.localdate(), UserFactory(name="Maria Falk")
    stage = StageFactory(rot_days=10)
    deal = DealFactory(owner=wei, stage=stage, entered_stage_at=timezone.now() - dt.timedelta(days=20))
    DealFactory(owner=maria, stage=stage)
    DocumentFactory(deal=deal, expires_on=today)
    note = NoteFactory(deal=deal, author=maria, body="Please look at this, @Wei Lin: " + "long " * 40)
    note.mentions.add(wei)
    with change_context(actor_id=maria.pk, channel="web"):
        Deal.objects.filter(pk=deal.pk).update(title="A new title")
    return TaskFactory(deal=deal, title="Chase the report", due_on=today - dt.timedelta(days=1))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_my_day_is_accessible_and_fits(open_page, axe, wei, step, viewport, scheme):
    page = open_page(wei, "/", viewport=viewport, color_scheme=scheme)

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    page.get_by_role("button", name="Done: Chase the report").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert axe(page) == []


def test_an_empty_day_is_accessible(open_page, axe, wei):
    assert axe(open_page(wei, "/")) == []


def test_a_step_is_done_and_taken_back_in_place(open_page, wei, step):
    page = open_page(wei, "/")
    page.get_by_role("button", name="Done: Chase the report").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Done: Chase the report")).to_be_visible()
    assert Task.objects.get(pk=step.pk).done_at is None


def test_a_step_gets_another_date_in_place(open_page, wei, step):
    page = open_page(wei, "/")
    page.locator(f"#step-{step.pk} summary").click()
    page.get_by_label("New date").fill("2027-03-01")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(f"#step-{step.pk}")).to_contain_text("1 Mar 2027")
    assert Task.objects.get(pk=step.pk).due_on == dt.date(2027, 3, 1)


def test_news_is_gone_once_read(open_page, wei, step):
    page = open_page(wei, "/")
    expect(page.get_by_text("A new title").first).to_be_visible()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("You are up to date")).to_be_visible()
    expect(page.get_by_role("heading", name="You were mentioned")).to_be_hidden()


def test_a_step_is_done_without_scripts(open_page, wei, step):
    page = open_page(wei, "/", java_script_enabled=False)
    page.get_by_role("button", name="Done: Chase the report").click()
    expect(page.get_by_text("No next step in the coming two weeks")).to_be_visible()
