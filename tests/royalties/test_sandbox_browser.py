"""The calculator and the sandbox in a real browser."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from deals.models import DealPlant
from royalties.models import Agreement
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory, RampScenarioFactory
from tests.royalties.factories import LicensorFactory, TermSheetFactory, sheet_terms
from tests.royalties.worked_examples import EXAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

# What the page says is payable, statement by statement.
SHOWN = {
    "1": ["16,000,000.00", "12,000,000.00"],
    "2": ["13,500,000.00", "4,500,000.00"],
    "3": ["16,000,000.00", "12,000,000.00", "2,000,000.00"],
    "4": ["4,000,000.00", "4,000,000.00", "4,000,000.00", "8,000,000.00", "0.00"],
    "5": ["1,000,000.00", "12,000,000.00"],
    "6": ["4,898,100"],
}


def test_six_worked_examples_to_the_cent(open_page, axe):
    page = open_page(UserFactory(role=Role.READ_ONLY), "/royalties/calculator/")
    for number, payable in SHOWN.items():
        page.goto(f"/royalties/calculator/?example={number}")
        page.get_by_role("button", name="Calculate").click()
        expect(page.locator("[data-payable]")).to_have_text(payable)

    page.goto("/royalties/calculator/?example=3&by=json")
    page.get_by_label("One JSON object").fill(json.dumps(EXAMPLES["1 graduated, in one"][0]))
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("[data-payable]")).to_have_text(["28,000,000.00"])
    page.locator(".whatif-line summary").first.click()
    expect(page.get_by_role("cell", name="15,000,000.00")).to_be_visible()
    page.get_by_label("One JSON object").fill('{"agreement": {}}')
    page.get_by_role("button", name="Calculate").click()
    expect(page.get_by_text("agreement.currency")).to_be_visible()
    assert axe(page) == []


def test_term_sheets_are_compared_live_and_one_becomes_a_draft(open_page, axe):
    deal = DealFactory(currency="USD", title="Cells")
    plant = PlantFactory(name="Harlan Ridge", nameplate_gwh=Decimal(20))
    RampScenarioFactory(plant=plant, sop_on=dt.date(2027, 3, 1))
    DealPlant.objects.create(deal=deal, plant=plant)
    TermSheetFactory(deal=deal, name="Ours")
    TermSheetFactory(deal=deal, name="Theirs", terms=sheet_terms(term={"mode": "volume"}))
    LicensorFactory()
    page = open_page(UserFactory(role=Role.FINANCE), f"/royalties/sandbox/{deal.code}/")
    first = page.locator(".sheet-amount").first
    before = first.inner_text()

    page.get_by_label("Discount rate").fill("20")

    expect(first).not_to_have_text(before)
    expect(page.get_by_text("Present value at 20").first).to_be_visible()
    assert "rate=20" in page.url
    assert axe(page) == []
    page.get_by_role("link", name="Save as draft agreement").last.click()
    page.get_by_role("button", name="Save as draft agreement").click()
    expect(page.get_by_text("is drafted from “Theirs”")).to_be_visible()
    agreement = Agreement.objects.get()
    assert [tier.rate for tier in agreement.terms.get().tiers.order_by("position")] == [2, Decimal("1.5"), 1]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_are_accessible(open_page, axe, color_scheme):
    sheet = TermSheetFactory(name="Ours")
    own = f"/royalties/sandbox/{sheet.deal.code}/"
    page = open_page(UserFactory(role=Role.FINANCE), own, viewport=PHONE, color_scheme=color_scheme)
    for path in (own, f"{own}new/", f"{own}{sheet.pk}/edit/", "/royalties/calculator/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert axe(page) == [], path
