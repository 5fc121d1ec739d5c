"""Which report versions a line compares: those it was stated on, and those that count now."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from royalties.engine.quantities import ReportLine
from royalties.engine.terms import Key


class ComparedReport(NamedTuple):
    """A report line before and now: the version that counted when the line was stated, if any, and that now."""

    before: ReportLine | None
    after: ReportLine


def compare_reports(before: Iterable[ReportLine], after: Iterable[ReportLine]) -> list[ComparedReport]:
    """Return the report lines that count now and did not before, each with the one it takes the place of."""
    known = {_key(line): line for line in before}
    compared = (ComparedReport(known.get(_key(line)), line) for line in after)
    return sorted(
        (pair for pair in compared if pair.before is None or pair.before.version != pair.after.version),
        key=lambda pair: (pair.after.month, str(pair.after.plant), str(pair.after.chemistry), str(pair.after.field)),
    )


def describe_reports(compared: Sequence[ComparedReport]) -> list[dict[str, object]]:
    """Return compared reports for a trace."""
    return [
        {
            "plant": after.plant,
            "month": f"{after.month:%Y-%m}",
            "chemistry": after.chemistry,
            "field": after.field,
            "version_before": None if before is None else before.version,
            "version": after.version,
        }
        for before, after in compared
    ]


def _key(line: ReportLine) -> tuple[Key, dt.date, Key, Key]:
    return line.plant, line.month, line.chemistry, line.field
