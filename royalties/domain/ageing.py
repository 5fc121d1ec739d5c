"""What licensees owe, by how long it has been due."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE
from lrs_tracker.visibility import Viewer
from money.domain.amounts import Money
from money.domain.conversion import AppliedRate, latest_rates
from royalties.models import Invoice, Payment


class Bucket(IntEnum):
    """How long a part of what is owed has been due."""

    NOT_DUE = 0
    TO_30 = 1
    TO_60 = 2
    TO_90 = 3
    OVER_90 = 4


BUCKET_LABELS = {
    Bucket.NOT_DUE: _("Not due"),
    Bucket.TO_30: _("1–30 days"),
    Bucket.TO_60: _("31–60 days"),
    Bucket.TO_90: _("61–90 days"),
    Bucket.OVER_90: _("Over 90 days"),
}


@dataclass(slots=True)
class AgeingRow:
    """What is owed in one currency, by bucket; `licensee_id` is None in a total."""

    currency: str
    licensee_id: int | None = None
    licensee: str = ""
    buckets: list[Decimal] = field(default_factory=lambda: [Decimal(0)] * len(Bucket))
    invoices: int = 0

    @property
    def total(self) -> Decimal:
        """All that is owed."""
        return sum(self.buckets, Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """What is owed and past its due date."""
        return self.total - self.buckets[Bucket.NOT_DUE]

    def add(self, other: "AgeingRow", rate: Decimal = Decimal(1)) -> None:
        """Add the buckets of another row, at a rate where it has another currency."""
        self.buckets = [mine + theirs * rate for mine, theirs in zip(self.buckets, other.buckets, strict=True)]
        self.invoices += other.invoices


@dataclass(frozen=True, slots=True)
class Ageing:
    """Receivables on a day: by licensee and currency, by currency, and converted into one currency.

    `licensees` are the converted rows; what has no rate is in neither them nor `converted`, but in `apart`.
    """

    as_of: dt.date
    rows: list[AgeingRow]
    by_currency: list[AgeingRow]
    licensees: list[AgeingRow]
    converted: AgeingRow
    apart: list[AgeingRow]
    rates: list[AppliedRate]


def bucket_of(due_on: dt.date, *, as_of: dt.date) -> Bucket:
    """Return the bucket of something that is due on a day."""
    days = (as_of - due_on).days
    if days <= 0:
        return Bucket.NOT_DUE
    return Bucket(min((days - 1) // 30 + 1, Bucket.OVER_90))


def due_between(bucket: Bucket, *, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last due date that a bucket holds on a day."""
    if bucket == Bucket.NOT_DUE:
        return as_of, LATEST_DATE
    last = as_of - dt.timedelta(days=30 * (bucket - 1) + 1)
    return (EARLIEST_DATE if bucket == Bucket.OVER_90 else last - dt.timedelta(days=29)), last


def ageing(user: Viewer, *, as_of: dt.date, currency: str) -> Ageing:
    """Return what licensees owed at the end of a day, as far as `user` may see it: two queries.

    Allocations count from the day of their payment. Conversion is at the latest rates of the year before
    the day, each shown with its date and source.
    """
    owed = (
        Invoice.objects.visible_to(user)
        .filter(issued_on__lte=as_of)
        .with_balance(as_of=as_of)
        .filter(outstanding__gt=0)
        .order_by("agreement__licensee__name", "agreement__licensee", "currency", "due_on", "pk")
        .values_list("agreement__licensee", "agreement__licensee__name", "currency", "due_on", "outstanding")
    )
    rows: dict[tuple[int, str], AgeingRow] = {}
    for licensee_id, name, code, due_on, outstanding in owed:
        row = rows.setdefault((licensee_id, code), AgeingRow(code, licensee_id, name))
        row.buckets[bucket_of(due_on, as_of=as_of)] += outstanding
        row.invoices += 1
    rates = latest_rates(currency, bases={code for _licensee, code in rows}, on=as_of)
    return _sum_up(list(rows.values()), as_of, currency, rates)


def unallocated_by_currency(user: Viewer) -> list[Money]:
    """Return what payers have as credit: payments about royalties that no invoice has taken yet."""
    paid = Payment.objects.visible_to(user).filter(is_ignored=False).with_left().filter(left__gt=0)
    sums = paid.order_by().values("currency").annotate(total=Sum("left")).order_by("currency")
    return [Money(row["total"], row["currency"]) for row in sums]


def _sum_up(rows: list[AgeingRow], as_of: dt.date, currency: str, rates: dict[str, AppliedRate]) -> Ageing:
    by_currency: dict[str, AgeingRow] = {}
    licensees: dict[int | None, AgeingRow] = {}
    converted = AgeingRow(currency)
    apart: dict[str, AgeingRow] = {}
    for row in rows:
        by_currency.setdefault(row.currency, AgeingRow(row.currency)).add(row)
        rate = rates.get(row.currency)
        if rate is None:
            apart.setdefault(row.currency, AgeingRow(row.currency)).add(row)
            continue
        licensees.setdefault(row.licensee_id, AgeingRow(currency, row.licensee_id, row.licensee)).add(row, rate.rate)
        converted.add(row, rate.rate)
    return Ageing(
        as_of,
        rows,
        _in_order(by_currency.values()),
        sorted(licensees.values(), key=lambda row: (-row.total, row.licensee)),
        converted,
        _in_order(apart.values()),
        [rate for code, rate in sorted(rates.items()) if code != currency],
    )


def _in_order(rows: Iterable[AgeingRow]) -> list[AgeingRow]:
    return sorted(rows, key=lambda row: row.currency)
