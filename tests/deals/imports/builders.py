"""Files and maps for tests of imports."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl

from deals.domain.imports.checking import plan_import
from deals.domain.imports.mapping import parse_map
from deals.domain.imports.plans import Plan
from deals.domain.imports.reading import read_table
from deals.domain.imports.running import run_import
from deals.models import ImportBatch
from tests.deals.factories import NOW, TODAY

SAMPLE = Path(__file__).resolve().parents[3].parent / "shared/data/crm_opportunities/sales_pipeline.csv"
# The map of the public sample, as docs/import.md describes maps.
SAMPLE_MAP = {
    "system": "maven",
    "pipeline": "CRM sample",
    "dates": "DD-MM-YYYY",
    "columns": {
        "opportunity_id": "external_id",
        "account": "company",
        "deal_stage": "stage",
        "sales_agent": "owner",
        "engage_date": "opened_on",
        "close_date": "closed_on",
        "close_value": "value",
        "product": "title",
    },
    "values": {"stage": {"Won": "Won"}, "owner": {}},
    "defaults": {"currency": "USD"},
    "create": ["pipeline", "stage", "company", "owner"],
}
ALL_COLUMNS = {"id": "external_id", "company": "company", "title": "title", "stage": "stage"}
EVERYTHING = ["pipeline", "stage", "company", "owner", "contact"]


def csv_file(*rows: str, headings: str = "id,company,title,stage") -> bytes:
    return "\n".join((headings, *rows)).encode()


def xlsx_file(*rows: tuple[Any, ...], headings: tuple[Any, ...] = ("id", "company", "title", "stage")) -> bytes:
    workbook = openpyxl.Workbook()
    for row in (headings, *rows):
        workbook.active.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def a_map(**changes: Any) -> dict[str, Any]:
    more_columns = changes.pop("more_columns", {})
    return {
        "system": "crm",
        "pipeline": "Imported",
        "columns": ALL_COLUMNS | more_columns,
        "create": EVERYTHING,
        **changes,
    }


def plan(content: bytes, raw_map: dict[str, Any] | None = None, *, by: Any = None, name: str = "deals.csv") -> Plan:
    import_map = parse_map(raw_map or a_map())
    table = read_table(content=content, name=name, encoding=import_map.encoding)
    return plan_import(table=table, import_map=import_map, by=by, at=NOW, today=TODAY)


def import_file(
    content: bytes, raw_map: dict[str, Any] | None = None, *, by: Any = None, name: str = "deals.csv"
) -> tuple[ImportBatch, dict[str, Any]]:
    raw_map = raw_map or a_map()
    batch = ImportBatch(file_name=name, mapping=raw_map, created_by=by)
    table = read_table(content=content, name=name)
    report = run_import(batch=batch, table=table, import_map=parse_map(raw_map), by=by, at=NOW, today=TODAY)
    return batch, report


def said(result: Plan | dict[str, Any]) -> list[tuple[int, str, str]]:
    """Return row, column and severity of every problem but the notes."""
    report = result if isinstance(result, dict) else result.report()
    return [
        (problem["row"], problem["column"], problem["severity"])
        for problem in report["problems"]
        if problem["severity"] != "info"
    ]


def counts(result: Plan | dict[str, Any]) -> tuple[int, int, int, int]:
    report = result if isinstance(result, dict) else result.report()
    return report["created"], report["updated"], report["unchanged"], report["rejected"]


def write_map(folder: Path, raw_map: dict[str, Any]) -> Path:
    path = folder / "map.json"
    path.write_text(json.dumps(raw_map), encoding="utf-8")
    return path
