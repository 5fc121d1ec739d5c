"""A statement in the browser: traces in place, issue, dispute; at every size and colour."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from royalties.enums import StatementStatus
from royalties.models import Statement
from tests.browser import DESKTOP, PHONE, settle
from tests.royalties.statements.desk import FIRST_ISSUE, draft, finance, issue, make_agreement, report

pytestmark = pytest.mark.django_db(transaction=True)


def drafted():
    """Return a draft with a restatement and a tax, ready to be issued."""
    agreement = make_agreement(withholding_percent=10)
    report(agreement, "2026-01", "9", through="2026-06", at=FIRST_ISSUE)
    issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-02", "2", at=FIRST_ISSUE + dt.timedelta(days=2))
    return draft(agreement, FIRST_ISSUE + dt.timedelta(days=3), through=dt.date(2026, 6, 30))


def test_traces_open_in_place(open_page):
    statement = drafted()
    line = statement.lines.get(kind="royalty")
    page = open_page(finance(), statement.get_absolute_url())
    trace = page.locator(f"#trace-{line.pk}")
    toggle = page.locator(f"#line-{line.pk} [data-trace]")
    expect(trace).to_be_hidden()
    toggle.focus()
    page.keyboard.press("Enter")
    expect(trace).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(trace).to_contain_text("Stated before")
    page.get_by_text("Open all traces").click()
    assert page.locator(".trace-row:visible").count() == statement.lines.count()
    page.get_by_text("Close all traces").click()
    expect(trace).to_be_hidden()
    page.goto(f"{statement.get_absolute_url()}#line-{line.pk}")
    page.reload()
    expect(trace).to_be_visible()


def test_issue_asks_first_and_dispute_follows(open_page):
    statement = drafted()
    page = open_page(finance(), statement.get_absolute_url())
    page.get_by_role("button", name="Issue statement").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("It then never changes.")
    dialog.get_by_role("button", name="Issue statement").click()
    expect(page.locator(".page-header .pill")).to_have_text("Issued")
    assert Statement.objects.get(pk=statement.pk).number == 2
    page.get_by_role("link", name="Dispute").click()
    page.get_by_label("What is disputed").fill("February is too high")
    page.get_by_role("button", name="Mark as disputed").click()
    expect(page.locator(".notice-late")).to_contain_text("February is too high")
    assert Statement.objects.get(pk=statement.pk).status == StatementStatus.DISPUTED


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, {"width": 360, "height": 740}], ids=["desktop", "phone", "360"])
def test_statement_pages_are_accessible(open_page, axe, color_scheme, viewport):
    statement = drafted()
    page = open_page(finance(), "/", color_scheme=color_scheme, viewport=viewport, reduced_motion="reduce")
    for path in (f"{statement.get_absolute_url()}?traces=all&compare=1", "/royalties/", "/royalties/statements/"):
        page.goto(path)
        settle(page)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
