"""Forms of the import pages."""

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from deals.domain.imports.dates import DETECTED_FORMATS, EXCEL_SERIAL
from deals.domain.imports.encodings import ENCODINGS
from deals.domain.imports.fields import FIELDS
from deals.domain.imports.mapping import CREATABLE, parse_map, value_key
from deals.domain.imports.problems import FileUnusableError, MapInvalidError
from deals.domain.imports.reading import MAX_FILE_BYTES, check_file
from deals.domain.imports.stages import known_type
from deals.enums import StageType

CREATE_LABELS = {
    "pipeline": _("the pipeline"),
    "stage": _("stages"),
    "company": _("companies"),
    "owner": _("owners, as inactive users"),
    "contact": _("contacts"),
}
LARGEST_MAP_BYTES = 1_000_000


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, with headings in the first row; at most 25 MB and 100,000 rows."),
        allow_empty_file=True,
        widget=forms.FileInput(
            {"accept": ".csv,.tsv,.txt,.xlsx,.xlsm", "data-max-megabytes": MAX_FILE_BYTES // 1024**2}
        ),
    )

    def clean_file(self) -> UploadedFile:
        """Refuse a file by its size and name, before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        try:
            check_file(name=file.name or "", size_bytes=file.size or 0)
        except FileUnusableError as error:
            raise forms.ValidationError(str(error)) from None
        return file


class MapFileForm(forms.Form):
    """A map that was saved before."""

    map_file = forms.FileField(label=_("Map"), widget=forms.FileInput({"accept": ".json,application/json"}))

    def clean_map_file(self) -> dict[str, Any]:
        """Return the map, checked."""
        file: UploadedFile = self.cleaned_data["map_file"]
        if (file.size or 0) > LARGEST_MAP_BYTES:
            raise forms.ValidationError(_("A map has at most 1 MB."))
        try:
            raw = json.loads(file.read().decode("utf-8-sig"))
            parse_map(raw)
        except MapInvalidError as error:
            raise forms.ValidationError(f"{error.field}: {error}" if error.field else str(error)) from None
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is not a JSON file.")) from None
        return raw


class MapForm(forms.Form):
    """The map of one file: a choice for each column, and for each value of stages and owners."""

    system = forms.CharField(
        label=_("System"),
        max_length=40,
        help_text=_("Where the file comes from. Ids are kept under this name, so keep it for the next file."),
    )
    pipeline = forms.CharField(
        label=_("Pipeline"), max_length=80, widget=forms.TextInput({"list": "pipelines", "autocomplete": "off"})
    )
    dates = forms.CharField(
        label=_("Dates"),
        max_length=30,
        required=False,
        widget=forms.TextInput({"list": "date-formats", "autocomplete": "off"}),
    )
    decimal = forms.ChoiceField(
        label=_("Decimal mark"),
        required=False,
        choices=[("", _("As the values show")), (".", _("Point: 1,234.50")), (",", _("Comma: 1.234,50"))],
    )
    currency = forms.CharField(
        label=_("Currency of amounts"),
        max_length=3,
        required=False,
        help_text=_("Where a row names none, such as USD."),
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("As recognised")), *ENCODINGS.items()],
    )
    create = forms.MultipleChoiceField(
        label=_("May be made when missing"),
        required=False,
        choices=[(name, CREATE_LABELS[name]) for name in CREATABLE],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, raw_map: dict[str, Any], survey: dict[str, Any], **kwargs: Any) -> None:
        self.raw_map, self.survey = raw_map, survey
        kwargs["initial"] = {
            **{name: raw_map.get(name, "") for name in ("system", "pipeline", "dates", "decimal", "encoding")},
            "currency": raw_map.get("defaults", {}).get("currency", ""),
            "create": raw_map.get("create", []),
        }
        super().__init__(*args, **kwargs)
        self._add_columns()
        self._add_values()

    @property
    def general_fields(self) -> list[forms.BoundField]:
        """The fields about the file as a whole."""
        return [self[name] for name in ("system", "pipeline", "dates", "currency", "decimal", "encoding")]

    @property
    def column_rows(self) -> list[dict[str, Any]]:
        """Each column of the file with what it holds and its field."""
        return [
            column | {"field": self[f"column-{place}"] if f"column-{place}" in self.fields else None}
            for place, column in enumerate(self._columns)
        ]

    @property
    def stage_rows(self) -> list[dict[str, Any]]:
        """Each stage value with its count, target and type."""
        return [
            {"text": text, "count": count, "field": self[f"stage-{place}"], "type_field": self[f"type-{place}"]}
            for place, (text, count) in enumerate(self._values_of("stage"))
        ]

    @property
    def owner_rows(self) -> list[dict[str, Any]]:
        """Each owner value with its count and target."""
        return [
            {"text": text, "count": count, "field": self[f"owner-{place}"]}
            for place, (text, count) in enumerate(self._values_of("owner"))
        ]

    @property
    def date_formats(self) -> tuple[str, ...]:
        """Formats to choose from."""
        return ("auto", *DETECTED_FORMATS, EXCEL_SERIAL)

    def clean(self) -> dict[str, Any]:
        """Check the map as a whole."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                parse_map(self.to_map())
            except MapInvalidError as error:
                name = (error.field or "").split(".")[0]
                self.add_error(name if name in self.fields else None, str(error))
        return cleaned

    def to_map(self) -> dict[str, Any]:
        """Return the map that the form says; parts of the former one that it does not show are kept."""
        given = self.cleaned_data
        former = self.raw_map
        defaults = {name: text for name, text in former.get("defaults", {}).items() if name != "currency"}
        columns = {
            column["heading"]: given[f"column-{place}"]
            for place, column in enumerate(self._columns)
            if given.get(f"column-{place}")
        }
        kept = {name: former[name] for name in ("delimiter", "sheet") if former.get(name)}
        return kept | {
            **{name: given[name].strip() for name in ("system", "pipeline", "dates", "decimal", "encoding")},
            "columns": columns,
            "values": former.get("values", {}) | {"stage": self._stage_values(), "owner": self._owner_values()},
            "defaults": defaults | ({"currency": given["currency"].upper()} if given["currency"] else {}),
            "create": given["create"],
        }

    @property
    def _columns(self) -> list[dict[str, Any]]:
        return self.survey.get("columns", [])

    def _add_columns(self) -> None:
        choices = [("", _("– leave out –")), *((field.name, field.label) for field in FIELDS.values())]
        headings = [column["heading"] for column in self._columns]
        for place, heading in enumerate(headings):
            if heading and headings.count(heading) == 1:
                self.fields[f"column-{place}"] = forms.ChoiceField(
                    label=heading,
                    required=False,
                    choices=choices,
                    initial=self.raw_map.get("columns", {}).get(heading, ""),
                )

    def _add_values(self) -> None:
        stages = {value_key(text): target for text, target in self.raw_map.get("values", {}).get("stage", {}).items()}
        owners = {value_key(text): target for text, target in self.raw_map.get("values", {}).get("owner", {}).items()}
        for place, (text, _count) in enumerate(self._values_of("stage")):
            target = stages.get(value_key(text), "")
            target = target if isinstance(target, dict) else {"to": target}
            self.fields[f"stage-{place}"] = forms.CharField(
                label=text,
                required=False,
                max_length=80,
                initial=target.get("to", ""),
                widget=forms.TextInput({"placeholder": text, "list": "stages", "autocomplete": "off"}),
            )
            self.fields[f"type-{place}"] = forms.ChoiceField(
                label=_("Type"),
                required=False,
                choices=[("", _("%(type)s, by its name") % {"type": known_type(text).label}), *StageType.choices],
                initial=target.get("type") or "",
            )
        for place, (text, _count) in enumerate(self._values_of("owner")):
            self.fields[f"owner-{place}"] = forms.CharField(
                label=text,
                required=False,
                max_length=254,
                initial=owners.get(value_key(text), ""),
                widget=forms.TextInput({"placeholder": text, "list": "owners", "autocomplete": "off"}),
            )

    def _values_of(self, field: str) -> list[tuple[str, int]]:
        heading = next((each for each, name in self.raw_map.get("columns", {}).items() if name == field), None)
        column = next((column for column in self._columns if column["heading"] == heading), None)
        return [(text, count) for text, count in column["values"]] if column else []

    def _stage_values(self) -> dict[str, Any]:
        former = self.raw_map.get("values", {}).get("stage", {})
        values: dict[str, Any] = {} if self._values_of("stage") else dict(former)
        for place, (text, _count) in enumerate(self._values_of("stage")):
            name, kind = self.cleaned_data.get(f"stage-{place}", ""), self.cleaned_data.get(f"type-{place}", "")
            if kind:
                values[text] = {"to": name or text, "type": kind}
            elif name:
                values[text] = name
        return values

    def _owner_values(self) -> dict[str, str]:
        former = self.raw_map.get("values", {}).get("owner", {})
        values: dict[str, str] = {} if self._values_of("owner") else dict(former)
        for place, (text, _count) in enumerate(self._values_of("owner")):
            if target := self.cleaned_data.get(f"owner-{place}"):
                values[text] = target
        return values
