"""Forms of reports in files: the upload, and what the columns of a file say."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plants.enums import Chemistry
from royalties.domain.periods import name_month
from royalties.domain.report_file_rows import COLUMNS, KEY_COLUMNS, UNITS, FileMap
from royalties.domain.report_files import MAX_MEGABYTES
from royalties.domain.report_mappings import HEADINGS
from royalties.domain.report_scope import ReportScope
from royalties.enums import FieldOfUse

ENERGY_LABELS = {"energy_produced_kwh": _("Energy produced"), "energy_sold_kwh": _("Energy sold")}


class ReportFileForm(forms.Form):
    """A file to read."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, up to %(limit)s MB.") % {"limit": MAX_MEGABYTES},
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class LinkFileForm(ReportFileForm):
    """A licensee's file, sent along with what was typed in the report's form so that neither is lost for the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["form"] = "report"


class FileMapForm(forms.Form):
    """What each column says, the unit of energy, the decimal mark, and what all rows have in common."""

    unit = forms.ChoiceField(label=_("Energy in"), choices=[(name, name) for name in UNITS])
    decimal = forms.ChoiceField(
        label=_("Decimal mark"),
        choices=[("", _("Found out from the figures")), (".", _("Point, 1,234.5")), (",", _("Comma, 1.234,5"))],
        required=False,
    )
    save_as = forms.CharField(
        label=_("Keep this mapping as"),
        max_length=120,
        required=False,
        help_text=_("The agreement's next file with these columns is then read by it."),
    )

    def __init__(
        self, *args: Any, headings: Sequence[str], scope: ReportScope, file_map: FileMap, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.headings = [heading for heading in headings if heading and headings.count(heading) == 1]
        self.initial.update({"unit": file_map.unit, "decimal": file_map.decimal})
        columns = [("", _("not used")), *((name, ENERGY_LABELS.get(name, HEADINGS[name])) for name in COLUMNS)]
        for place, heading in enumerate(self.headings):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=heading, choices=columns, required=False, initial=file_map.columns.get(heading, "")
            )
        for name, choices in _choices(scope).items():
            self.fields[f"given-{name}"] = forms.ChoiceField(
                label=HEADINGS[name],
                choices=[("", _("as the rows say")), *choices],
                required=False,
                initial=file_map.given.get(name, ""),
            )

    @property
    def column_fields(self) -> list[tuple[str, forms.BoundField]]:
        """The headings of the file, each with the field that says what it is."""
        return [(heading, self[f"column-{place}"]) for place, heading in enumerate(self.headings)]

    @property
    def given_fields(self) -> list[forms.BoundField]:
        """What holds for all rows that do not say it."""
        return [self[f"given-{name}"] for name in KEY_COLUMNS]

    @property
    def file_map(self) -> FileMap:
        """The map as it was chosen."""
        chosen = self.cleaned_data
        columns = {heading: chosen[f"column-{place}"] for place, heading in enumerate(self.headings)}
        given = {name: chosen[f"given-{name}"] for name in KEY_COLUMNS}
        return FileMap(
            {heading: name for heading, name in columns.items() if name},
            unit=chosen["unit"],
            decimal=chosen["decimal"],
            given={name: value for name, value in given.items() if value},
        )


def _choices(scope: ReportScope) -> dict[str, list[tuple[str, Any]]]:
    return {
        "plant": [(str(pk), str(plant)) for pk, plant in scope.plants.items()],
        "month": [(month.isoformat(), name_month(month)) for month in scope.months],
        "chemistry": [(value, Chemistry(value).label) for value in scope.chemistries],
        "field": [(value, FieldOfUse(value).label) for value in scope.fields],
    }
