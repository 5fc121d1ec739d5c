"""Bank files: checked first, then taken in once."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.edits import require_permission
from lrs_tracker.file_types import check_file_name
from lrs_tracker.problems import DomainError
from royalties.domain.bank_bookings import Booking
from royalties.domain.bank_csv import Mapping, Sheet, guess_mapping, read_bookings, read_sheet
from royalties.domain.camt import is_camt, read_camt
from royalties.domain.payments import check_amount
from royalties.domain.settlement import lock_licensor
from royalties.enums import PaymentSource
from royalties.models import BankImport, Licensor, Payment

LARGEST_FILE_BYTES = 10 * 1024 * 1024
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class CheckedBooking:
    """A booking and whether it is new here; what is neither new nor skipped was entered before."""

    booking: Booking
    is_new: bool


def check_bank_file(*, content: bytes, name: str, licensor: Licensor) -> PaymentSource:
    """Return the format of a file. Raise DomainError for one that is empty, too large or was taken in before."""
    check_file_name(name)
    if not content:
        raise DomainError(_("This file is empty."), field="file")
    if len(content) > LARGEST_FILE_BYTES:
        raise DomainError(_("This file is larger than 10 MB: split it by months."), field="file")
    if BankImport.objects.filter(licensor=licensor, sha256=_digest(content)).exists():
        raise DomainError(_("This file was taken in already."), field="file", code="taken-in")
    return PaymentSource.CAMT if is_camt(content) else PaymentSource.CSV


def propose_mapping(sheet: Sheet, *, licensor: Licensor) -> Mapping:
    """Return how the last file with the same headings was read, else what the headings suggest."""
    earlier = BankImport.objects.filter(licensor=licensor, mapping__header=list(sheet.header)).order_by("-pk").first()
    if earlier is None:
        return guess_mapping(sheet, default_currency=licensor.reporting_currency)
    known = {name: value for name, value in earlier.mapping.items() if name in Mapping.__slots__}
    return Mapping(**known | {"header": sheet.header})


def read_bank_file(content: bytes, *, mapping: Mapping | None = None) -> list[Booking]:
    """Return the bookings of a file. Raise DomainError for one that cannot be read."""
    if is_camt(content):
        return read_camt(content)
    sheet = read_sheet(content)
    return read_bookings(sheet, mapping or guess_mapping(sheet, default_currency=""))


def check_bookings(bookings: Sequence[Booking], *, licensor: Licensor, today: dt.date) -> list[CheckedBooking]:
    """Return bookings with whether each would become a payment, in one query; one of a day to come is left out."""
    bookings = [_without_future(booking, today) for booking in bookings]
    references = [booking.bank_reference for booking in bookings]
    known = set(
        Payment.objects.filter(licensor=licensor, bank_reference__in=references).values_list(
            "bank_reference", flat=True
        )
    )
    checked = []
    for booking in bookings:
        is_new = not booking.skipped and booking.bank_reference not in known
        if not booking.skipped:
            known.add(booking.bank_reference)
        checked.append(CheckedBooking(booking, is_new))
    return checked


def _without_future(booking: Booking, today: dt.date) -> Booking:
    if booking.skipped or booking.booked_on is None or booking.booked_on <= today:
        return booking
    return replace(booking, skipped=_("Dated in the future"))


@transaction.atomic
def take_in(
    *, content: bytes, name: str, licensor: Licensor, mapping: Mapping | None = None, by: User, today: dt.date
) -> BankImport:
    """Make payments of a file's new bookings, once.

    Raise DomainError for a file that was taken in before or cannot be read, and when it has nothing new;
    nothing is kept of it then.
    """
    require_permission(by, "royalties.add_bankimport")
    require_permission(by, "royalties.add_payment")
    licensor = lock_licensor(licensor.pk)
    source = check_bank_file(content=content, name=name, licensor=licensor)
    checked = check_bookings(read_bank_file(content, mapping=mapping), licensor=licensor, today=today)
    new = [each.booking for each in checked if each.is_new]
    if not new:
        raise DomainError(_("This file has no payment that is not here already."))
    bank_import = BankImport.objects.create(
        licensor=licensor,
        file_name=name,
        sha256=_digest(content),
        source=source,
        mapping=mapping.as_json() if mapping is not None and source == PaymentSource.CSV else {},
        row_count=len(checked),
        new_count=len(new),
        created_by=by,
    )
    payments = [booking.to_payment() for booking in new]
    for booking, payment in zip(new, payments, strict=True):
        _check(booking, payment)
        payment.licensor, payment.source, payment.bank_import = licensor, source, bank_import
    Payment.objects.bulk_create(payments, batch_size=_CHUNK)
    return bank_import


def _check(booking: Booking, payment: Payment) -> None:
    try:
        check_amount(payment.amount, payment.currency)
    except DomainError as error:
        raise DomainError(_("Booking %(place)s: %(why)s") % {"place": booking.place, "why": error}) from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
