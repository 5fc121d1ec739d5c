"""Reminders of overdue invoices, and receivables by age."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from royalties.domain.ageing import Bucket, ageing, bucket_of, due_between, unallocated_by_currency
from royalties.domain.allocations import Part, allocate_payment
from royalties.domain.dunning import due_for_dunning, record_dunning, sent_reminders
from royalties.domain.invoice_states import with_state
from royalties.domain.invoices import dispute_invoice
from royalties.enums import DunningLevel, InvoiceState
from royalties.models import Invoice
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db
DUE = dt.date(2026, 8, 14)


def day(number):
    return DUE + dt.timedelta(days=number)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


def test_levels_fall_due_one_after_another(finance):
    invoice = InvoiceFactory(due_on=DUE)

    assert not due_for_dunning(finance, today=day(4)).exists()
    assert list(due_for_dunning(finance, today=day(5))) == [invoice]
    invoice = record_dunning(invoice=invoice, level=DunningLevel.REMINDED, on=day(12), by=finance, today=day(12))
    assert not due_for_dunning(finance, today=day(21)).exists()  # the pause
    assert list(due_for_dunning(finance, today=day(22))) == [invoice]
    with pytest.raises(DomainError, match="not the next one"):
        record_dunning(invoice=invoice, level=DunningLevel.FINAL_NOTICE, on=day(22), by=finance, today=day(22))
    for level, on in ((DunningLevel.FIRST_NOTICE, day(22)), (DunningLevel.FINAL_NOTICE, day(40))):
        invoice = record_dunning(invoice=invoice, level=level, on=on, by=finance, today=on)

    assert not due_for_dunning(finance, today=day(400)).exists()
    assert [(each.level, each.on) for each in sent_reminders(invoice)] == [
        (DunningLevel.REMINDED, "2026-08-26"),
        (DunningLevel.FIRST_NOTICE, "2026-09-05"),
        (DunningLevel.FINAL_NOTICE, "2026-09-23"),
    ]


def test_disputed_and_paid_invoices_are_not_reminded_of(finance):
    disputed, paid = InvoiceFactory(due_on=DUE), InvoiceFactory(due_on=DUE)
    disputed = dispute_invoice(invoice=disputed, note="Wrong", by=finance)
    payment = PaymentFactory(licensor=paid.licensor)
    allocate_payment(payment=payment, parts=[Part(paid.pk)], by=finance)

    assert not due_for_dunning(finance, today=day(50)).exists()
    for invoice in (disputed, paid):
        with pytest.raises(DomainError):
            record_dunning(invoice=invoice, level=DunningLevel.REMINDED, on=day(9), by=finance, today=day(9))


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, Bucket.NOT_DUE),
        (0, Bucket.NOT_DUE),
        (1, Bucket.TO_30),
        (30, Bucket.TO_30),
        (31, Bucket.TO_60),
        (60, Bucket.TO_60),
        (61, Bucket.TO_90),
        (90, Bucket.TO_90),
        (91, Bucket.OVER_90),
        (9999, Bucket.OVER_90),
    ],
)
def test_buckets(days, bucket):
    as_of = DUE + dt.timedelta(days=days)

    assert bucket_of(DUE, as_of=as_of) == bucket
    assert [
        each for each in Bucket if due_between(each, as_of=as_of)[0] <= DUE <= due_between(each, as_of=as_of)[1]
    ] == [bucket]


def test_ageing_by_licensee_and_currency_converted_and_apart(finance, django_assert_num_queries):
    FxRateFactory(base="EUR", quote="USD", on=day(1), rate=Decimal("1.25"))
    dollars = InvoiceFactory(due_on=DUE)
    agreement = dollars.agreement
    InvoiceFactory(agreement=agreement, statement__agreement=agreement, due_on=day(40), amount=Decimal(250_000))
    InvoiceFactory(statement__agreement__currency="KRW", due_on=DUE, amount=Decimal(500))
    payment = PaymentFactory(licensor=dollars.licensor, amount=Decimal(400_000), received_on=day(10))
    allocate_payment(payment=payment, parts=[Part(dollars.pk)], by=finance)

    with django_assert_num_queries(2):
        owed = ageing(finance, as_of=day(35), currency="EUR")

    row = next(row for row in owed.rows if row.currency == "USD")
    assert row.buckets == [250_000, 0, 600_000, 0, 0]
    assert (owed.converted.total, owed.converted.overdue) == (680_000, 480_000)
    assert [(row.currency, row.total) for row in owed.apart] == [("KRW", 500)]
    assert [(rate.base, rate.rate, rate.source) for rate in owed.rates] == [("USD", Decimal("0.8"), "ECB")]
    # Before the payment arrived, all of it was owed.
    assert ageing(finance, as_of=day(9), currency="EUR").converted.total == 1_000_000


def test_ageing_leaves_out_what_is_confidential(finance):
    secret = InvoiceFactory(statement__agreement__deal=DealFactory(is_confidential=True))
    PaymentFactory(licensor=secret.licensor, payer=secret.agreement.licensee)

    assert ageing(finance, as_of=day(100), currency="USD").rows == []
    assert unallocated_by_currency(finance) == []
    assert len(ageing(UserFactory(role=Role.MANAGER), as_of=day(100), currency="USD").rows) == 1


def test_states(finance):
    invoices = {name: InvoiceFactory(due_on=DUE) for name in ("open", "part", "paid", "disputed")}
    for name, amount in (("part", 5), ("paid", None)):
        payment = PaymentFactory(licensor=invoices[name].licensor)
        allocate_payment(payment=payment, parts=[Part(invoices[name].pk, amount and Decimal(amount))], by=finance)
    dispute_invoice(invoice=invoices["disputed"], note="Wrong", by=finance)

    def states(today):
        return [invoice.state for invoice in with_state(Invoice.objects.order_by("pk"), today=today)]

    assert states(DUE) == [InvoiceState.OPEN, InvoiceState.PART_PAID, InvoiceState.PAID, InvoiceState.DISPUTED]
    assert states(day(1)) == [InvoiceState.OVERDUE, InvoiceState.OVERDUE, InvoiceState.PAID, InvoiceState.DISPUTED]
