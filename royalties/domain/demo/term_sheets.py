"""The term sheets of the demonstration desk. Every figure is made up."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from deals.models import Deal
from plants.domain.ramp_curve import add_months
from royalties.models import TermSheet

_FILE = Path(__file__).with_name("term_sheets.json")
_MONTHS_TO_SIGNATURE = 4


def create_term_sheets(*, today: dt.date) -> None:
    """Create the versions that a deal under negotiation compares, effective some months from today."""
    entry = json.loads(_FILE.read_text())
    deal = Deal.objects.get(company__name=entry["company"], company__is_fictional=True)
    effective_on = add_months(today.replace(day=1), _MONTHS_TO_SIGNATURE)
    for position, row in enumerate(entry["sheets"], start=1):
        name = row.pop("name")
        TermSheet.objects.create(deal=deal, position=position, name=name, terms=_terms(row, effective_on))


def _terms(row: dict[str, Any], effective_on: dt.date) -> dict[str, Any]:
    agreement = {**row["agreement"], "effective_on": effective_on.isoformat()}
    return {**row, "agreement": agreement, "fees": [_dated(fee, effective_on) for fee in row["fees"]]}


def _dated(fee: dict[str, Any], effective_on: dt.date) -> dict[str, Any]:
    on = effective_on + dt.timedelta(days=fee.pop("days_after", 0))
    return {**fee, "on": on.isoformat()}
