"""The lists of receivables on a phone."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from royalties.enums import DunningLevel
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.royalties.factories import CreditNoteFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_amounts_stand_in_sight_on_a_phone(open_page, axe, scheme):
    finance = UserFactory(role=Role.FINANCE)
    days = {"issued_on": dt.date(2025, 1, 10), "due_on": dt.date(2025, 2, 10), "dunned_on": dt.date(2025, 3, 3)}
    invoice = InvoiceFactory(**days, dunning_level=DunningLevel.REMINDED)
    PaymentFactory(licensor=invoice.licensor, amount=Decimal(1_250_000), reference="Royalty of the first half of 2026")
    note = CreditNoteFactory(agreement=invoice.agreement, licensor=invoice.licensor)
    page = open_page(finance, "/", viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")
    found = []
    for path in (
        "/royalties/receivables/?view=invoices",
        "/royalties/receivables/?view=reminders",
        "/royalties/payments/",
        note.get_absolute_url(),
    ):
        page.goto(path)
        found += [f"{path}: {violation}" for violation in axe(page)]
        assert page.locator("main .table-shell td.num:visible").count() > 0, path
        assert page.locator(".table-shell").last.evaluate("each => each.scrollWidth - each.clientWidth") <= 0, path
    assert found == []
