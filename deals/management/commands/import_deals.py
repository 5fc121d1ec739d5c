"""`manage.py import_deals FILE --map MAP.json`: bring deals in from a file (docs/import.md)."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from deals.domain.imports.checking import plan_import
from deals.domain.imports.mapping import ImportMap, parse_map
from deals.domain.imports.problems import FileUnusableError, MapInvalidError
from deals.domain.imports.reading import check_file, read_table
from deals.domain.imports.running import run_import
from deals.domain.imports.tables import Table
from deals.management.operator_command import OperatorCommand, find_user
from deals.models import ImportBatch


class Command(OperatorCommand):
    """Import deals from a CSV or XLSX file, in one transaction."""

    help = "Import deals from a CSV or XLSX file, as a map says. All of it, or with an error nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file, the map and the options."""
        parser.add_argument("file", type=Path, help="the CSV or XLSX file")
        parser.add_argument(
            "--map", dest="map_file", type=Path, required=True, help="the map, a JSON file (docs/import.md)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as JSON")
        parser.add_argument("--user", metavar="EMAIL", help="import as this user, with their permissions")

    def handle(
        self, *, file: Path, map_file: Path, dry_run: bool, as_json: bool, user: str | None, **_options: Any
    ) -> None:
        """Import the file; exit with 1 when the file, the map or the user is of no use."""
        report, batch = self.run_or_refuse(
            lambda: self._import(file, map_file, dry_run=dry_run, email=user), as_json=as_json
        )
        if as_json:
            self.print_json(report)
        else:
            self._print(report, batch)

    def _import(
        self, file: Path, map_file: Path, *, dry_run: bool, email: str | None
    ) -> tuple[dict[str, Any], ImportBatch | None]:
        by = find_user(email) if email is not None else None
        import_map, raw_map = _read_map(map_file)
        table, digest = _read_file(file, import_map)
        now = timezone.now()
        if dry_run:
            return plan_import(table=table, import_map=import_map, by=by, at=now, today=now.date()).report(), None
        batch = ImportBatch(file_name=file.name[:200], sha256=digest, mapping=raw_map, created_by=by)
        return run_import(batch=batch, table=table, import_map=import_map, by=by, at=now, today=now.date()), batch

    def _print(self, report: dict[str, Any], batch: ImportBatch | None) -> None:
        for problem in report["problems"]:
            column = f", {problem['column']}" if problem["column"] else ""
            self.stdout.write(f"row {problem['row']}{column}: {problem['severity']}: {problem['message']}")
        verdict = "Imported" if batch is not None else "Dry run, nothing was written"
        counts = ", ".join(f"{report[name]} {name}" for name in ("created", "updated", "unchanged", "rejected"))
        severities = Counter(problem["severity"] for problem in report["problems"])
        remarks = ", ".join(f"{count} × {severity}" for severity, count in severities.most_common())
        self.stdout.write(f"{verdict}: {report['rows']} rows: {counts}." + (f" Remarks: {remarks}." if remarks else ""))
        if batch is not None and batch.pk is not None:
            self.stdout.write(f"To take it back: manage.py undo_import {batch.pk} --user EMAIL")


def _read_map(path: Path) -> tuple[ImportMap, dict[str, Any]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MapInvalidError(f"The map {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise MapInvalidError(f"The map {path} is not JSON: {error}.") from None
    return parse_map(raw), raw


def _read_file(path: Path, import_map: ImportMap) -> tuple[Table, str]:
    try:
        check_file(name=path.name, size_bytes=path.stat().st_size)
        content = path.read_bytes()
    except OSError as error:
        raise FileUnusableError(f"The file {path} cannot be read: {error.strerror}.") from None
    table = read_table(
        content=content,
        name=path.name,
        encoding=import_map.encoding,
        delimiter=import_map.delimiter,
        sheet=import_map.sheet,
    )
    return table, hashlib.sha256(content).hexdigest()
