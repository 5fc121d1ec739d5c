"""Bookings of a bank, as any of its files tells them."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from lrs_tracker.problems import Text
from royalties.models import Payment

MOST_BOOKINGS = 20_000
LARGEST_AMOUNT = Decimal("1e15")
_TEXT_LENGTH = 500
_NAME_LENGTH = 200
_REFERENCE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking; `skipped` says why it is no payment, such as money that left."""

    place: str
    booked_on: dt.date | None
    amount: Decimal | None
    currency: str
    payer_name: str = ""
    text: str = ""
    bank_reference: str = ""
    skipped: Text = ""

    def to_payment(self) -> Payment:
        """Return an unsaved payment."""
        assert self.booked_on is not None  # noqa: S101  # a booking without a day is skipped
        assert self.amount is not None  # noqa: S101
        return Payment(
            received_on=self.booked_on,
            currency=self.currency,
            amount=self.amount,
            payer_name=self.payer_name[:_NAME_LENGTH],
            reference=self.text[:_TEXT_LENGTH],
            bank_reference=self.bank_reference,
        )


def with_references(bookings: Iterable[Booking], *, account: str) -> list[Booking]:
    """Return bookings with a reference each that no other booking of the account has.

    The bank's own is kept where there is one. Else it is made from what the booking says, and from how many
    bookings before it in the file say the same, so that the same booking has it in every file.
    """
    seen: Counter[str] = Counter()
    found = []
    for booking in bookings:
        reference = booking.bank_reference
        if reference:
            reference = f"{account}:{reference}" if account else reference
        else:
            facts = (account, booking.booked_on, booking.amount, booking.currency, booking.payer_name, booking.text)
            digest = hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()[:40]
            reference = f"content:{digest}:{seen[digest]}"
            seen[digest] += 1
        if len(reference) > _REFERENCE_LENGTH:
            reference = f"long:{hashlib.sha256(reference.encode()).hexdigest()}"
        found.append(replace(booking, bank_reference=reference))
    return found
