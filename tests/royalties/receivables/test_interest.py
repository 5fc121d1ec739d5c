"""Late interest."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from royalties.domain.allocations import Part, allocate_payment
from royalties.domain.interest import Terms, accrue, charge_interest, preview_interest
from royalties.domain.invoices import cancel_invoice
from royalties.enums import InvoiceKind
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.royalties.factories import InvoiceFactory, PaymentFactory

DUE = dt.date(2026, 8, 14)
TERMS = Terms(Decimal("7.3"), 365, 5)


def day(number):
    """Return the day so many days after the due date."""
    return DUE + dt.timedelta(days=number)


def accrued(*, settled=(), through, terms=TERMS, amount=Decimal(1_000_000)):
    return accrue(amount=amount, due_on=DUE, settled=settled, terms=terms, through=through)


@pytest.mark.parametrize(
    ("settled", "late_days", "expected"),
    [
        ([], 0, "0.00"),
        ([], 5, "0.00"),  # within grace
        ([], 6, "1200.00"),  # after grace, from the due date: 200 a day
        ([], 30, "6000.00"),
        ([(5, 1_000_000)], 30, "0.00"),  # paid within grace
        ([(6, 1_000_000)], 30, "1200.00"),  # one day too late
        ([(5, 400_000)], 30, "3600.00"),  # what came within grace bears none
        ([(10, 400_000)], 30, "4400.00"),  # 10 × 200 + 20 × 120
        ([(10, 400_000), (20, 600_000)], 300, "3200.00"),
        ([(-3, 1_000_000)], 300, "0.00"),
        ([(40, 1_000_000)], 30, "6000.00"),  # as of an earlier day
    ],
)
def test_interest_day_by_day(settled, late_days, expected):
    payments = [(day(number), Decimal(amount)) for number, amount in settled]

    assert accrued(settled=payments, through=day(late_days)).rounded("USD") == Decimal(expected)


def test_interest_counts_360_days_where_agreed():
    terms = Terms(Decimal("7.2"), 360, 0)

    assert accrued(through=day(1), terms=terms).rounded("USD") == 200


def test_no_interest_without_a_rate():
    assert accrued(through=day(100), terms=Terms(Decimal(0), 365, 0)).steps == ()


payments = st.lists(
    st.tuples(st.integers(-20, 120).map(day), st.decimals(1, 300_000, places=2, allow_nan=False)), max_size=4
).filter(lambda parts: sum(part for _on, part in parts) <= 1_000_000)


@given(settled=payments, first=st.integers(0, 100), more=st.integers(0, 100), grace=st.integers(0, 30))
def test_interest_is_additive_over_spans(settled, first, more, grace):
    terms = Terms(Decimal("8.25"), 360, grace)
    early = accrued(settled=settled, through=day(first), terms=terms)
    late = accrued(settled=settled, through=day(first + more), terms=terms)

    assert late.exact >= early.exact
    if first > grace:
        # Day by day: each further day adds a day's interest on the balance at its beginning.
        added = sum(
            accrued(settled=settled, through=day(number + 1), terms=terms).exact
            - accrued(settled=settled, through=day(number), terms=terms).exact
            for number in range(first, first + more)
        )
        assert added == late.exact - early.exact


@given(settled=payments, through=st.integers(0, 150).map(day))
def test_steps_never_overlap_and_make_the_whole(settled, through):
    accrual = accrued(settled=settled, through=through)

    assert all(step.days > 0 and step.balance > 0 for step in accrual.steps)
    assert all(before.end <= after.start for before, after in zip(accrual.steps, accrual.steps[1:], strict=False))
    assert accrual.exact == sum(map(accrual.interest_of, accrual.steps))


@pytest.fixture
def invoice(db):
    return InvoiceFactory(
        statement__agreement__interest_percent=Decimal("7.3"), statement__agreement__grace_days=5, due_on=DUE
    )


@pytest.fixture
def finance(db):
    return UserFactory(role=Role.FINANCE)


def test_interest_is_charged_once_per_span(finance, invoice):
    first = charge_interest(invoice=invoice, through=day(30), by=finance, at=NOW)
    second = charge_interest(invoice=invoice, through=day(40), by=finance, at=NOW)

    assert [(each.kind, each.amount, each.interest_on_id) for each in (first, second)] == [
        (InvoiceKind.INTEREST, 6000, invoice.pk),
        (InvoiceKind.INTEREST, 2000, invoice.pk),
    ]
    assert second.interest_trace["charged_before"] == "6000.000"
    assert second.interest_trace["steps"] == [
        {
            "after": "2026-08-14",
            "through": "2026-09-23",
            "days": 40,
            "balance": "1000000.000",
            "interest": "8000.000000",
        }
    ]
    with pytest.raises(DomainError, match="charged already"):
        charge_interest(invoice=invoice, through=day(35), by=finance, at=NOW)


def test_interest_of_a_cancelled_interest_invoice_is_charged_again(finance, invoice):
    first = charge_interest(invoice=invoice, through=day(30), by=finance, at=NOW)
    cancel_invoice(invoice=first, reason="Goodwill", by=finance, at=NOW)

    assert charge_interest(invoice=invoice, through=day(30), by=finance, at=NOW).amount == 6000


def test_nothing_to_charge_is_refused(finance, invoice):
    with pytest.raises(DomainError, match="no interest to charge"):
        charge_interest(invoice=invoice, through=day(3), by=finance, at=NOW)
    with pytest.raises(DomainError, match="through today at the latest"):
        charge_interest(invoice=invoice, through=dt.date(2030, 1, 1), by=finance, at=NOW)
    interest = charge_interest(invoice=invoice, through=day(30), by=finance, at=NOW)
    with pytest.raises(DomainError, match="bears no interest"):
        charge_interest(invoice=interest, through=day(31), by=finance, at=NOW)


def test_payment_dated_back_makes_interest_charged_too_high(finance, invoice):
    charge_interest(invoice=invoice, through=day(30), by=finance, at=NOW)
    payment = PaymentFactory(licensor=invoice.licensor, received_on=day(2))
    allocate_payment(payment=payment, parts=[Part(invoice.pk)], by=finance)

    preview = preview_interest(invoice, through=day(60))
    assert (preview.total, preview.charged, preview.open) == (0, 6000, -6000)
