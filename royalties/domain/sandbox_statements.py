"""The answer of a what-if calculation as people read it: statements with lines and what each is made of."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_number
from royalties.domain.explanations import Explanation, basis_unit, explain
from royalties.enums import LineKind

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a statement; its quantity is written with its unit."""

    label: str
    period_end: dt.date
    quantity: str
    amount: Decimal
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement: its day, period, totals that are not nought, and lines."""

    number: int
    period_end: dt.date
    issued_on: dt.date
    currency: str
    totals: tuple[tuple[str, Decimal], ...]
    payable: Decimal
    lines: tuple[ShownLine, ...]


def shown_statements(answer: Mapping[str, Any]) -> list[ShownStatement]:
    """Return the statements of an answer of `calculate_scenario`."""
    return [_statement(number, stated) for number, stated in enumerate(answer["statements"], start=1)]


def _statement(number: int, stated: Mapping[str, Any]) -> ShownStatement:
    repaid = sum((Decimal(line["amount"]) for line in stated["lines"] if line["kind"] == LineKind.REPAYMENT), _ZERO)
    totals = [
        (_("Earned"), Decimal(stated["earned"])),
        (_("Shortfall"), Decimal(stated["shortfall"])),
        (_("Fees"), Decimal(stated["fees"])),
        (_("Recouped"), Decimal(stated["recouped"]) - repaid),
        (_("Repaid"), repaid),
        (_("Withheld"), Decimal(stated["withheld"])),
    ]
    return ShownStatement(
        number=number,
        period_end=dt.date.fromisoformat(stated["period_end"]),
        issued_on=dt.date.fromisoformat(stated["issued_on"]),
        currency=stated["currency"],
        totals=tuple(total for place, total in enumerate(totals) if total[1] or place == 0),
        payable=Decimal(stated["payable"]),
        lines=tuple(_lines(stated)),
    )


def _lines(stated: Mapping[str, Any]) -> Iterator[ShownLine]:
    for line in stated["lines"]:
        trace = {**line["trace"], "reports": [_named(report) for report in line["trace"]["reports"]]}
        yield ShownLine(
            label=_label(line),
            period_end=dt.date.fromisoformat(line["period"]),
            quantity=_quantity(line, stated["currency"]),
            amount=Decimal(line["amount"]),
            explanation=explain(trace),
        )


def _named(report: Mapping[str, Any]) -> dict[str, Any]:
    return {**report, "plant_name": report["plant"]}


def _label(line: Mapping[str, Any]) -> str:
    kind = str(LineKind(line["kind"]).label)
    about = line["trace"].get("fee", {}).get("label") or line["term"]
    return f"{kind} · {about}" if about else kind


def _quantity(line: Mapping[str, Any], currency: str) -> str:
    if line["quantity"] is None:
        return ""
    unit = basis_unit(line["trace"].get("basis", ""), currency)
    return f"{format_number(Decimal(line['quantity']), pattern='#,##0.###')} {unit}".strip()
