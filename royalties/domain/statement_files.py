"""A statement as one JSON document, with the traces that its page and PDF show."""

from typing import Any

from royalties.engine.exact import minor_unit, money, plain
from royalties.models import Statement, StatementLine

_TOTALS = ("earned", "shortfall", "fees", "recouped", "withheld", "payable")


def file_name(statement: Statement) -> str:
    """Return the name of a statement's files without their ending: “LRS-0008-2-statement-3”."""
    code = statement.agreement.code.replace("/", "-")
    if statement.number is None:
        return f"{code}-draft-{statement.period_end.isoformat()}"
    return f"{code}-statement-{statement.number}"


def statement_document(statement: Statement) -> dict[str, Any]:
    """Return a statement with its lines and traces; amounts are strings with the currency's decimals."""
    unit = minor_unit(statement.currency)
    return {
        "agreement": statement.agreement.code,
        "number": statement.number,
        "status": statement.status,
        "period_start": statement.period_start.isoformat(),
        "period_end": statement.period_end.isoformat(),
        "issued_on": statement.issued_on and statement.issued_on.isoformat(),
        "due_on": statement.due_on and statement.due_on.isoformat(),
        "currency": statement.currency,
        "grossed_up": statement.is_grossed_up,
        **{name: money(getattr(statement, name), unit) for name in _TOTALS},
        "lines": [_line(line, statement) for line in statement.lines.order_by("position")],
        "terms_used": statement.terms_used,
    }


def _line(line: StatementLine, statement: Statement) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "term": line.term_id,
        "fee": line.fee_id,
        "period_end": line.period_end.isoformat(),
        "label": line.label,
        "adjustment": line.is_adjustment,
        "quantity": None if line.quantity is None else plain(line.quantity),
        "amount": money(line.amount, minor_unit(statement.currency)),
        "trace": line.trace,
    }
