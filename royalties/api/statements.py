"""Statements as a resource."""

from dataclasses import replace

from lrs_tracker.api.reading import (
    Member,
    choice,
    date,
    flag,
    instant,
    integer,
    key,
    link,
    money,
    number,
    object_schema,
    objects,
    text,
)
from lrs_tracker.api.resources import Include, Resource, register, versioned
from royalties.api.filters import StatementsFilter
from royalties.enums import LineKind, StatementStatus
from royalties.models import Statement, StatementLine

_LINE = {
    "position": integer("position"),
    "kind": choice("kind", LineKind),
    "term": link("term_id"),
    "fee": link("fee_id"),
    "period_end": date("period_end"),
    "is_adjustment": flag("is_adjustment"),
    "label": text("label"),
    "quantity": number("quantity"),
    "amount": money("amount", "statement__currency"),
}
_TRACE = Member(("trace",), {"type": "object", "additionalProperties": True})


def _lines(*, with_trace: bool) -> Member:
    """Return the lines of a statement; one description holds for both, with or without traces."""
    members = {**_LINE, "trace": _TRACE} if with_trace else _LINE
    found = objects(StatementLine.objects.all(), of="statement_id", members=members, order="position")
    schema = object_schema({**_LINE, "trace": _TRACE})
    return replace(found, schema={"type": "array", "items": {**schema, "required": list(_LINE)}})


def _total(column: str) -> Member:
    return money(column, "currency")


@register
class Statements(Resource):
    """What agreements owe, period by period."""

    name = "statements"
    singular = "statement"
    title = "Statements"
    description = (
        "What an agreement owes through a period, less everything stated before. An issued statement never changes. "
        "The answer of one statement has the trace of each line, which recomputes to its amount; lists do not."
    )
    model = Statement
    members = versioned(
        {
            "agreement": key("agreement_id"),
            "deal": key("agreement__deal_id"),
            "licensee": key("agreement__licensee_id"),
            "number": integer("number", nullable=True),
            "period_start": date("period_start"),
            "period_end": date("period_end"),
            "status": choice("status", StatementStatus),
            "earned": _total("earned"),
            "shortfall": _total("shortfall"),
            "fees": _total("fees"),
            "recouped": _total("recouped"),
            "withheld": _total("withheld"),
            "payable": _total("payable"),
            "is_grossed_up": flag("is_grossed_up"),
            "due_on": date("due_on"),
            "calculated_at": instant("calculated_at"),
            "issued_on": date("issued_on"),
            "issued_at": instant("issued_at"),
            "issued_by": link("issued_by_id"),
            "dispute_reason": text("dispute_reason"),
            "disputed_at": instant("disputed_at"),
            "disputed_by": link("disputed_by_id"),
            "settled_on": date("settled_on"),
            "invoice": link("invoice__pk"),
            "credit_note": link("credit_note__pk"),
            "lines": _lines(with_trace=False),
        }
    )
    detail_members = {"lines": _lines(with_trace=True)}
    filters = StatementsFilter
    orders = {"period_end": "period_end"}
    includes = {
        "agreement": Include("agreement", "agreements"),
        "deal": Include("deal", "deals"),
        "licensee": Include("licensee", "companies"),
        "invoice": Include("invoice", "invoices"),
        "credit_note": Include("credit_note", "credit-notes"),
    }
