"""Invoices and credit notes of statements."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain.exchange_gains import take_rates
from royalties.domain.invoices import cancel_invoice, dispute_invoice, invoice_statement, reopen_invoice
from royalties.domain.receivable_rates import without_rate
from royalties.enums import InvoiceStatus, StatementStatus
from royalties.models import CreditNote, Invoice
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.money.factories import FxRateFactory
from tests.royalties.factories import AgreementFactory, IssuedStatementFactory, LicensorFactory, StatementFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


def statement_of(payable, **facts):
    return IssuedStatementFactory(earned=Decimal(payable), payable=Decimal(payable), **facts)


def test_invoice_of_a_positive_statement(finance):
    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 7, 10), rate=Decimal("1.25"))
    statement = statement_of("1000000.00")

    invoice = invoice_statement(statement=statement, by=finance, at=NOW)

    assert isinstance(invoice, Invoice)
    assert (invoice.number, invoice.amount, invoice.due_on) == (1, Decimal(1_000_000), statement.due_on)
    assert (invoice.reporting_currency, invoice.reporting_amount) == ("EUR", Decimal(800_000))
    assert invoice.reporting_rate_on == dt.date(2026, 7, 10)


def test_invoice_survives_a_missing_rate_and_takes_it_later(finance):
    invoice = invoice_statement(statement=statement_of(100), by=finance, at=NOW)

    assert invoice.reporting_amount is None
    assert list(without_rate(finance)) == [invoice]
    with pytest.raises(DomainError, match="no rate from USD to EUR for 2026-07-10"):
        take_rates(invoice=invoice, by=finance)

    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 7, 10), rate=Decimal("1.25"))
    assert take_rates(invoice=invoice, by=finance).reporting_amount == 80
    assert not without_rate(finance).exists()


def test_credit_note_of_a_negative_statement(finance):
    note = invoice_statement(statement=statement_of("-250.50"), by=finance, at=NOW)

    assert isinstance(note, CreditNote)
    assert (note.number, note.amount, note.currency) == (1, Decimal("250.50"), "USD")


def test_statement_of_zero_is_settled(finance):
    statement = statement_of(0)

    assert invoice_statement(statement=statement, by=finance, at=NOW) is None
    statement.refresh_from_db()
    assert (statement.status, statement.settled_on) == (StatementStatus.SETTLED, statement.issued_on)


@pytest.mark.parametrize("payable", [5, -5])
def test_statement_is_invoiced_once(finance, payable):
    statement = statement_of(payable)
    invoice_statement(statement=statement, by=finance, at=NOW)

    with pytest.raises(DomainError, match="invoiced already"):
        invoice_statement(statement=statement, by=finance, at=NOW)


def test_draft_is_not_invoiced(finance):
    with pytest.raises(DomainError, match="Only an issued statement"):
        invoice_statement(statement=StatementFactory(), by=finance, at=NOW)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_invoicing_is_for_finance(role):
    with pytest.raises(PermissionRefusedError):
        invoice_statement(statement=statement_of(5), by=UserFactory(role=role), at=NOW)


def test_numbers_run_per_licensor(finance):
    ours, theirs = LicensorFactory(), LicensorFactory()
    numbers = [
        invoice_statement(statement=statement_of(5, agreement=AgreementFactory(licensor=licensor)), by=finance, at=NOW)
        for licensor in (ours, ours, theirs)
    ]

    assert [invoice.code for invoice in numbers] == [
        f"{ours.invoice_prefix}-0001",
        f"{ours.invoice_prefix}-0002",
        f"{theirs.invoice_prefix}-0001",
    ]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_when_many_are_invoiced_at_once():
    finance, licensor = UserFactory(role=Role.FINANCE), LicensorFactory()
    statements = [statement_of(5, agreement=AgreementFactory(licensor=licensor)) for _each in range(6)]
    start = threading.Barrier(len(statements))

    def issue(statement):
        start.wait(timeout=20)
        invoice_statement(statement=statement, by=finance, at=NOW)
        connection.close()

    threads = [threading.Thread(target=issue, args=[statement]) for statement in statements]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_cancelled_invoice_owes_nothing_and_leaves_its_statement(finance):
    invoice = invoice_statement(statement=statement_of(500), by=finance, at=NOW)

    note = cancel_invoice(invoice=invoice, reason="Wrong address", by=finance, at=NOW)

    stored = Invoice.objects.with_balance().select_related("statement").get(pk=invoice.pk)
    assert (stored.status, stored.outstanding) == (InvoiceStatus.CANCELLED, 0)
    assert (note.amount, note.cancels_id, note.reason) == (500, invoice.pk, "Wrong address")
    assert stored.statement.status == StatementStatus.ISSUED
    with pytest.raises(DomainError, match="cancelled already"):
        cancel_invoice(invoice=invoice, reason="Again", by=finance, at=NOW)


def test_cancelling_needs_a_reason(finance):
    invoice = invoice_statement(statement=statement_of(500), by=finance, at=NOW)

    with pytest.raises(DomainError, match="Say why"):
        cancel_invoice(invoice=invoice, reason="  ", by=finance, at=NOW)


def test_dispute_and_its_end(finance):
    invoice = invoice_statement(statement=statement_of(500), by=finance, at=NOW)

    disputed = dispute_invoice(invoice=invoice, note="Says 9 GWh", expected_version=1, by=finance)
    assert (disputed.status, disputed.note) == (InvoiceStatus.DISPUTED, "Says 9 GWh")
    with pytest.raises(StaleVersionError):
        reopen_invoice(invoice=invoice, expected_version=1, by=finance)
    with pytest.raises(DomainError, match="is disputed"):
        dispute_invoice(invoice=disputed, note="Again", by=finance)
    assert reopen_invoice(invoice=disputed, by=finance).status == InvoiceStatus.OPEN
