"""Reconciling by keyboard and by hand, and the pages of receivables in a browser."""

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from royalties.domain.allocations import Part, allocate_payment
from royalties.models import Allocation, Payment
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.royalties.factories import AgreementFactory, CreditNoteFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def invoices():
    agreement = AgreementFactory(interest_percent=Decimal(8))
    return [InvoiceFactory(statement__agreement=agreement, due_on=dt.date(2026, 8, 14)) for _each in range(3)]


def payment_to(invoice, amount, **facts):
    return PaymentFactory(licensor=invoice.licensor, amount=Decimal(amount), **facts)


def test_reconcile_with_the_keyboard_alone(open_page, finance, invoices):
    first = payment_to(invoices[0], 1_000_000, reference=f"Paid {invoices[0].code}", received_on=dt.date(2026, 9, 3))
    phone = payment_to(invoices[0], 48, reference="Phone bill", received_on=dt.date(2026, 9, 2))
    page = open_page(finance, "/royalties/reconcile/")

    page.keyboard.press("1")
    expect(page.get_by_text(f"set against {invoices[0].code}.")).to_be_visible()
    assert Allocation.objects.get().payment == first
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back: the payment is on the list again.")).to_be_visible()
    assert not Allocation.objects.exists()

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-reconcile-payment]").nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("Set aside as not about royalties.")).to_be_visible()
    assert Payment.objects.get(is_ignored=True) == phone
    page.keyboard.press("k")
    page.keyboard.press("s")
    page.wait_for_url(f"**{first.get_absolute_url()}")


def test_payment_is_split_over_invoices(open_page, finance, invoices):
    payment = payment_to(invoices[0], 1_500_000, reference="Thanks")
    page = open_page(finance, payment.get_absolute_url())

    page.get_by_label(f"Amount of {invoices[0].code} in USD").fill("1,000,000")
    page.get_by_label(f"Amount of {invoices[1].code} in USD").fill("600,000")
    page.get_by_role("button", name="Allocate").click()
    expect(page.get_by_role("alert")).to_contain_text("Only USD")
    expect(page.get_by_label(f"Amount of {invoices[1].code} in USD")).to_have_value("600,000")
    page.get_by_label(f"Amount of {invoices[1].code} in USD").fill("400,000")
    page.get_by_role("button", name="Allocate").click()

    expect(page.locator(".page-header-aside")).to_contain_text("100,000.00")
    assert Allocation.objects.count() == 2


def test_payment_in_another_currency_is_allocated_on_a_phone(open_page, finance, invoices):
    payment = payment_to(invoices[0], 900_000, currency="EUR")
    page = open_page(finance, payment.get_absolute_url(), viewport=PHONE, has_touch=True)

    amount = page.get_by_label(f"Amount of {invoices[0].code} in USD")
    takes = page.get_by_label(f"Taken from the payment for {invoices[0].code} in EUR")
    for field in (amount, takes):
        box = field.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["width"] >= 150
    amount.fill("1,000,000")
    takes.fill("880,000")
    page.get_by_role("button", name="Allocate").tap()

    expect(page.locator(".page-header-aside")).to_contain_text("20,000.00")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit_the_screen(open_page, axe, finance, invoices, viewport, scheme):
    paid = payment_to(invoices[0], 400_000)
    allocate_payment(payment=paid, parts=[Part(invoices[0].pk)], by=finance)
    waiting = payment_to(invoices[1], 5, reference=invoices[1].code)
    note = CreditNoteFactory(agreement=invoices[0].agreement)
    page = open_page(finance, "/royalties/receivables/", viewport=viewport, color_scheme=scheme)
    found = []
    for path in (
        *(f"/royalties/receivables/?view={view}" for view in ("ageing", "invoices", "reminders", "credit-notes")),
        "/royalties/receivables/?view=certificates",
        invoices[0].get_absolute_url(),
        f"{invoices[0].get_absolute_url()}letter/",
        f"{invoices[0].get_absolute_url()}interest/",
        note.get_absolute_url(),
        "/royalties/payments/",
        "/royalties/payments/import/",
        waiting.get_absolute_url(),
        "/royalties/reconcile/",
    ):
        page.goto(path)
        found += [f"{path}: {violation}" for violation in axe(page)]
        if page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
            found.append(f"{path}: wider than the screen")
    assert not found, "\n".join(found)
