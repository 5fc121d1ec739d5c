"""A statement as PDF: letterhead, lines, totals, terms, and a trace of every line."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lrs_tracker.countries import country_name
from lrs_tracker.formats import format_amount, format_day_in_full, format_figure
from royalties.domain.explanations import Explanation
from royalties.domain.periods import describe_period
from royalties.domain.shown_lines import ShownLine, shown_lines
from royalties.domain.terms_in_words import terms_in_words
from royalties.enums import LineKind, StatementStatus
from royalties.models import Statement

_SOURCE = Path(__file__).with_name("statement.typ")
# Scripts that the embedded fonts do not draw: only then are the fonts of the system read, which takes longer.
_OTHER_SCRIPT = re.compile(r"[^\u0000-\u052f\u1e00-\u2bff\ufeff]")
_LONG_WORD = re.compile(r"\S{31,}")
_BREAK = "\u200b"


def write_pdf(statement: Statement) -> bytes:
    """Return the statement as PDF/A in the active language: the same bytes for the same statement.

    Its texts go to Typst as data, so nothing in a name is taken for markup.
    """
    document = json.dumps(pdf_document(statement), ensure_ascii=False)
    return typst.compile(
        _source(),
        format="pdf",
        font_paths=_fonts(is_wide=bool(_OTHER_SCRIPT.search(document))),
        timestamp=(statement.issued_at or statement.calculated_at).replace(microsecond=0),
        sys_inputs={"statement": document},
        pdf_standards="a-2b",
    )


def pdf_document(statement: Statement) -> dict[str, Any]:
    """Return what the PDF says, every figure and date already in words."""
    lines = shown_lines(list(statement.lines.order_by("position")))
    terms = statement.terms_used
    return _breakable(
        {
            "language": (get_language() or "en")[:2],
            "draft": _("DRAFT") if statement.status == StatementStatus.DRAFT else "",
            "title": _title(statement),
            "licensor": _letterhead(terms),
            "licensee": terms.get("licensee", {}).get("name") or statement.agreement.licensee.name,
            "facts": list(_facts(statement)),
            "labels": _labels(statement),
            "lines": [_line(shown, statement.currency) for shown in lines],
            "totals": list(_totals(statement, lines)),
            "payable": [_payable_label(statement), format_amount(statement.payable, statement.currency)],
            "terms": [term._asdict() for term in terms_in_words(statement)],
            "payment": _payment(statement),
            "traces": [_trace(shown, statement.currency) for shown in lines],
        }
    )


@cache
def _source() -> bytes:
    return _SOURCE.read_bytes()


@cache
def _fonts(*, is_wide: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=is_wide)


def _breakable(value: Any) -> Any:
    """Let words break that are longer than a column."""
    match value:
        case str():
            return _LONG_WORD.sub(lambda word: _BREAK.join(re.findall(r".{1,16}", word[0])), value)
        case list():
            return [_breakable(each) for each in value]
        case dict():
            return {name: _breakable(each) for name, each in value.items()}
    return value


def _title(statement: Statement) -> str:
    if statement.number is None:
        return _("Royalty statement")
    return _("Royalty statement %(number)s") % {"number": statement.number}


def _letterhead(terms: dict[str, Any]) -> dict[str, Any]:
    licensor = terms.get("licensor", {})
    lines = licensor.get("address", "").splitlines()
    lines += [country_name(licensor["country"])] if licensor.get("country") else []
    lines += [_("Tax number %(number)s") % {"number": licensor["tax_number"]}] if licensor.get("tax_number") else []
    lines += [licensor["email"]] if licensor.get("email") else []
    return {"name": licensor.get("name", ""), "lines": lines}


def _facts(statement: Statement) -> Any:
    agreement = statement.terms_used.get("agreement", {})
    yield _("Agreement"), f"{agreement.get('code', '')} {agreement.get('title', '')}".strip()
    for amendment in statement.terms_used.get("amendments", [])[-1:]:
        yield _("Amendment"), f"{amendment['number']}: {amendment['title']}"
    yield _("Period"), describe_period(statement.period_start, statement.period_end)
    if statement.issued_on is None:
        yield _("Calculated"), format_day_in_full(timezone.localdate(statement.calculated_at))
    else:
        yield _("Date"), format_day_in_full(statement.issued_on)
    if statement.due_on is not None and statement.payable > 0:
        yield _("Payable by"), format_day_in_full(statement.due_on)


def _labels(statement: Statement) -> dict[str, str]:
    currency = {"currency": statement.currency}
    return {
        "to": _("To"),
        "line": _("Line"),
        "period": _("Period"),
        "quantity": _("Quantity"),
        "amount": _("Amount, %(currency)s") % currency,
        "terms": _("Terms used"),
        "clause": _("Clause"),
        "payment": _("Payment"),
        "traces": _("How each line came about"),
        "tier": _("Tier"),
        "from": _("From"),
        "until": _("To"),
        "rate": _("Rate"),
        "page": _("Page"),
    }


def _line(shown: ShownLine, currency: str) -> dict[str, str]:
    return {
        "label": shown.line.label,
        "detail": shown.detail,
        "period": shown.period,
        "quantity": shown.quantity,
        "amount": format_figure(shown.amount, currency),
    }


def _totals(statement: Statement, lines: Sequence[ShownLine]) -> Any:
    repaid = sum((shown.amount for shown in lines if shown.line.kind == LineKind.REPAYMENT), Decimal(0))
    signed = (
        (_("Earned"), statement.earned),
        (_("Shortfall to the minimum"), statement.shortfall),
        (_("Fees"), statement.fees),
        (_("Advance recouped"), -statement.recouped - repaid),
        (_("Advance repaid"), repaid),
        (_("Tax withheld"), -statement.withheld),
    )
    for label, amount in signed[:-1] if statement.is_grossed_up else signed:
        if amount:
            yield label, format_figure(amount, statement.currency)
    if statement.is_grossed_up and statement.withheld:
        figure = format_figure(statement.withheld, statement.currency)
        yield _("Tax paid on top by the licensee, not deducted"), figure


def _payable_label(statement: Statement) -> str:
    return _("To be credited") if statement.payable < 0 else _("Payable")


def _payment(statement: Statement) -> list[str]:
    if statement.payable <= 0:
        return []
    return list(statement.terms_used.get("licensor", {}).get("bank_details", "").splitlines())


def _trace(shown: ShownLine, currency: str) -> dict[str, Any]:
    explanation: Explanation = shown.explanation
    return {
        "title": " · ".join(filter(None, [shown.line.label, shown.detail, shown.period])),
        "amount": format_figure(shown.amount, currency),
        "unit": explanation.unit,
        "tiers": [
            [tier.name, tier.first, tier.last, tier.quantity, tier.rate, tier.amount] for tier in explanation.tiers
        ],
        "steps": [[step.label, step.figure, step.is_total] for step in explanation.steps],
        "notes": [*explanation.conversions, *explanation.notes],
    }
