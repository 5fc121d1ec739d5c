"""Reading the euro foreign exchange reference rates of the European Central Bank.

The file `eurofxref-hist.csv` has a `Date` column and one column per currency, each cell being how many
units one euro buys, `N/A` or empty where none was published; the daily file `eurofxref.csv` has the same
shape with dates such as `20 November 2026`.
"""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import TextIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lrs_tracker.currencies import currency_codes
from lrs_tracker.problems import DomainError
from money.enums import RateKind
from money.models import FxRate

SOURCE = "ECB"
_DATE_FORMATS = ("%Y-%m-%d", "%d %B %Y")
_BATCH = 5000


@transaction.atomic
def import_ecb_rates(file: TextIO, *, since: dt.date | None = None) -> int:
    """Store the reference rates of an ECB file and return how many were new or different.

    Nothing is stored when a row cannot be read. Raise DomainError naming the row and column.
    """
    stored = 0
    batch: list[FxRate] = []
    for rate in _read(file, since or dt.date.min):
        batch.append(rate)
        if len(batch) == _BATCH:
            stored += _store(batch)
            batch = []
    return stored + _store(batch)


def _read(file: TextIO, since: dt.date) -> Iterator[FxRate]:
    rows = csv.reader(file)
    header = [name.strip() for name in next(rows, [])]
    if not header or header[0] != "Date":
        raise DomainError(_("This is not an ECB rate file: its first column must be “Date”."), field="file")
    currencies = [(index, code) for index, code in enumerate(header) if code in currency_codes()]
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        on = _date(row[0].strip(), number)
        if on < since:
            continue
        for index, code in currencies:
            cell = row[index].strip() if index < len(row) else ""
            if cell not in {"", "N/A"}:
                yield FxRate(
                    base="EUR",
                    quote=code,
                    on=on,
                    kind=RateKind.REFERENCE,
                    rate=_decimal(cell, number, code),
                    source=SOURCE,
                )


def _date(text: str, number: int) -> dt.date:
    for pattern in _DATE_FORMATS:
        try:
            return dt.datetime.strptime(text, pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise DomainError(_("Row %(row)s: “%(text)s” is not a date.") % {"row": number, "text": text[:40]}, field="file")


def _decimal(text: str, number: int, code: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not 0 < rate < Decimal("1e9"):
        raise DomainError(
            _("Row %(row)s, %(code)s: “%(text)s” is not a rate.") % {"row": number, "code": code, "text": text[:40]},
            field="file",
        )
    return rate


def _store(rates: Iterable[FxRate]) -> int:
    """Insert the rates that are new and update those that differ, so that a second import changes nothing."""
    rates = list(rates)
    if not rates:
        return 0
    days = [rate.on for rate in rates]
    known = {
        (row.quote, row.on): row
        for row in FxRate.objects.filter(base="EUR", kind=RateKind.REFERENCE, on__range=(min(days), max(days)))
    }
    new = [rate for rate in rates if (rate.quote, rate.on) not in known]
    changed = []
    for rate in rates:
        row = known.get((rate.quote, rate.on))
        if row is not None and row.rate != rate.rate:
            row.rate, row.source = rate.rate, rate.source
            changed.append(row)
    FxRate.objects.bulk_create(new)
    FxRate.objects.bulk_update(changed, ["rate", "source"])
    return len(new) + len(changed)
