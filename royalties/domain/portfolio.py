"""The accrual of the whole portfolio: what every agreement has earned to date, worked out anew in bulk.

The database sums the reports, the engine turns the sums into lines, and COPY writes them, batch by batch; so
memory does not grow with the portfolio, and the readers of one batch never see half of it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched

from django.db import connection, transaction

from lrs_tracker.problems import DomainError
from royalties.domain.engine_input import read_agreements
from royalties.domain.quantities import read_quantities
from royalties.domain.stored_rates import rates_for
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.calculation import calculate
from royalties.engine.codes import LineKind
from royalties.engine.lines import Lines
from royalties.enums import AgreementStatus
from royalties.models import Agreement, EarnedLine

BATCH = 1_000
_TYPES = {
    "agreement_id": "int8",
    "kind": "text",
    "term_id": "int8",
    "fee_id": "int8",
    "period_end": "date",
    "quantity": "numeric",
    "amount": "numeric",
    "currency": "text",
    "calculated_at": "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Recalculation:
    """How many agreements and lines were written, and, by agreement, why some could not be calculated."""

    agreements: int
    lines: int
    refused: dict[int, DomainError]


def recalculate_portfolio(
    *, through: dt.date, at: dt.datetime, progress: Callable[[int, int], None] | None = None
) -> Recalculation:
    """Write the accrued lines of every agreement in force or ended, through the last period that ends by a day.

    An agreement that lacks a rate or an index value keeps its earlier lines. `progress` is told how many
    agreements of how many are done.
    """
    ids = list(Agreement.objects.exclude(status=AgreementStatus.DRAFT).order_by("pk").values_list("pk", flat=True))
    written = 0
    refused: dict[int, DomainError] = {}
    for number, batch in enumerate(batched(ids, BATCH)):
        lines, problems = _recalculate(batch, through=through, at=at)
        written += lines
        refused |= problems
        if progress is not None:
            progress(min((number + 1) * BATCH, len(ids)), len(ids))
    return Recalculation(len(ids) - len(refused), written, refused)


@transaction.atomic
def _recalculate(ids: tuple[int, ...], *, through: dt.date, at: dt.datetime) -> tuple[int, dict[int, DomainError]]:
    agreements = read_agreements(ids)
    quantities = read_quantities(agreements)
    rates = rates_for((agreement, quantities.get(pk, ())) for pk, agreement in agreements.items())
    calculated: dict[int, Lines] = {}
    refused: dict[int, DomainError] = {}
    for pk, agreement in agreements.items():
        try:
            calculated[pk] = calculate(agreement, quantities.get(pk, ()), through=through, rates=rates)
        except DomainError as error:
            refused[pk] = error
    EarnedLine.objects.filter(agreement__in=calculated)._raw_delete(using=connection.alias)
    return _copy(_rows(calculated, agreements, at)), refused


def _rows(
    calculated: dict[int, Lines], agreements: dict[int, EngineAgreement], at: dt.datetime
) -> Iterator[tuple[object, ...]]:
    for pk, lines in calculated.items():
        currency = agreements[pk].rules.currency
        for (kind, item, period_end), (quantity, amount) in lines.items():
            fee = item if kind == LineKind.FEE else None
            yield pk, kind.value, None if fee else item, fee, period_end, quantity, amount, currency, at


def _copy(rows: Iterable[tuple[object, ...]]) -> int:
    count = 0
    statement = f"COPY {EarnedLine._meta.db_table} ({', '.join(_TYPES)}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(_TYPES.values()))
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
