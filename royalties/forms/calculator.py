"""The calculator: a scenario as forms with reports, rates and issues, or as JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from royalties.engine.problems import Problem
from royalties.engine.report_document import FIGURES, ScenarioRateKind
from royalties.forms.rows import RowsField
from royalties.forms.sandbox_document import DocumentForms, cells_of, in_row, plain_figure, whole_number
from royalties.forms.sandbox_terms import day_field, figure_field, text_field

_KINDS = [
    (ScenarioRateKind.PERIOD_END, _("Period end")),
    (ScenarioRateKind.PERIOD_AVERAGE, _("Period average")),
    (ScenarioRateKind.REFERENCE, _("Of the day")),
]
_SECTIONS = ("reports", "fx", "issues")


class ReportedForm(forms.Form):
    """What was reported, the rates that convert it, and when statements are issued."""

    reports = RowsField(
        {
            "month": text_field(_("Month, such as 2026-03")),
            "plant": text_field(_("Plant")),
            "version": figure_field(_("Version")),
            "accepted_on": day_field(_("Accepted on")),
            "energy_produced_kwh": figure_field(_("Produced, kWh")),
            "energy_sold_kwh": figure_field(_("Sold, kWh")),
            "units": figure_field(_("Units")),
            "net_sales": figure_field(_("Net sales")),
            "currency": text_field(_("Currency")),
            "chemistry": text_field(_("Chemistry")),
            "field": text_field(_("Field of use")),
        },
        label=_("Monthly quantities"),
        add_label=_("Add a report"),
        required=False,
        help_text=_("A higher version of the same plant, month, chemistry and field replaces the lower one."),
    )
    fx = RowsField(
        {
            "base": text_field(_("One unit of")),
            "rate": figure_field(_("is")),
            "quote": text_field(_("of")),
            "on": day_field(_("on")),
            "kind": forms.ChoiceField(label=_("Kind"), choices=_KINDS),
        },
        label=_("Exchange rates"),
        add_label=_("Add a rate"),
        required=False,
    )
    issues = RowsField(
        {"period_end": day_field(_("Through the period to")), "on": day_field(_("Issued on"))},
        label=_("Statements"),
        add_label=_("Add a statement"),
        required=False,
        help_text=_("In order. A statement counts the reports accepted up to the day it is issued."),
    )


class ScenarioForms(DocumentForms):
    """The forms of a whole scenario."""

    def __init__(self, data: Any = None, *, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, document=document)
        self.reported = ReportedForm(data, prefix="reported", initial=_initial(document or {}))

    @property
    def all(self) -> list[forms.Form]:
        """Every form."""
        return [*super().all, self.reported]

    def document(self) -> dict[str, Any]:
        """Return what was typed as a scenario."""
        document = super().document()
        document["fx"] = [
            {**row, "rate": self._figure(f"fx[{position}].rate", row["rate"])}
            for position, row in enumerate(cells_of(self.reported, "fx"))
        ]
        document["reports"] = [
            self._report(position, row) for position, row in enumerate(cells_of(self.reported, "reports"))
        ]
        document["issues"] = cells_of(self.reported, "issues")
        return document

    def _report(self, position: int, row: dict[str, str]) -> dict[str, Any]:
        figures = {name: self._figure(f"reports[{position}].{name}", row[name]) or "0" for name in FIGURES}
        return {
            **row,
            **figures,
            "version": whole_number(row["version"]) if row["version"] else 1,
            "currency": row["currency"].upper() or None,
            "nil": not any(plain_figure(row[name]).strip("0.") for name in FIGURES),
        }

    def _place(self, problem: Problem) -> tuple[forms.Form, str | None, str]:
        section, _bracket, rest = problem.field.partition("[")
        if section in _SECTIONS:
            position, _closing, cell = rest.partition("]")
            if position.isdigit():
                message = in_row(self.reported, section, int(position), cell.removeprefix("."), str(problem.message))
                return self.reported, section, message
            return self.reported, section, str(problem.message)
        return super()._place(problem)


def _initial(document: Mapping[str, Any]) -> dict[str, Any]:
    return {section: _rows(document.get(section), ReportedForm.base_fields[section]) for section in _SECTIONS}


def _rows(rows: Any, field: forms.Field) -> list[tuple[Any, ...]]:
    if not isinstance(rows, list) or not isinstance(field, RowsField):
        return []
    return [tuple(_cell(row.get(name)) for name in field.cells) for row in rows if isinstance(row, Mapping)]


def _cell(value: Any) -> str:
    # A nought is what an empty cell stands for.
    return "" if value is None or value in {"0", "0.00"} else str(value)
