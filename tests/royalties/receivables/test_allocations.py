"""What settles what."""

import datetime as dt
import re
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.allocations import Part, allocate_payment, deduct, remove_allocation, set_credit
from royalties.domain.certificates import add_certificate, outstanding_certificates
from royalties.domain.credit_notes import repay_credit_note, take_back_repayment
from royalties.domain.exchange_gains import take_rates
from royalties.domain.invoices import cancel_invoice, invoice_statement
from royalties.domain.payments import add_payment, change_payment, ignore_payment
from royalties.domain.settlement import outstanding_of, unallocated_of, unused_of
from royalties.enums import AllocationKind, StatementStatus
from royalties.models import Allocation, Invoice, Payment
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import AgreementFactory, InvoiceFactory, IssuedStatementFactory, PaymentFactory

pytestmark = pytest.mark.django_db
PAID_ON = dt.date(2026, 8, 14)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def invoice():
    return InvoiceFactory()


def payment_to(invoice, amount=1_000_000, **facts):
    return PaymentFactory(licensor=invoice.licensor, amount=Decimal(amount), **facts)


def pay(invoice, payment, by, amount=None, source_amount=None):
    part = Part(invoice.pk, amount and Decimal(amount), source_amount and Decimal(source_amount))
    return allocate_payment(payment=payment, parts=[part], by=by)[0]


def test_full_payment_settles_invoice_and_statement(finance, invoice):
    allocation = pay(invoice, payment_to(invoice), finance)

    invoice.statement.refresh_from_db()
    assert (allocation.amount, allocation.source_amount, allocation.on) == (1_000_000, 1_000_000, PAID_ON)
    assert (invoice.statement.status, invoice.statement.settled_on) == (StatementStatus.SETTLED, PAID_ON)


def test_taking_back_opens_the_statement_again(finance, invoice):
    payment = payment_to(invoice)
    remove_allocation(allocation=pay(invoice, payment, finance), by=finance)

    invoice.statement.refresh_from_db()
    assert (invoice.statement.status, invoice.statement.settled_on) == (StatementStatus.ISSUED, None)
    assert (outstanding_of(invoice), unallocated_of(payment)) == (1_000_000, 1_000_000)


def test_part_payments_over_two_invoices(finance, invoice):
    other = InvoiceFactory(agreement=invoice.agreement, statement__agreement=invoice.agreement)
    payment = payment_to(invoice, 1_500_000)

    allocate_payment(payment=payment, parts=[Part(invoice.pk), Part(other.pk)], by=finance)

    assert (outstanding_of(invoice), outstanding_of(other), unallocated_of(payment)) == (0, 500_000, 0)


def test_payment_larger_than_everything_owed_keeps_the_rest_as_credit(finance, invoice):
    payment = payment_to(invoice, 1_200_000)

    pay(invoice, payment, finance)

    assert unallocated_of(payment) == 200_000
    with pytest.raises(DomainError, match=re.escape("owes USD\xa00.00, not more")):
        pay(invoice, payment, finance, amount=1)


@pytest.mark.parametrize(
    ("amount", "paid", "words"),
    [
        ("1000000.01", 2_000_000, "not more"),
        ("500000.01", 500_000, "Only USD\xa0500,000.00 of this payment are left"),
        ("-1", 10, "above zero"),
        ("0.001", 10, "USD has 2 decimals"),
    ],
)
def test_allocation_beyond_either_side_is_refused(finance, invoice, amount, paid, words):
    with pytest.raises(DomainError, match=words):
        pay(invoice, payment_to(invoice, paid), finance, amount=amount)
    assert not Allocation.objects.exists()


def test_nothing_is_kept_when_one_part_is_refused(finance, invoice):
    other = InvoiceFactory(agreement=invoice.agreement, statement__agreement=invoice.agreement)
    parts = [Part(invoice.pk, Decimal(5)), Part(other.pk, Decimal(2_000_000))]

    with pytest.raises(DomainError):
        allocate_payment(payment=payment_to(invoice, 3_000_000), parts=parts, by=finance)
    assert not Allocation.objects.exists()


def test_payment_in_another_currency_takes_the_rate_of_its_day(finance, invoice):
    FxRateFactory(base="EUR", quote="USD", on=PAID_ON, rate=Decimal("1.25"))
    payment = payment_to(invoice, 800_000, currency="EUR")

    allocation = pay(invoice, payment, finance)

    assert (allocation.amount, allocation.source_amount) == (1_000_000, 800_000)
    assert allocation.trace["conversion"]["rate"] == "1.2500000000"


def test_payment_in_another_currency_without_a_rate_is_refused_or_says_what_it_takes(finance, invoice):
    payment = payment_to(invoice, 800_000, currency="EUR")

    with pytest.raises(DomainError, match="no rate is known for 2026-08-14"):
        pay(invoice, payment, finance)
    allocation = pay(invoice, payment, finance, amount=900_000, source_amount=800_000)
    assert (outstanding_of(invoice), unallocated_of(payment)) == (100_000, 0)
    assert allocation.trace["conversion"]["rate"] == "1.1250000000"


def test_gain_of_exchange_between_invoice_and_payment(finance):
    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 7, 10), rate=Decimal("1.25"))
    FxRateFactory(base="EUR", quote="USD", on=PAID_ON, rate=Decimal("1.00"))
    invoice = invoice_statement(statement=IssuedStatementFactory(), by=finance, at=NOW)

    allocation = pay(invoice, payment_to(invoice), finance, amount=500_000)

    # 500,000 USD were 400,000 EUR when invoiced and 500,000 EUR when paid.
    assert allocation.fx_gain == 100_000
    assert (allocation.trace["invoice"]["rate"], allocation.trace["payment"]["rate"]) == ("0.8", "1")


def test_gain_waits_for_its_rates(finance):
    invoice = invoice_statement(statement=IssuedStatementFactory(), by=finance, at=NOW)
    allocation = pay(invoice, payment_to(invoice), finance)
    assert allocation.fx_gain is None

    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 7, 10), rate=Decimal("1.25"))
    FxRateFactory(base="EUR", quote="USD", on=PAID_ON, rate=Decimal("1.60"))
    take_rates(invoice=invoice, by=finance)

    allocation.refresh_from_db()
    assert allocation.fx_gain == -175_000


def test_deductions_settle_the_rest(finance, invoice):
    payment = payment_to(invoice, 899_950)
    pay(invoice, payment, finance)
    deduct(
        invoice=invoice,
        kind=AllocationKind.WITHHOLDING,
        amount=Decimal(100_000),
        on=PAID_ON,
        payment=payment,
        by=finance,
    )
    deduct(invoice=invoice, kind=AllocationKind.BANK_FEE, amount=Decimal(45), on=PAID_ON, payment=payment, by=finance)
    with pytest.raises(DomainError, match="Say why"):
        deduct(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=Decimal(5), on=PAID_ON, by=finance)
    deduct(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=Decimal(5), on=PAID_ON, note="Rounding", by=finance)

    invoice.statement.refresh_from_db()
    assert invoice.statement.status == StatementStatus.SETTLED
    assert unallocated_of(payment) == 0


def test_only_a_small_difference_is_written_off(finance, invoice):
    deduct(invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=Decimal(9_000), on=PAID_ON, note="Agreed", by=finance)
    with pytest.raises(DomainError, match=re.escape("At most USD\xa010,000.00")):
        deduct(
            invoice=invoice, kind=AllocationKind.WRITE_OFF, amount=Decimal(1_001), on=PAID_ON, note="And", by=finance
        )


def test_certificate_covers_what_the_payer_withheld(finance, invoice):
    allocation = deduct(invoice=invoice, kind=AllocationKind.WITHHOLDING, amount=Decimal(100), on=PAID_ON, by=finance)
    assert [(each.about, each.missing) for each in outstanding_certificates(finance)] == [(allocation, 100)]
    values = {"agreement": invoice.agreement, "number": "A-1", "issued_on": PAID_ON, "currency": "USD"}

    with pytest.raises(DomainError, match="less tax than was withheld"):
        add_certificate(values=values | {"amount": Decimal(99)}, allocation=allocation, by=finance)
    add_certificate(values=values | {"amount": Decimal(100)}, allocation=allocation, by=finance)

    assert outstanding_certificates(finance) == []


def test_certificate_covers_a_statement(finance):
    statement = IssuedStatementFactory(earned=Decimal(1_000), withheld=Decimal(100), payable=Decimal(900))
    values = {"agreement": statement.agreement, "statement": statement, "number": "1", "issued_on": PAID_ON}
    values |= {"currency": "USD", "amount": Decimal(60)}
    add_certificate(values=values, by=finance)

    assert [each.missing for each in outstanding_certificates(finance)] == [40]
    with pytest.raises(DomainError, match="entered already"):
        add_certificate(values=values, by=finance)


def test_credit_note_is_set_against_an_invoice_and_repaid(finance, invoice):
    negative = IssuedStatementFactory(agreement=invoice.agreement, earned=Decimal(-300), payable=Decimal(-300))
    note = invoice_statement(statement=negative, by=finance, at=NOW)

    allocation = set_credit(credit_note=note, invoice=invoice, amount=Decimal(100), on=PAID_ON, by=finance)
    with pytest.raises(DomainError, match=re.escape("Only USD\xa0200.00")):
        repay_credit_note(credit_note=note, amount=Decimal(201), on=PAID_ON, by=finance)
    repay_credit_note(credit_note=note, amount=Decimal(200), on=PAID_ON, by=finance)

    negative.refresh_from_db()
    assert (negative.status, unused_of(type(note).objects.get())) == (StatementStatus.SETTLED, 0)
    assert outstanding_of(invoice) == 999_900
    remove_allocation(allocation=allocation, by=finance)
    take_back_repayment(credit_note=note, by=finance)
    negative.refresh_from_db()
    assert (negative.status, unused_of(type(note).objects.get())) == (StatementStatus.ISSUED, 300)


def test_credit_note_of_another_licensee_is_refused(finance, invoice):
    agreement = AgreementFactory(licensor=invoice.licensor)
    negative = IssuedStatementFactory(agreement=agreement, earned=Decimal(-300), payable=Decimal(-300))
    note = invoice_statement(statement=negative, by=finance, at=NOW)

    with pytest.raises(DomainError, match="another licensee's"):
        set_credit(credit_note=note, invoice=invoice, amount=Decimal(100), on=PAID_ON, by=finance)


def test_cancelled_invoice_takes_no_payment_and_stays_cancelled(finance, invoice):
    payment = payment_to(invoice)
    allocation = pay(invoice, payment, finance, amount=1)
    with pytest.raises(DomainError, match="Take that back first"):
        cancel_invoice(invoice=invoice, reason="Wrong", by=finance, at=NOW)
    remove_allocation(allocation=allocation, by=finance)
    cancel_invoice(invoice=invoice, reason="Wrong", by=finance, at=NOW)

    with pytest.raises(DomainError, match="is cancelled"):
        pay(invoice, payment, finance, amount=1)
    with pytest.raises(DomainError, match="cannot be taken back"):
        remove_allocation(allocation=Allocation.objects.get(), by=finance)


def test_hidden_invoice_does_not_exist_for_an_outsider(finance):
    invoice = InvoiceFactory(statement__agreement__deal=DealFactory(is_confidential=True))

    with pytest.raises(DomainError, match="no such invoice"):
        pay(invoice, payment_to(invoice), finance)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_allocating_is_for_finance(role, invoice):
    user = UserFactory(role=role)

    with pytest.raises(PermissionRefusedError):
        pay(invoice, payment_to(invoice), user)
    with pytest.raises(PermissionRefusedError):
        deduct(invoice=invoice, kind=AllocationKind.BANK_FEE, amount=Decimal(1), on=PAID_ON, by=user)


def test_payment_that_is_used_keeps_its_money(finance, invoice):
    payment = payment_to(invoice)
    pay(invoice, payment, finance, amount=400_000)

    with pytest.raises(DomainError, match="is allocated"):
        change_payment(payment=payment, values={"amount": Decimal(500_000)}, by=finance, today=PAID_ON)
    with pytest.raises(DomainError, match="is allocated"):
        ignore_payment(payment=payment, is_ignored=True, by=finance)
    assert change_payment(payment=payment, values={"note": "Seen"}, by=finance, today=PAID_ON).note == "Seen"


def test_payment_of_tomorrow_or_of_fractions_is_refused(finance, invoice):
    values = {"licensor": invoice.licensor, "currency": "JPY", "amount": Decimal("10.5"), "received_on": PAID_ON}

    with pytest.raises(DomainError, match="JPY has 0 decimals"):
        add_payment(values=values, by=finance, today=PAID_ON)
    with pytest.raises(DomainError, match="in the future"):
        add_payment(values=values | {"amount": Decimal(10)}, by=finance, today=PAID_ON - dt.timedelta(days=1))


def test_ignored_payment_settles_nothing(finance, invoice):
    payment = ignore_payment(payment=payment_to(invoice), is_ignored=True, by=finance)

    with pytest.raises(DomainError, match="not about royalties"):
        pay(invoice, payment, finance)


INSERT = """
    INSERT INTO royalties_allocation (invoice_id, kind, payment_id, "on", amount, source_amount, note, trace, version)
    VALUES (%s, %s, %s, '2026-08-14', %s, %s, '', '{}', 1)
"""


@pytest.mark.parametrize(
    ("amount", "source_amount", "rule"),
    [("1000000.01", "1", "within_invoice"), ("5", "1000000.01", "within_payment")],
)
def test_database_refuses_more_by_sql(invoice, amount, source_amount, rule):
    payment = payment_to(invoice)

    with connection.cursor() as cursor:
        cursor.execute(INSERT, [invoice.pk, "payment", payment.pk, amount, source_amount])
        # What is checked at the end of the transaction is checked now.
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM royalties_allocation")
    assert error.value.__cause__.diag.constraint_name == f"royalties_allocation_{rule}"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE royalties_payment SET amount = 399999.99 WHERE id = %s",
        "UPDATE royalties_payment SET currency = 'EUR' WHERE id = %s",
    ],
)
def test_database_keeps_a_used_payment(finance, invoice, sql):
    payment = payment_to(invoice)
    pay(invoice, payment, finance, amount=400_000)

    with pytest.raises(IntegrityError, match="allocated already"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [payment.pk])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["domain", "sql"])
def test_two_payments_at_once_never_settle_more_than_is_owed(way):
    finance, invoice = UserFactory(role=Role.FINANCE), InvoiceFactory()
    payments = [payment_to(invoice, 700_000) for _each in range(4)]
    start, refused = threading.Barrier(len(payments)), []

    def settle(payment):
        start.wait(timeout=20)
        try:
            if way == "domain":
                pay(invoice, payment, finance, amount=600_000)
            else:
                with connection.cursor() as cursor:
                    cursor.execute(INSERT, [invoice.pk, "payment", payment.pk, 600_000, 600_000])
        except (DomainError, IntegrityError) as error:
            refused.append(error)
        finally:
            connection.close()

    _run(settle, payments)

    assert len(refused) == 3
    assert Invoice.objects.with_balance().get(pk=invoice.pk).outstanding == 400_000


@pytest.mark.django_db(transaction=True)
def test_one_payment_is_never_spent_twice_at_once():
    finance, first = UserFactory(role=Role.FINANCE), InvoiceFactory()
    invoices = [first] + [
        InvoiceFactory(agreement=first.agreement, statement__agreement=first.agreement) for _each in range(3)
    ]
    payment, refused = payment_to(first), []
    start = threading.Barrier(len(invoices))

    def settle(invoice):
        start.wait(timeout=20)
        try:
            pay(invoice, payment, finance, amount=600_000)
        except DomainError as error:
            refused.append(error)
        finally:
            connection.close()

    _run(settle, invoices)

    assert len(refused) == 3
    assert Payment.objects.with_left().get().left == 400_000


def _run(work, things):
    threads = [threading.Thread(target=work, args=[thing]) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


class LawsOfAllocation(HypothesisTestCase):
    """Whatever is allocated and taken back, both sides add up."""

    @settings(max_examples=12, deadline=None)
    @given(
        steps=st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 70_000_000), st.booleans()), max_size=6
        )
    )
    def test_sums_add_up_and_go_back(self, steps):
        finance = UserFactory(role=Role.FINANCE)
        first = InvoiceFactory()
        invoices = [first, InvoiceFactory(agreement=first.agreement, statement__agreement=first.agreement)]
        payments = [payment_to(first, 500_000), payment_to(first, 900_000)]
        kept = []
        for invoice, payment, cents, is_taken_back in steps:
            try:
                allocation = pay(invoices[invoice], payments[payment], finance, amount=Decimal(cents).scaleb(-2))
            except DomainError:
                continue
            if is_taken_back:
                remove_allocation(allocation=allocation, by=finance)
            else:
                kept.append(allocation)

        settled = sum(invoice.amount - outstanding_of(invoice) for invoice in invoices)
        spent = sum(payment.amount - unallocated_of(payment) for payment in payments)
        assert settled == spent == sum(allocation.amount for allocation in kept)
        assert all(outstanding_of(invoice) >= 0 for invoice in invoices)
        for invoice in invoices:
            invoice.statement.refresh_from_db()
            is_settled = invoice.statement.status == StatementStatus.SETTLED
            assert is_settled == (outstanding_of(invoice) == 0)
        for allocation in kept:
            remove_allocation(allocation=allocation, by=finance)
        assert [outstanding_of(invoice) for invoice in invoices] == [1_000_000, 1_000_000]
        assert [unallocated_of(payment) for payment in payments] == [500_000, 900_000]
