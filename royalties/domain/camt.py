"""Reading a bank's statements in XML: ISO 20022 camt.053, versions 001.02 and later.

Read of each booked entry: whether money came or went and whether it reverses another, the booking day, and
per transaction (batches are taken apart where the parts add up) amount, payer, remittance text and the bank's
reference. An entry without transactions, or whose transactions do not add up, is one booking.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_lazy as _

from lrs_tracker.currencies import currency_codes
from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE
from lrs_tracker.problems import DomainError, Text
from royalties.domain.bank_bookings import LARGEST_AMOUNT, MOST_BOOKINGS, Booking, with_references

_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-9])\}Document")
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,5})?")
_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "-", "0"})
_LEFT = _("Money that left the account")
_REVERSED = _("A reversal: look for the payment that the bank took back")
_NOT_BOOKED = _("Not booked yet")


def is_camt(content: bytes) -> bool:
    """Tell whether a file looks like XML."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_camt(content: bytes) -> list[Booking]:
    """Return the bookings of a file. Raise DomainError for one that is no statement, or a trap."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise DomainError(_("This file defines entities of its own, as no bank's file does: it is refused.")) from None
    except (ParseError, ValueError, LookupError):
        raise DomainError(_("This file is not readable as XML: it may be damaged or cut off.")) from None
    if not _NAMESPACE.fullmatch(root.tag):
        raise DomainError(_("This XML file is not a bank statement in the format CAMT.053."))
    found: list[Booking] = []
    for statement in _all(root, "BkToCstmrStmt/Stmt"):
        account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
        bookings = [booking for entry in _all(statement, "Ntry") for booking in _bookings(entry)]
        found += with_references(bookings, account=account)
        if len(found) > MOST_BOOKINGS:
            raise DomainError(_("This file has more than 20,000 bookings: split it by months."))
    return [replace(each, place=str(place)) for place, each in enumerate(found, start=1)]


def _bookings(entry: Element) -> Iterator[Booking]:
    """Yield the transactions of an entry, or the entry as a whole."""
    amount, currency = _amount(_find(entry, "Amt"))
    transactions = list(_all(entry, "NtryDtls/TxDtls"))
    parts = [_transaction_amount(each, currency) for each in transactions]
    is_split = len(transactions) > 1 and None not in parts and sum(filter(None, parts), Decimal(0)) == amount
    entry_reference = _reference(_text(entry, "AcctSvcrRef"))
    if not is_split:
        transaction = transactions[0] if len(transactions) == 1 else None
        own = _reference(_text(transaction, "Refs/AcctSvcrRef")) if transaction is not None else ""
        yield _booking(entry, transaction, amount, currency, entry_reference or own)
        return
    for number, (transaction, part) in enumerate(zip(transactions, parts, strict=True), start=1):
        own = _reference(_text(transaction, "Refs/AcctSvcrRef"))
        if not own or own == entry_reference:
            own = f"{entry_reference}/{number}" if entry_reference else ""
        yield _booking(entry, transaction, part, currency, own)


def _booking(
    entry: Element, transaction: Element | None, amount: Decimal | None, currency: str, reference: str
) -> Booking:
    booked_on = _day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm"))
    return Booking(
        place="",
        booked_on=booked_on,
        amount=amount,
        currency=currency,
        payer_name=_payer(transaction),
        text=_remittance(entry, transaction),
        bank_reference=reference,
        skipped=_why_skipped(entry, transaction, booked_on, amount, currency),
    )


def _why_skipped(
    entry: Element, transaction: Element | None, booked_on: dt.date | None, amount: Decimal | None, currency: str
) -> Text:
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status not in {"", "BOOK"}:
        return _NOT_BOOKED
    direction = (_text(transaction, "CdtDbtInd") if transaction is not None else "") or _text(entry, "CdtDbtInd")
    if _text(entry, "RvslInd") in {"true", "1"}:
        return _REVERSED
    if direction != "CRDT":
        return _LEFT
    if amount is None or amount <= 0 or amount >= LARGEST_AMOUNT or currency not in currency_codes():
        return _("The amount or its currency cannot be read")
    if booked_on is None:
        return _("The booking day cannot be read")
    return ""


def _transaction_amount(transaction: Element, currency: str) -> Decimal | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        amount, code = _amount(_find(transaction, path))
        if amount is not None and code == currency:
            return amount
    return None


def _payer(transaction: Element | None) -> str:
    if transaction is None:
        return ""
    for path in ("Dbtr/Pty/Nm", "Dbtr/Nm", "UltmtDbtr/Pty/Nm", "UltmtDbtr/Nm"):
        if name := _text(transaction, f"RltdPties/{path}"):
            return name
    return ""


def _remittance(entry: Element, transaction: Element | None) -> str:
    """Return the words of the payer, the structured references and the end-to-end id, else the bank's words."""
    if transaction is None:
        return _text(entry, "AddtlNtryInf")
    said = [*_texts(transaction, "RmtInf/Ustrd")]
    said += _texts(transaction, "RmtInf/Strd/CdtrRefInf/Ref")
    said += _texts(transaction, "RmtInf/Strd/RfrdDocInf/Nb")
    said += [text for text in _texts(transaction, "Refs/EndToEndId") if text.upper() not in _NO_REFERENCE]
    return " ".join(dict.fromkeys(said)) or _text(transaction, "AddtlTxInf") or _text(entry, "AddtlNtryInf")


def _reference(text: str) -> str:
    return "" if text.upper() in _NO_REFERENCE else text


def _amount(element: Element | None) -> tuple[Decimal | None, str]:
    if element is None:
        return None, ""
    typed = (element.text or "").strip()
    return (Decimal(typed) if _AMOUNT.fullmatch(typed) else None), element.get("Ccy", "")


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if EARLIEST_DATE <= day <= LATEST_DATE else None


def _all(element: Element, path: str) -> Iterator[Element]:
    """Yield what lies at a path, in whatever version's namespace."""
    return iter(element.findall("/".join(f"{{*}}{step}" for step in path.split("/"))))


def _find(element: Element, path: str) -> Element | None:
    return next(_all(element, path), None)


def _texts(element: Element, path: str) -> list[str]:
    return [" ".join(each.text.split()) for each in _all(element, path) if each.text and each.text.strip()]


def _text(element: Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")
