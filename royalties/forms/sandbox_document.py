"""A what-if document as a set of forms, and back: written from what was typed, with problems put at their fields."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from royalties.engine.problems import Problem
from royalties.forms.rows import RowsField, in_sentence
from royalties.forms.sandbox_terms import (
    AT_SOP,
    ON_DATE,
    DealFeesForm,
    DealTermForm,
    FeesForm,
    RulesForm,
    TermForm,
)

MOST_TERMS = 12
_GROUPED = re.compile(r"(-?\d{1,3})((?:[,\u2019' \u00a0\u202f]\d{3})+)(\.\d+)?", re.ASCII)
_FIGURE = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_WHERE = re.compile(r"(?P<part>[a-z]+)(?:\[(?P<position>\d+)\])?(?:\.(?P<field>.+))?")
_ROW = re.compile(r"(?P<name>[a-z_]+)\[(?P<position>\d+)\](?:\.(?P<cell>[a-z_]+))?")
_FLAGS = ("prorate_minimum", "advance_recoupable", "advance_repayable", "gross_up")
_FIGURES = ("advance", "withholding_percent")
_TEXTS = ("currency", "effective_on", "period", "cap_window", "fx_rule", "rounding")
_OPTIONAL = ("ends_on", "contract_year_start")
# The document's names of fields where the forms have others.
_TERM = {
    "from": "starts_on",
    "to": "ends_on",
    "escalator": "escalator_percent",
    "escalator.percent": "escalator_percent",
    "escalator.cap": "escalator_cap",
    "escalator.floor": "escalator_floor",
}
_SCOPE = {"plants": "plants", "chemistries": "chemistries", "fields": "fields_of_use"}
_ESCALATOR = {"percent": "escalator_percent", "cap": "escalator_cap", "floor": "escalator_floor"}


class DocumentForms:
    """The forms of an agreement with its terms and fees.

    Made from what was typed (`data`) or from a document; with `plants`, those of a deal, the scope of terms is chosen
    and fees may wait for the start of production (`sop_fees` of the document names their ids).
    """

    def __init__(
        self,
        data: Any = None,
        *,
        document: Mapping[str, Any] | None = None,
        plants: Sequence[tuple[str, str]] | None = None,
    ) -> None:
        self.data = data
        self.plants = plants
        document = document or {}
        term_form, fees_form = (TermForm, FeesForm) if plants is None else (DealTermForm, DealFeesForm)
        terms = document.get("terms", []) if data is None else range(_count(data))
        self.rules = RulesForm(data, prefix="rules", initial=_rules_initial(document.get("agreement", {})))
        self.terms = [
            term_form(data, prefix=f"term-{position}", initial=_term_initial(term, plants) if data is None else None)
            for position, term in enumerate(terms)
        ]
        self.fees = fees_form(data, prefix="fees", initial={"fees": _fees_initial(document, plants is not None)})
        for term in self.terms:
            if isinstance(term, DealTermForm):
                term.fields["plants"].choices = plants  # type: ignore[attr-defined]  # a field of choices
        self.misread: list[Problem] = []

    @property
    def all(self) -> list[forms.Form]:
        """Every form."""
        return [self.rules, *self.terms, self.fees]

    def is_readable(self) -> bool:
        """Tell whether nothing typed is longer or other than a form takes."""
        readable = [form.is_valid() for form in self.all]
        return all(readable)

    def document(self) -> dict[str, Any]:
        """Return what was typed as a document; `misread` then names the numbers that are none."""
        self.misread = []
        rows = cells_of(self.fees, "fees")
        document: dict[str, Any] = {
            "agreement": self._agreement(),
            "terms": [self._term(position, form) for position, form in enumerate(self.terms)],
            "fees": [
                {
                    "id": f"f{position + 1}",
                    "on": row["on"].strip(),
                    "amount": self._figure(f"fees[{position}].amount", row["amount"]),
                    "label": row["label"].strip(),
                }
                for position, row in enumerate(rows)
            ],
        }
        if self.plants is not None:
            document["sop_fees"] = [f"f{position + 1}" for position, row in enumerate(rows) if row.get("due") == AT_SOP]
        return document

    def show(self, problems: Iterable[Problem]) -> None:
        """Put problems at the fields they are about."""
        for problem in problems:
            form, name, message = self._place(problem)
            form.add_error(name if name in form.fields else None, message)

    def _agreement(self) -> dict[str, Any]:
        typed = self.rules.cleaned_data
        where = "agreement."
        agreement: dict[str, Any] = {name: typed.get(name, "").strip() for name in _TEXTS}
        agreement["currency"] = agreement["currency"].upper()
        agreement |= {name: typed.get(name, "").strip() or None for name in _OPTIONAL}
        agreement |= {name: self._figure(where + name, typed.get(name, "")) or "0" for name in _FIGURES}
        agreement |= {name: typed.get(name, False) for name in _FLAGS}
        agreement["cap"] = self._figure(f"{where}cap", typed.get("cap", "")) or None
        agreement["payment_days"] = whole_number(typed.get("payment_days", "")) if typed.get("payment_days") else 30
        agreement["minimums"] = [
            {
                "contract_year": whole_number(row["contract_year"]),
                "amount": self._figure(f"{where}minimums[{position}].amount", row["amount"]),
            }
            for position, row in enumerate(cells_of(self.rules, "minimums"))
        ]
        agreement["withholding_changes"] = [
            {
                "from": row["from"].strip(),
                "percent": self._figure(f"{where}withholding_changes[{position}].percent", row["percent"]),
            }
            for position, row in enumerate(cells_of(self.rules, "withholding_changes"))
        ]
        return agreement

    def _term(self, position: int, form: TermForm) -> dict[str, Any]:
        typed = form.cleaned_data
        where = f"terms[{position}]"
        term: dict[str, Any] = {name: typed.get(name, "").strip() for name in ("id", "basis", "mode", "window")}
        term["clause"] = typed.get("clause", "").strip()
        term["creditable"] = typed.get("creditable", False)
        term["continues"] = typed.get("continues", "").strip() or None
        term["tiers"] = [
            {
                "up_to": self._figure(f"{where}.tiers[{number}].up_to", row["up_to"]) or None,
                "rate": self._figure(f"{where}.tiers[{number}].rate", row["rate"]),
            }
            for number, row in enumerate(cells_of(form, "tiers"))
        ]
        if typed.get("starts_on"):
            term["from"] = typed["starts_on"].strip()
        term["to"] = typed.get("ends_on", "").strip() or None
        term["scope"] = {name: _keys(typed.get(field)) for name, field in _SCOPE.items()}
        escalator = {
            name: self._figure(f"{where}.escalator.{name}", typed.get(field, "")) or None
            for name, field in _ESCALATOR.items()
        }
        term["escalator"] = escalator if any(escalator.values()) else None
        return term

    def _figure(self, where: str, typed: str) -> str:
        figure = plain_figure(typed)
        if figure and not _FIGURE.fullmatch(figure):
            self.misread.append(Problem(where, _("Enter a number such as 1234.56.")))
        return figure

    def _place(self, problem: Problem) -> tuple[forms.Form, str | None, str]:
        where = _WHERE.fullmatch(problem.field)
        message = str(problem.message)
        if where is None:
            return self.rules, None, message
        part, field = where["part"], where["field"] or ""
        position = int(where["position"] or 0)
        if part == "agreement":
            return self.rules, *_in_form(self.rules, field, message)
        if part == "terms" and position < len(self.terms):
            form = self.terms[position]
            name, message = _in_form(form, field.removeprefix("scope."), message)
            return form, _SCOPE.get(name, _TERM.get(name, name)), message
        if part == "fees":
            return self.fees, "fees", in_row(self.fees, "fees", position, field, message)
        return self.rules, None, f"{problem.field}: {message}" if problem.field else message


def plain_figure(typed: str) -> str:
    """Return a number as a document has it, without the marks between thousands."""
    text = typed.strip().replace("\N{MINUS SIGN}", "-")
    grouped = _GROUPED.fullmatch(text)
    if grouped is None:
        return text
    return f"{grouped[1]}{re.sub('[^0-9]', '', grouped[2])}{grouped[3] or ''}"


def whole_number(typed: str) -> int | str:
    """Return a whole number, or what was typed if it is none, for the reader to refuse."""
    text = typed.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def in_row(form: forms.Form, name: str, position: int, cell: str, message: str) -> str:
    """Return a problem of a cell with the number of its row and the name of its column."""
    field = form.fields[name]
    column = field.cells.get(cell) if isinstance(field, RowsField) else None
    if column is None:
        return _("Row %(number)s: %(problem)s") % {"number": position + 1, "problem": message}
    return _("Row %(number)s, %(column)s: %(problem)s") % {
        "number": position + 1,
        "column": in_sentence(column.label),
        "problem": message,
    }


def cells_of(form: forms.Form, name: str) -> list[dict[str, str]]:
    """Return the rows of a field of rows, each by the names of its columns."""
    field = form.fields[name]
    rows = form.cleaned_data.get(name) or []
    if not isinstance(field, RowsField):
        return []
    return [dict(zip(field.cells, (cell or "" for cell in row), strict=True)) for row in rows]


def _in_form(form: forms.Form, field: str, message: str) -> tuple[str, str]:
    row = _ROW.fullmatch(field)
    if row is not None and row["name"] in form.fields and isinstance(form.fields[row["name"]], RowsField):
        return row["name"], in_row(form, row["name"], int(row["position"]), row["cell"] or "", message)
    return (row["name"] if row else field), message


def _count(data: Any) -> int:
    count = whole_number(str(data.get("terms", "1")))
    return min(count, MOST_TERMS) if isinstance(count, int) else 1


def _keys(typed: Any) -> list[str]:
    if isinstance(typed, list):
        return [str(key) for key in typed]
    return [key.strip() for key in str(typed or "").split(",") if key.strip()]


def _rules_initial(agreement: Any) -> dict[str, Any]:
    if not isinstance(agreement, Mapping):
        return {}
    known = {
        "payment_days": 30,
        "advance_recoupable": True,
        "cap_window": "contract_year",
        "fx_rule": "period_end",
        "rounding": "half_even",
        **{name: value for name, value in agreement.items() if value is not None},
    }
    minimums = agreement.get("minimums") or []
    changes = agreement.get("withholding_changes") or []
    return {
        **known,
        "minimums": [(row.get("contract_year"), row.get("amount")) for row in _objects(minimums)],
        "withholding_changes": [(row.get("from"), row.get("percent")) for row in _objects(changes)],
    }


def _term_initial(term: Any, plants: Sequence[tuple[str, str]] | None) -> dict[str, Any]:
    if not isinstance(term, Mapping):
        return {}
    escalator, scope = term.get("escalator") or {}, term.get("scope") or {}
    keys: dict[str, Any] = {}
    for name, field in _SCOPE.items() if isinstance(scope, Mapping) else ():
        listed = _listed(scope.get(name))
        keys[field] = ", ".join(listed) if plants is None else listed
    rises = {field: escalator.get(name) for name, field in _ESCALATOR.items()} if isinstance(escalator, Mapping) else {}
    return {
        "creditable": True,
        **{name: value for name, value in term.items() if value is not None},
        "starts_on": term.get("from"),
        "ends_on": term.get("to"),
        "tiers": [(row.get("up_to"), row.get("rate")) for row in _objects(term.get("tiers") or [])],
        **rises,
        **keys,
    }


def _listed(keys: Any) -> list[str]:
    return [str(key) for key in keys] if isinstance(keys, list) else []


def _fees_initial(document: Mapping[str, Any], is_of_deal: bool) -> list[tuple[Any, ...]]:
    waiting = document.get("sop_fees") or []
    rows = []
    for fee in _objects(document.get("fees") or []):
        label, amount, on = fee.get("label") or fee.get("id"), fee.get("amount"), fee.get("on")
        is_at_sop = fee.get("id") in waiting
        due = (AT_SOP if is_at_sop else ON_DATE,) if is_of_deal else ()
        rows.append((label, amount, *due, None if is_at_sop else on))
    return rows


def _objects(rows: Any) -> list[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
