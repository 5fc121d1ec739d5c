"""The map: which column fills which field, how values translate, and what may be created."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from deals.domain.imports.dates import date_reader
from deals.domain.imports.encodings import ENCODINGS
from deals.domain.imports.fields import FIELDS, FieldKind
from deals.domain.imports.problems import UNSTORABLE, MapInvalidError, short
from deals.domain.imports.text_files import DELIMITERS
from deals.enums import StageType

CREATABLE = ("pipeline", "stage", "company", "owner", "contact")
_KEYS = (
    "system",
    "pipeline",
    "dates",
    "decimal",
    "columns",
    "values",
    "defaults",
    "create",
    "confirm",
    "encoding",
    "delimiter",
    "sheet",
)
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class StageTarget:
    """The stage that a value stands for, with what a stage made for it becomes."""

    name: str
    type: StageType | None = None
    probability_percent: int | None = None


@dataclass(frozen=True)
class ImportMap:
    """A checked map. `columns` goes from heading to field name, `confirm` from row to deal code or “new”."""

    system: str
    pipeline: str
    columns: Mapping[str, str]
    dates: str = ""
    decimal: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stages: Mapping[str, StageTarget] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    create: frozenset[str] = frozenset()
    confirm: Mapping[int, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a column or a default fills."""
        return frozenset(self.columns.values()) | frozenset(self.defaults)


def parse_map(raw: Any) -> ImportMap:
    """Check a map as it comes from JSON; raise MapInvalidError that names the key and what is allowed."""
    if not isinstance(raw, dict):
        raise MapInvalidError(_("The map is not a JSON object."))
    if _holds_unstorable(raw):
        raise MapInvalidError(_("A text of the map holds a NUL or another character that cannot be stored."))
    if unknown := sorted(set(raw) - set(_KEYS)):
        raise _wrong("", unknown[0], _KEYS)
    columns = _texts(raw, "columns")
    for heading, name in columns.items():
        if name not in FIELDS:
            raise _wrong(f"columns.{heading}", name, FIELDS)
    _refuse_double(columns)
    stages, values = _values(raw)
    parsed = ImportMap(
        system=_text(raw, "system"),
        pipeline=" ".join(_text(raw, "pipeline").split()),
        columns=columns,
        dates=_text(raw, "dates"),
        decimal=_one_of(raw, "decimal", (".", ",")),
        values=values,
        stages=stages,
        defaults=_defaults(raw),
        create=_create(raw),
        confirm=_confirm(raw),
        encoding=_one_of(raw, "encoding", tuple(ENCODINGS)),
        delimiter=_one_of(raw, "delimiter", tuple(DELIMITERS)),
        sheet=_text(raw, "sheet"),
    )
    _check_whole(parsed)
    return parsed


def _check_whole(parsed: ImportMap) -> None:
    if not _SYSTEM.fullmatch(parsed.system):
        raise MapInvalidError(
            _("Name the system that the file comes from: small letters, digits and dashes, such as “maven”."),
            field="system",
        )
    if not 1 <= len(parsed.pipeline) <= 80:
        raise MapInvalidError(_("Name the pipeline, in at most 80 letters."), field="pipeline")
    if "stage" not in parsed.fields:
        raise MapInvalidError(_("Map a column to the stage, or give a default stage."), field="columns")
    if not {"external_id", "title"} & set(parsed.columns.values()):
        raise MapInvalidError(_("Map a column to the id in the other system or to the title."), field="columns")
    if parsed.dates and parsed.dates.lower() != "auto":
        date_reader(parsed.dates)


def _refuse_double(columns: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for heading, name in columns.items():
        if name in seen:
            raise MapInvalidError(
                _("Two columns fill “%(field)s”: “%(first)s” and “%(second)s”.")
                % {"field": FIELDS[name].label, "first": short(seen[name]), "second": short(heading)},
                field="columns",
            )
        seen[name] = heading


def _values(raw: dict[str, Any]) -> tuple[dict[str, StageTarget], dict[str, dict[str, str]]]:
    given = {} if raw.get("values") is None else raw["values"]
    if not isinstance(given, dict) or not all(isinstance(table, dict) for table in given.values()):
        raise MapInvalidError(_("“values” holds an object for each field."), field="values")
    stages: dict[str, StageTarget] = {}
    values: dict[str, dict[str, str]] = {}
    for name, table in given.items():
        if name not in FIELDS or FIELDS[name].kind in {FieldKind.DATE, FieldKind.NUMBER}:
            raise _wrong("values", name, [each.name for each in FIELDS.values() if each.kind not in {"date", "number"}])
        for text, target in table.items():
            key = value_key(text)
            if name == "stage":
                stages[key] = _stage_target(text, target)
            elif isinstance(target, str):
                values.setdefault(name, {})[key] = target.strip()
            else:
                raise MapInvalidError(_("Write the value as text."), field=f"values.{name}.{text}")
    return stages, values


def _stage_target(text: str, target: Any) -> StageTarget:
    where = f"values.stage.{text}"
    if isinstance(target, str):
        target = {"to": target}
    if not isinstance(target, dict) or not isinstance(target.get("to"), str) or not target["to"].strip():
        raise MapInvalidError(_('Write the stage as text, or as {"to": …, "type": …}.'), field=where)
    if unknown := sorted(set(target) - {"to", "type", "probability"}):
        raise _wrong(where, unknown[0], ("to", "type", "probability"))
    kind, probability = target.get("type"), target.get("probability")
    if kind is not None and kind not in StageType.values:
        raise _wrong(f"{where}.type", kind, StageType.values)
    if probability is not None and (
        isinstance(probability, bool) or not isinstance(probability, int) or not 0 <= probability <= 100
    ):
        raise MapInvalidError(_("A probability is a whole number from 0 to 100."), field=f"{where}.probability")
    return StageTarget(" ".join(target["to"].split()), StageType(kind) if kind else None, probability)


def _defaults(raw: dict[str, Any]) -> dict[str, str]:
    defaults = _texts(raw, "defaults")
    for name in defaults:
        if name not in FIELDS or name == "external_id":
            raise _wrong("defaults", name, [each for each in FIELDS if each != "external_id"])
    return defaults


def _create(raw: dict[str, Any]) -> frozenset[str]:
    names = [] if raw.get("create") is None else raw["create"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MapInvalidError(_("“create” is a list of names."), field="create")
    for name in names:
        if name not in CREATABLE:
            raise _wrong("create", name, CREATABLE)
    return frozenset(names)


def _confirm(raw: dict[str, Any]) -> dict[int, str]:
    confirmed = _texts(raw, "confirm")
    for row, code in confirmed.items():
        if not row.isascii() or not row.isdigit() or not re.fullmatch(r"new|LRS-\d{1,15}", code, re.ASCII):
            raise MapInvalidError(_('Write each as "row": "LRS-0042" or "row": "new".'), field=f"confirm.{row}")
    return {int(row): code for row, code in confirmed.items()}


def _text(raw: dict[str, Any], key: str) -> str:
    value = "" if raw.get(key) is None else raw[key]
    if not isinstance(value, str):
        raise MapInvalidError(_("Write the value as text."), field=key)
    return value.strip() if key != "delimiter" else value


def _one_of(raw: dict[str, Any], key: str, allowed: Sequence[str]) -> str:
    value = _text(raw, key)
    if value and value not in allowed:
        raise _wrong(key, value, allowed)
    return value


def _texts(raw: dict[str, Any], key: str) -> dict[str, str]:
    table = {} if raw.get(key) is None else raw[key]
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise MapInvalidError(_("“%(key)s” is an object of texts.") % {"key": key}, field=key)
    return {" ".join(name.split()): value.strip() for name, value in table.items() if value.strip()}


def _holds_unstorable(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_unstorable(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_holds_unstorable, value))
    return isinstance(value, str) and UNSTORABLE.search(value) is not None


def value_key(text: str) -> str:
    """Return the form in which values are compared: letter case and spacing do not matter."""
    return " ".join(text.split()).casefold()


def _wrong(where: str, name: object, allowed: Any) -> MapInvalidError:
    return MapInvalidError(
        _("“%(name)s” is not known here. Allowed: %(allowed)s.")
        % {"name": short(name), "allowed": ", ".join(map(str, allowed))},
        field=where or None,
    )
