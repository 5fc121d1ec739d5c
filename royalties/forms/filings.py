"""The form of a report: one row for each plant, month, chemistry and field of use."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import get_default_renderer
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from deals.domain.imports.amounts import NumberReader
from deals.domain.imports.problems import CellError
from lrs_tracker.currencies import validate_currency
from plants.enums import Chemistry
from royalties.domain.periods import name_month
from royalties.domain.report_lines import ENERGY, FIGURES, ReportLine
from royalties.domain.report_rows import ReportRow
from royalties.domain.report_scope import LineProblem, ReportScope
from royalties.enums import FieldOfUse

MOST_ROWS = 1000
MORE_ROWS = 3
_PLACES = Decimal("0.001")
# More of it, in whatever unit, is a slip of the keyboard; a month of the largest plant is below 0.1 TWh.
_LARGEST_ENERGY = Decimal(10) ** 9
_LARGEST_FIGURE = Decimal(10) ** 15
UNITS = {"kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000)}
LABELS = {
    "energy_produced_kwh": _("Produced"),
    "energy_sold_kwh": _("Sold"),
    "units": _("Units"),
    "gross_sales": _("Gross sales"),
    "deductions": _("Deductions"),
    "net_sales": _("Net sales"),
}
_KEY = ("plant", "month", "chemistry", "field")


class FigureField(forms.CharField):
    """A figure as people write it, with separators of thousands and either decimal mark; three decimals count."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "data-figure": ""})
        super().__init__(required=False, max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        """Return the Decimal, or None for nothing."""
        text = super().clean(value)
        try:
            number, _is_rounded = NumberReader(".").read(text, places=9)
        except CellError as error:
            raise ValidationError(str(error)) from None
        if number is not None and abs(number) >= _LARGEST_FIGURE:
            raise ValidationError(_("The number is too large."))
        return number


class FilingForm(forms.Form):
    """What is said once for all rows."""

    unit = forms.ChoiceField(label=_("Energy in"), choices=[(name, name) for name in UNITS], required=False)
    shown_unit = forms.ChoiceField(choices=[(name, name) for name in UNITS], required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    sender = forms.CharField(
        label=_("Reported by"), max_length=200, required=False, widget=forms.TextInput({"autocomplete": "name"})
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))
    is_estimate = forms.BooleanField(label=_("Our estimate, until the licensee reports"), required=False)

    def clean_unit(self) -> str:
        """Take figures in kWh unless another unit is chosen."""
        return self.cleaned_data["unit"] or "kWh"


class LineForm(forms.Form):
    """One row; without any figure it says nothing and is left out."""

    def __init__(self, *args: Any, scope: ReportScope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope
        nothing = ("", "–")
        self.fields["plant"] = forms.TypedChoiceField(
            label=_("Plant"), choices=[nothing, *((pk, str(plant)) for pk, plant in scope.plants.items())], coerce=int
        )
        months = [(month.isoformat(), name_month(month)) for month in scope.months]
        self.fields["month"] = forms.ChoiceField(label=_("Month"), choices=[nothing, *months])
        self.fields["chemistry"] = forms.ChoiceField(
            label=_("Chemistry"), choices=[nothing, *_labelled(Chemistry, scope.chemistries)]
        )
        self.fields["field"] = forms.ChoiceField(
            label=_("Field of use"), choices=[nothing, *_labelled(FieldOfUse, scope.fields)]
        )
        for name in scope.figures:
            self.fields[name] = FigureField(label=LABELS[name])
        if "net_sales" in scope.figures:
            agreed = scope.agreement.currency
            self.fields["currency"] = forms.CharField(
                label=_("Currency"),
                max_length=3,
                required=False,
                initial=self.row.currency(agreed) if self.row else agreed,
                widget=forms.TextInput({"size": 3, "autocomplete": "off"}),
            )
        self.fields["is_return"] = forms.BooleanField(label=_("Returns"), required=False)
        for name in _KEY:
            self.fields[name].required = False

    @property
    def is_fixed(self) -> bool:
        """Whether the row came with its plant, month, chemistry and field, which then are not chosen again."""
        return all(self.initial.get(name) for name in _KEY)

    @property
    def row(self) -> ReportRow | None:
        """The row that was there before, with last period's figures."""
        return self.initial.get("row")

    @property
    def typed(self) -> dict[str, Decimal]:
        """The figures of the row that say anything."""
        found = {name: self.cleaned_data.get(name) for name in self.scope.figures}
        return {name: figure for name, figure in found.items() if figure is not None}

    @property
    def has_new_figures(self) -> bool:
        """Whether figures other than zero were typed that did not stand there before; they may be invalid."""
        texts = ((str(self.data.get(self.add_prefix(name), "")).strip(), name) for name in self.scope.figures)
        return any(text.strip("0.,") and text != str(self.initial.get(name, "")) for text, name in texts)

    def clean_currency(self) -> str:
        """Take the agreement's currency where none is given."""
        code = self.cleaned_data["currency"].upper() or self.scope.agreement.currency
        validate_currency(code)
        return code

    def clean(self) -> dict[str, Any]:
        """Ask for what a row with figures is about."""
        if self.typed:
            for name in _KEY:
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose one."))
            for name, figure in self.typed.items():
                if name in ENERGY and abs(figure) >= _LARGEST_ENERGY:
                    self.add_error(name, _("The number is too large."))
        return self.cleaned_data

    def line(self, *, unit: str, shown_unit: str, is_estimate: bool) -> ReportLine | None:
        """Return the row as a line; None when it says nothing. Net sales that are left out are computed."""
        typed = self.typed
        if not typed:
            return None
        figures = {
            name: (figure * self._factor(name, unit, shown_unit)).quantize(Decimal("0.001"))
            for name, figure in typed.items()
        }
        if "net_sales" in self.scope.figures and "net_sales" not in typed and "gross_sales" in typed:
            figures["net_sales"] = figures["gross_sales"] - figures.get("deductions", Decimal(0))
        key = {name: self.cleaned_data[name] for name in _KEY}
        is_return = bool(self.cleaned_data.get("is_return"))
        return ReportLine(
            plant_id=key["plant"],
            month=next(month for month in self.scope.months if month.isoformat() == key["month"]),
            chemistry=key["chemistry"],
            field=key["field"],
            **figures,
            currency=self.cleaned_data.get("currency") or self.scope.agreement.currency,
            is_nil=not any(figures.values()),
            is_return=is_return,
            is_estimate=is_estimate,
        )

    def _factor(self, name: str, unit: str, shown_unit: str) -> Decimal:
        """Return how many kWh one of the unit is: of the one in which it was shown, for a figure left as it was."""
        if name not in ENERGY:
            return Decimal(1)
        is_untouched = str(self.initial.get(name, "")) == str(self.data.get(self.add_prefix(name), ""))
        return UNITS[shown_unit if is_untouched and self.initial.get(name) else unit]


class LineFormSet(forms.BaseFormSet):
    """The rows of a report."""

    form = LineForm
    renderer = get_default_renderer()
    extra = min_num = 0
    max_num = absolute_max = MOST_ROWS
    can_order = can_delete = can_delete_extra = validate_max = validate_min = False
    edit_only = False

    def lines(self, *, unit: str, shown_unit: str, is_estimate: bool) -> list[ReportLine]:
        """Return what the valid rows say; `places` then has the row of each line."""
        self.places: list[int] = []
        lines = []
        for place, form in enumerate(self.forms):
            line = form.line(unit=unit, shown_unit=shown_unit, is_estimate=is_estimate)
            if line is not None:
                lines.append(line)
                self.places.append(place)
        return lines

    def refuse(self, problems: Iterable[LineProblem]) -> None:
        """Show what the domain refuses beside the rows that it is about."""
        for problem in problems:
            form = self.forms[self.places[problem.place]]
            form.add_error(problem.name if problem.name in form.fields else None, problem.message)


def with_more_rows(sent: QueryDict | None) -> QueryDict | None:
    """Return what was sent with some more empty rows, where the button for them was pressed."""
    if not sent or "more" not in sent:
        return sent
    longer = sent.copy()
    total = longer.get("rows-TOTAL_FORMS", "")
    if total.isascii() and total.isdecimal() and len(total) < 5:
        longer["rows-TOTAL_FORMS"] = str(int(total) + MORE_ROWS)
    return longer


def initial_rows(rows: Sequence[ReportRow], *, unit: str) -> list[dict[str, Any]]:
    """Return the rows of a report as the first content of its form, energy in a unit."""
    return [
        {
            "row": row,
            "plant": row.key.plant_id,
            "month": row.key.month.isoformat(),
            "chemistry": row.key.chemistry,
            "field": row.key.field,
            **({} if row.line is None else _shown(row.line, unit)),
        }
        for row in rows
    ]


def _shown(line: ReportLine, unit: str) -> dict[str, Any]:
    figures = {name: getattr(line, name) / (UNITS[unit] if name in ENERGY else 1) for name in FIGURES}
    shown = {name: f"{figure:,f}" for name, figure in figures.items()}
    shown = {name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in shown.items()}
    return {**shown, "currency": line.currency, "is_return": line.is_return}


def _labelled(choices: Any, values: Iterable[str]) -> list[tuple[str, Any]]:
    return [(value, choices(value).label) for value in values]
