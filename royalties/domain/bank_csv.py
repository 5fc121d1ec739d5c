"""Reading a bank's bookings from CSV by a mapping of its columns."""

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from lrs_tracker.currencies import currency_codes
from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE
from lrs_tracker.problems import DomainError, Text
from royalties.domain.bank_bookings import LARGEST_AMOUNT, MOST_BOOKINGS, Booking, with_references

DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d-%m-%Y")
_MOST_COLUMNS = 200
_SAMPLE = 200
_COLUMN_NAMES = {
    "date": ("booking date", "date", "buchungstag", "buchungsdatum", "value date", "valuta", "datum", "posted"),
    "amount": ("amount", "betrag", "credit", "credit amount", "umsatz", "paid in"),
    "currency": ("currency", "währung", "waehrung", "ccy"),
    "payer": (
        "payer",
        "name",
        "counterparty",
        "debtor",
        "beguenstigter/zahlungspflichtiger",
        "auftraggeber",
        "name zahlungsbeteiligter",
        "description",
    ),
    "text": ("remittance", "remittance text", "reference text", "verwendungszweck", "details", "text", "message"),
    "reference": ("bank reference", "reference", "transaction id", "id", "referenz", "bankreferenz"),
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column says what; empty for none. `default_currency` counts where no column does."""

    date: str = ""
    amount: str = ""
    currency: str = ""
    payer: str = ""
    text: str = ""
    reference: str = ""
    default_currency: str = ""
    date_format: str = DATE_FORMATS[0]
    decimal: str = "."
    header: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the mapping as it is kept for the next file."""
        return asdict(self) | {"header": list(self.header)}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a CSV file under its headings."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        place = self.header.index(name)
        return [row[place].strip() if place < len(row) else "" for row in self.rows]


def read_sheet(content: bytes) -> Sheet:
    """Return the rows of a CSV file. Raise DomainError for one that is none or is too large."""
    text = _decode(content)
    if "\0" in text:
        raise DomainError(_("This file is not text."))
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(";,\t|", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error:
        raise DomainError(_("This file cannot be read as CSV.")) from None
    if len(rows) < 2:
        raise DomainError(_("This file has no bookings under a row of headings."))
    if len(rows) > MOST_BOOKINGS + 1:
        raise DomainError(_("This file has more than 20,000 bookings: split it by months."))
    header = tuple(cell.strip()[:100] for cell in rows[0])
    if len(header) > _MOST_COLUMNS or len(set(header)) != len(header):
        raise DomainError(_("The first row must name each column once."))
    return Sheet(header, rows[1:])


def guess_mapping(sheet: Sheet, *, default_currency: str) -> Mapping:
    """Return the mapping that the headings and the cells suggest."""
    lower = {name.casefold(): name for name in sheet.header}
    names = {
        what: next((lower[known] for known in known_names if known in lower), "")
        for what, known_names in _COLUMN_NAMES.items()
    }
    days = [cell for cell in sheet.column(names["date"])[:_SAMPLE] if cell] if names["date"] else []
    amounts = sheet.column(names["amount"])[:_SAMPLE] if names["amount"] else []
    return Mapping(
        **names,
        default_currency=default_currency,
        # The format that reads most of the days; the first of those that read as many.
        date_format=max(DATE_FORMATS, key=lambda each: sum(_day(day, each) is not None for day in days)),
        decimal="," if any(re.search(r",[0-9]{1,2}$", cell) for cell in amounts) else ".",
        header=sheet.header,
    )


def read_bookings(sheet: Sheet, mapping: Mapping) -> list[Booking]:
    """Return the bookings of a file. Raise DomainError for a mapping that lacks the day or the amount."""
    for name, words in (("date", _("Say which column has the day.")), ("amount", _("Say which one has the amount."))):
        if getattr(mapping, name) not in sheet.header:
            raise DomainError(words, field=name)
    if not mapping.currency and mapping.default_currency not in currency_codes():
        raise DomainError(_("Say which currency the account has."), field="default_currency")
    columns = {
        name: sheet.column(getattr(mapping, name)) if getattr(mapping, name) in sheet.header else None
        for name in ("date", "amount", "currency", "payer", "text", "reference")
    }
    bookings = []
    for place in range(len(sheet.rows)):
        cell = {name: cells[place] if cells else "" for name, cells in columns.items()}
        bookings.append(_booking(str(place + 2), cell, mapping))
    return with_references(bookings, account="")


def _booking(place: str, cell: dict[str, str], mapping: Mapping) -> Booking:
    booked_on = _day(cell["date"], mapping.date_format)
    amount = _amount(cell["amount"], mapping.decimal)
    currency = cell["currency"].upper() or mapping.default_currency
    skipped: Text = ""
    if booked_on is None:
        skipped = _("“%(cell)s” is not a day in this format") % {"cell": cell["date"][:30]}
    elif amount is None or abs(amount) >= LARGEST_AMOUNT:
        skipped = _("“%(cell)s” is not an amount") % {"cell": cell["amount"][:30]}
    elif amount <= 0:
        skipped = _("Money that left the account")
    elif currency not in currency_codes():
        skipped = _("“%(cell)s” is not a currency") % {"cell": currency[:10]}
    return Booking(
        place=place,
        booked_on=booked_on,
        amount=amount,
        currency=currency[:3],
        payer_name=" ".join(cell["payer"].split()),
        text=" ".join(cell["text"].split()),
        bank_reference=cell["reference"],
        skipped=skipped,
    )


def _amount(text: str, decimal: str) -> Decimal | None:
    group = "." if decimal == "," else ","
    plain = re.sub(r"[\s\u00a0']", "", text).replace("\u2212", "-").replace(group, "").replace(decimal, ".")
    return Decimal(plain) if re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,3})?", plain) else None


def _day(text: str, date_format: str) -> dt.date | None:
    try:
        day = dt.datetime.strptime(text.strip(), date_format).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None
    return day if EARLIEST_DATE <= day <= LATEST_DATE else None


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
