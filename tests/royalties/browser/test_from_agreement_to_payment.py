"""A royalty from an empty agreement to the last cent paid, restated in the middle, all of it by the pages."""

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from accounts.enums import Role
from plants.enums import Chemistry
from royalties.domain.ageing import ageing
from royalties.domain.invoice_states import with_state
from royalties.enums import InvoiceState, StatementStatus
from royalties.models import Agreement, Allocation, Invoice, Statement
from tests.accounts.factories import UserFactory
from tests.browser import login
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import LicensorFactory

pytestmark = pytest.mark.django_db(transaction=True)

SIGNING = "2026-01-05T09:00:00Z"
AFTER_FIRST_HALF = "2026-07-20T09:00:00Z"
AFTER_SECOND_HALF = "2027-01-20T09:00:00Z"
NINE_GWH = ["1.5"] * 6
ELEVEN_GWH = ["1.5", "1.5", "2", "2", "2", "2"]
PAID = "2027-02-10T09:00:00Z"
LAST_DAY = dt.date(2027, 2, 10)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def deal():
    """A deal with a plant; the licence is all that is missing."""
    deal = DealFactory(company=CompanyFactory(name="Aster Cells"), title="Cell licence", currency="USD")
    deal.plants.add(PlantFactory(company=deal.company, name="Aster 1", chemistry=Chemistry.LFP, status="operating"))
    LicensorFactory(name="Cathode Patents GmbH", invoice_prefix="CP")
    return deal


class Desk:
    """Someone of finance before a browser, on a day that moves on."""

    def __init__(self, page, clock, user, server):
        self.page, self.clock, self.user, self.server = page, clock, user, server

    def wait_until(self, moment):
        """Let time pass; a session does not outlast a half-year."""
        self.clock.move_to(moment)
        login(self.page.context, self.user, self.server.url)

    @property
    def dialog(self):
        return self.page.get_by_role("dialog")

    def go(self, name):
        # Until its scripts run, a page opens as a page what it then opens as a dialog.
        self.page.wait_for_load_state()
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def press(self, name):
        self.page.wait_for_load_state()
        self.page.get_by_role("button", name=name, exact=True).click()

    def says(self, text):
        expect(self.page.get_by_text(text).first).to_be_visible()

    def fill(self, month_figures):
        for place, gwh in enumerate(month_figures):
            for name in ("energy_produced_kwh", "energy_sold_kwh"):
                self.page.locator(f"[name=rows-{place}-{name}]").fill(gwh)


def make_agreement(desk, deal):
    """Enter the agreement of worked example 1 with an upfront fee, and put it into force."""
    page, dialog = desk.page, desk.dialog
    page.goto(f"{deal.get_absolute_url()}?tab=agreements")
    desk.go("Add an agreement")
    dialog.get_by_label("Reporting period").select_option("half_year")
    dialog.get_by_label("Effective").fill("2026-01-01")
    dialog.get_by_role("button", name="Create agreement").click()
    desk.says("Enter its terms next.")

    desk.go("Add a term")
    dialog.get_by_label("Label").fill("Royalty per kWh")
    dialog.get_by_label("Clause").fill("4.1")
    bounds, rates = dialog.locator("[name=tiers-up_to]"), dialog.locator("[name=tiers-rate]")
    dialog.get_by_role("button", name="Add a tier").click()
    for row, (bound, rate) in enumerate((("5000000", "2.00"), ("15000000", "1.50"), ("", "1.00"))):
        bounds.nth(row).fill(bound)
        rates.nth(row).fill(rate)
    expect(dialog.get_by_text("above 15 GWh at USD 1.00 per kWh")).to_be_visible()
    dialog.get_by_role("button", name="Add term").click()
    desk.says("“Royalty per kWh” is added.")

    page.get_by_role("link", name="Fees").click()
    desk.go("Add a fee")
    dialog.get_by_label("Label").fill("Upfront fee")
    dialog.get_by_label("Amount").fill("1000000")
    dialog.get_by_label("Date").fill("2026-01-15")
    dialog.get_by_role("button", name="Add fee").click()
    desk.says("“Upfront fee” is added.")

    desk.go("Put into force")
    dialog.get_by_label("Signed on").fill("2026-01-02")
    dialog.get_by_role("button", name="Put into force").click()
    desk.says("is in force.")
    return Agreement.objects.get()


def report_first_half(desk, agreement):
    """Enter the first half's figures, submit and accept them."""
    desk.page.goto(agreement.get_absolute_url())
    desk.go("Enter report H1 2026")
    desk.dialog.get_by_role("button", name="Go on").click()
    desk.page.wait_for_url("**/edit/")
    enter(desk, NINE_GWH)
    desk.press("Save and submit")
    desk.says("The report is submitted.")
    accept(desk)


def enter(desk, figures):
    """Fill in the months of a half-year in GWh."""
    desk.page.get_by_label("Energy in").select_option("GWh")
    desk.fill(figures)
    expect(desk.page.locator("[data-total=energy_sold_kwh]")).to_have_text(f"{sum(map(Decimal, figures)):.0f} GWh")


def accept(desk):
    """Accept the report on the screen."""
    desk.press("Accept report")
    desk.says("The report is accepted")


def issue(desk, number):
    """Issue the draft on the screen; return the statement."""
    desk.press("Issue statement")
    desk.dialog.get_by_role("button", name="Issue statement").click()
    expect(desk.page.get_by_role("heading", name="Before you issue")).to_be_hidden()
    return Statement.objects.get(number=number)


def draft_from_overview(desk, agreement):
    """Draft the statement that the overview says is to be made."""
    desk.page.goto("/royalties/")
    desk.page.get_by_role("button", name=agreement.code).click()
    expect(desk.page.get_by_role("heading", name="Before you issue")).to_be_visible()


def report_by_link(desk, agreement, open_page):
    """Make a link for the second half, and report through it as the licensee, without an account."""
    desk.page.goto("/royalties/reports/")
    desk.page.get_by_role("link", name=f"Link {agreement.code} H2 2026").click()
    desk.press("Make link")
    address = desk.page.locator("#new-link").text_content()
    licensee = open_page(None, address)
    visitor = Desk(licensee, desk.clock, None, desk.server)
    enter(visitor, NINE_GWH)
    licensee.get_by_label("Reported by").fill("Ana Ruiz")
    visitor.press("Check and send")
    expect(licensee.get_by_role("heading", name="Report received")).to_be_visible()


def tile(desk, label):
    """Return the figure of a tile."""
    name = desk.page.locator(".tile-label", has_text=re.compile(f"^{label}$"))
    return desk.page.locator(".tile", has=name).locator(".tile-value")


def enter_payment(desk, amount, reference):
    """Enter what arrived today."""
    desk.page.goto("/royalties/payments/")
    desk.go("New payment")
    desk.dialog.get_by_label("Currency").fill("USD")
    desk.dialog.get_by_label("Amount").fill(amount)
    desk.dialog.get_by_label("Remittance text").fill(reference)
    desk.dialog.get_by_role("button", name="Enter payment").click()
    desk.says("The payment is entered.")


def compare_pdf(desk):
    """Download the statement on the screen as PDF; each line's amount and the payable are in it as on the page."""
    amounts = desk.page.locator("table.lines > tbody > tr:not(.trace-row) > td:last-child").all_inner_texts()
    amounts += desk.page.locator("table.lines > tfoot td:last-child").all_inner_texts()
    desk.page.get_by_text("Files").click()
    address = desk.page.get_by_role("menuitem", name="Statement (PDF)").get_attribute("href")
    pdf = PdfReader(io.BytesIO(desk.page.request.get(address).body()))
    text = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert "3,000,000.00" in amounts
    for amount in amounts:
        assert amount.strip() in text


def reconcile(desk, count):
    """Accept the first suggestion for each payment, by keyboard alone."""
    desk.page.goto("/royalties/reconcile/")
    waiting = desk.page.locator("[data-reconcile-payment]")
    for left in range(count, 0, -1):
        expect(waiting).to_have_count(left)
        desk.page.keyboard.press("1")
    desk.says("Everything is allocated")


def test_agreement_is_reported_restated_stated_and_paid(open_page, live_server, time_machine, finance, deal):
    time_machine.move_to(SIGNING)
    desk = Desk(open_page(finance, "/"), time_machine, finance, live_server)
    page = desk.page
    agreement = make_agreement(desk, deal)

    desk.wait_until(AFTER_FIRST_HALF)
    report_first_half(desk, agreement)
    draft_from_overview(desk, agreement)
    expect(tile(desk, "Earned")).to_have_text("USD 16,000,000.00")
    first = issue(desk, 1)
    expect(tile(desk, "Payable")).to_have_text("USD 17,000,000.00")
    page.get_by_text("Open all traces").click()
    royalty = page.locator(f"#trace-{first.lines.get(kind='royalty').pk}")
    for words in ("5,000,000", "10,000,000.00", "4,000,000", "6,000,000.00"):
        expect(royalty).to_contain_text(words)

    desk.wait_until(AFTER_SECOND_HALF)
    report_by_link(desk, agreement, open_page)
    page.goto("/royalties/reports/")
    desk.go("H2 2026")
    desk.says("reported by Ana Ruiz")
    accept(desk)
    desk.press("Draft statement")
    issue(desk, 2)
    expect(tile(desk, "Payable")).to_have_text("USD 12,000,000.00")

    page.goto("/royalties/reports/?span=all")
    page.get_by_role("link", name=f"Restate {agreement.code} H1 2026").click()
    desk.dialog.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/edit/")
    enter(desk, ELEVEN_GWH)
    desk.press("Save and submit")
    preview = page.locator("section", has=page.get_by_role("heading", name="If you accept"))
    expect(preview).to_contain_text("3,000,000.00")
    expect(preview).to_contain_text("−1,000,000.00")
    accept(desk)

    desk.press("Draft corrections")
    third = issue(desk, 3)
    expect(tile(desk, "Payable")).to_have_text("USD 2,000,000.00")
    assert sorted(third.lines.exclude(amount=0).values_list("amount", flat=True)) == [-1_000_000, 3_000_000]
    compare_pdf(desk)

    desk.wait_until(PAID)
    invoices = list(Invoice.objects.order_by("number"))
    assert [invoice.amount for invoice in invoices] == [17_000_000, 12_000_000, 2_000_000]
    for amount, number in (("17000000", 0), ("5000000", 1), ("7000000", 1), ("2000000", 2)):
        enter_payment(desk, amount, f"Royalty {invoices[number].code}")
    reconcile(desk, 4)

    for invoice in invoices:
        page.goto(invoice.get_absolute_url())
        expect(page.locator(".page-header-facts")).to_contain_text("Paid")
        expect(tile(desk, "Outstanding")).to_have_text("USD 0.00")
        page.goto(invoice.statement.get_absolute_url())
        expect(page.locator(".page-header-facts")).to_contain_text("Settled")
    page.goto("/royalties/")
    desk.says("Nothing is owed.")
    assert set(Statement.objects.values_list("status", flat=True)) == {StatementStatus.SETTLED}
    assert sum(Allocation.objects.values_list("amount", flat=True)) == 31_000_000
    states = with_state(Invoice.objects.all(), today=LAST_DAY).values_list("state", flat=True)
    assert list(states) == [InvoiceState.PAID] * 3
    assert ageing(finance, as_of=LAST_DAY, currency="EUR").by_currency == []
