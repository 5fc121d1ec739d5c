"""Due dates in business days."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.domain.business_days import due_date, is_business_day, last_business_day_before
from royalties.enums import DueFrom
from royalties.models import Agreement, Licensor

days = st.dates(dt.date(1990, 1, 1), dt.date(2099, 1, 1))


def agreement_of(country="DE", *, payment_days=45, due_from=DueFrom.PERIOD_END):
    return Agreement(licensor=Licensor(country=country), payment_days=payment_days, due_from=due_from)


@pytest.mark.parametrize(
    ("country", "payment_days", "due_from", "expected"),
    [
        ("DE", 45, DueFrom.PERIOD_END, dt.date(2026, 8, 14)),
        ("DE", 45, DueFrom.INVOICE_DATE, dt.date(2026, 8, 24)),
        ("DE", 10, DueFrom.PERIOD_END, dt.date(2026, 7, 10)),  # never before the invoice's own date
        ("DE", 46, DueFrom.PERIOD_END, dt.date(2026, 8, 17)),  # Saturday rolls to Monday
        ("JP", 42, DueFrom.PERIOD_END, dt.date(2026, 8, 12)),  # Mountain Day
        ("ZZ", 42, DueFrom.PERIOD_END, dt.date(2026, 8, 11)),  # no calendar: weekends only
    ],
)
def test_due_date(country, payment_days, due_from, expected):
    agreement = agreement_of(country, payment_days=payment_days, due_from=due_from)

    assert due_date(agreement, period_end=dt.date(2026, 6, 30), invoice_on=dt.date(2026, 7, 10)) == expected


def test_last_business_day_before_christmas_and_new_year():
    assert last_business_day_before(dt.date(2026, 12, 28), country="DE") == dt.date(2026, 12, 24)
    assert last_business_day_before(dt.date(2027, 1, 1), country="DE") == dt.date(2026, 12, 31)


@given(period_end=days, wait=st.integers(0, 400), payment_days=st.integers(0, 365), due_from=st.sampled_from(DueFrom))
def test_due_date_is_a_business_day_not_before_the_invoice(period_end, wait, payment_days, due_from):
    invoice_on = period_end + dt.timedelta(days=wait)
    agreement = agreement_of("SA", payment_days=payment_days, due_from=due_from)

    due_on = due_date(agreement, period_end=period_end, invoice_on=invoice_on)

    assert is_business_day(due_on, country="SA")
    assert due_on >= invoice_on
    assert not any(
        is_business_day(due_on - dt.timedelta(days=back), country="SA")
        for back in range(1, (due_on - max(invoice_on, due_on - dt.timedelta(days=30))).days + 1)
        if due_on - dt.timedelta(days=back)
        >= max(invoice_on, (period_end if due_from == DueFrom.PERIOD_END else invoice_on) + dt.timedelta(payment_days))
    )
