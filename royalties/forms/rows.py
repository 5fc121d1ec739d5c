"""A field of rows: tiers, amounts by year, values of an index. Rows are added and removed by static/js/rows.js."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

MOST_ROWS = 200
_FEWEST_SHOWN = 2
_LONGEST_FIGURE = 40

type Row = tuple[Any, ...]


class Column(NamedTuple):
    """How a cell of a column is entered: a select if there are choices, of which the first says nothing by itself."""

    label: str | Promise
    type: str
    input_mode: str
    max_length: int
    choices: tuple[tuple[str, str | Promise], ...]

    @property
    def nothing(self) -> str:
        """What a cell says in which nothing was written."""
        return self.choices[0][0] if self.choices else ""


def _column_of(name: str, cell: forms.Field) -> Column:
    choices: Any = cell.choices if isinstance(cell, forms.ChoiceField) else ()
    is_date = getattr(cell.widget, "input_type", "") == "date"
    is_text = isinstance(cell, forms.CharField) and "inputmode" not in cell.widget.attrs
    return Column(
        label=cell.label or name,
        type="date" if is_date else "text",
        input_mode="text" if is_text else "decimal",
        max_length=getattr(cell, "max_length", None) or _LONGEST_FIGURE,
        choices=tuple((str(value), words) for value, words in choices),
    )


class RowsWidget(forms.Widget):
    """A small table of inputs; the inputs of a column share the name `field-column`."""

    template_name = "royalties/widgets/rows.html"
    use_fieldset = True

    def __init__(self, cells: Mapping[str, forms.Field], *, add_label: str | Promise, shows_energy: bool) -> None:
        super().__init__()
        self.columns = {name: _column_of(name, cell) for name, cell in cells.items()}
        self.add_label = add_label
        self.shows_energy = shows_energy

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        """Return the rows that were sent in which something is written."""
        columns = [_list_of(data, f"{name}-{column}") for column in self.columns]
        rows = list(zip_longest(*columns, fillvalue=""))
        return [row for row in rows if self._is_written(row)]

    def _is_written(self, row: Row) -> bool:
        cells = zip(self.columns.values(), row, strict=True)
        return any(cell.strip() and cell != column.nothing for column, cell in cells)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Never: no row at all is a value too."""
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the rows, and blank ones to write into."""
        context = super().get_context(name, None, attrs)
        rows = [tuple(_text(cell) for cell in row) for row in value or ()]
        rows += [("",) * len(self.columns)] * max(1, _FEWEST_SHOWN - len(rows))
        columns = [(f"{name}-{key}", column) for key, column in self.columns.items()]
        context["widget"] |= {
            "labels": [column.label for column in self.columns.values()],
            "rows": [[(*column, value) for column, value in zip(columns, row, strict=True)] for row in rows],
            "add_label": self.add_label,
            "shows_energy": self.shows_energy,
        }
        return context


class RowsField(forms.Field):
    """Rows of cells; cleans to a list of tuples, and says in which row something is wrong."""

    def __init__(
        self,
        cells: Mapping[str, forms.Field],
        *,
        add_label: str | Promise,
        shows_energy: bool = False,
        **kwargs: Any,
    ) -> None:
        self.cells = cells
        super().__init__(widget=RowsWidget(cells, add_label=add_label, shows_energy=shows_energy), **kwargs)

    def clean(self, value: Any) -> list[Row]:
        """Return the cleaned rows."""
        rows: Sequence[Row] = value or []
        if self.required and not rows:
            raise ValidationError(_("Fill in at least one row."), code="required")
        if len(rows) > MOST_ROWS:
            raise ValidationError(_("These are too many rows."), code="too_many")
        errors: list[str] = []
        cleaned = [self._clean_row(number, row, errors) for number, row in enumerate(rows, start=1)]
        if errors:
            raise ValidationError(errors)
        return cleaned

    def _clean_row(self, number: int, row: Row, errors: list[str]) -> Row:
        cleaned = []
        for cell, raw in zip(self.cells.values(), row, strict=True):
            try:
                cleaned.append(cell.clean(raw))
            except ValidationError as error:
                errors += [
                    _("Row %(number)s, %(column)s: %(problem)s")
                    % {"number": number, "column": in_sentence(cell.label), "problem": message}
                    for message in error.messages
                ]
                cleaned.append(None)
        return tuple(cleaned)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what is meant, not how it is written."""
        try:
            after = self.clean(data)
        except ValidationError:
            return True
        return [[_text(cell) for cell in row] for row in initial or ()] != [
            [_text(cell) for cell in row] for row in after
        ]

    def in_words(self, rows: Any) -> str:
        """Return rows as one text, to compare two versions."""
        return "; ".join(" · ".join(_text(cell) or "–" for cell in row) for row in rows or ()) or "–"


def _list_of(data: Any, name: str) -> list[str]:
    if isinstance(data, MultiValueDict):
        return [str(cell) for cell in data.getlist(name)]
    found = data.get(name, [])
    return [str(found)] if isinstance(found, str) else [str(cell) for cell in found]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell).strip()


def _texts(rows: Sequence[Row]) -> list[list[str]]:
    return [[_text(cell) for cell in row] for row in rows]


def in_sentence(label: Any) -> str:
    """Return a label to stand within a sentence; its units keep their capitals."""
    text = str(label)
    return text[:1].lower() + text[1:]
