"""The months whose reports a statement waits for."""

import datetime as dt
from collections.abc import Iterable

from royalties.domain.expected_months import PlantMonth, read_reporting
from royalties.domain.report_periods import calendar_of, months_of
from royalties.models import Agreement


def missing_months(agreement: Agreement, *, through: dt.date) -> list[PlantMonth]:
    """Return the months of plants through a day for which no report was accepted, nor an estimate, in order."""
    return missing_of([(agreement, through)])[0]


def missing_of(wanted: Iterable[tuple[Agreement, dt.date]]) -> list[list[PlantMonth]]:
    """Return the missing months of agreements, each through a day, in their order. Three queries."""
    pairs = list(wanted)
    reporting = read_reporting(agreement for agreement, _through in pairs)
    found = []
    for agreement, through in pairs:
        calendar = calendar_of(agreement)
        last = through if calendar.ends_on is None else min(through, calendar.ends_on)
        one = reporting[agreement.pk]
        found.append(one.missing(one.expected(months_of(calendar.effective_on, last))))
    return found
