"""A mirror as files, for what reads no SQLite: a file per resource, which is replaced as a whole."""

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from lrs_client.mirror import Mirror

# What a spreadsheet would take as a formula, in the same way as in the server's own CSV.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_files(mirror: Mirror, folder: Path, kind: str) -> None:
    """Write the file of each resource that changed since its file was last written, or whose file is not there.

    A file has its name once it is whole and on the disk; one that was not written when its follower was killed is
    written by the next. The file of a resource that is not mirrored any more goes.
    """
    touched = mirror.touched()
    for resource in set(touched) - set(mirror.resources):
        (folder / f"{resource}.{kind}").unlink(missing_ok=True)
        mirror.settle(resource)
    for resource in mirror.resources:
        target = folder / f"{resource}.{kind}"
        if resource not in touched and target.exists():
            continue
        draft = folder / f".{target.name}.new"
        with draft.open("w", encoding="utf-8", newline="") as file:
            _WRITERS[kind](mirror, resource, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        mirror.settle(resource)


def _write_jsonl(mirror: Mirror, resource: str, file: IO[str]) -> None:
    for one in mirror.objects(resource):
        file.write(json.dumps(one, ensure_ascii=False) + "\n")


def _write_csv(mirror: Mirror, resource: str, file: IO[str]) -> None:
    names, rows = mirror.rows(resource)
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    is_number = value.lstrip("-").replace(".", "", 1).isdigit()
    return value if is_number else f"'{value}"


_WRITERS: Mapping[str, Callable[[Mirror, str, IO[str]], None]] = {"jsonl": _write_jsonl, "csv": _write_csv}
