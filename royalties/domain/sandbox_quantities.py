"""A term sheet with what the deal's plants are planned to make, as a scenario for the calculator."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from royalties.domain.sandbox import Inputs, planned_ramps
from royalties.domain.sandbox_ramps import SandboxPlant, sop_of
from royalties.domain.sandbox_terms import read_terms
from royalties.engine.exact import plain
from royalties.forecast.output import Assumptions, planned_lines

_MOST_ROWS = 48


def scenario_of(terms: object, *, plants: Sequence[SandboxPlant], chemistry: str) -> dict[str, Any]:
    """Return a scenario of the contract year in which production starts, else of the first, stated by its periods.

    Raise ScenarioError for terms that contradict.
    """
    sop_on = sop_of(plants)
    read = read_terms(terms, sop_on=sop_on)
    calendar, rules = read.agreement.calendar, read.agreement.rules
    first = max(rules.effective_on, sop_on or rules.effective_on)
    started = calendar.period_on(first)
    year = calendar.contract_year(started.contract_year if started else 1)
    periods = calendar.periods(year.ends_on)
    lines = planned_lines(
        planned_ramps(plants, inputs=Inputs(), chemistry=chemistry),
        assumptions=Assumptions(),
        currency=rules.currency,
        reported=(),
        through=year.ends_on,
    )
    names = {str(one.plant.pk): one.plant.name for one in plants}
    document: dict[str, Any] = dict(terms) if isinstance(terms, Mapping) else {}
    document.pop("sop_fees", None)
    days = {str(fee.id): fee.on.isoformat() for fee in read.agreement.fees}
    return {
        **document,
        "terms": [_with_names(term, names) for term in document["terms"]],
        "fees": [{**fee, "on": days[fee["id"]]} for fee in document.get("fees", []) if fee["id"] in days],
        "fx": [],
        "reports": [
            {
                "month": f"{line.month:%Y-%m}",
                "version": 1,
                "accepted_on": year.ends_on.isoformat(),
                "plant": names[str(line.plant)],
                "chemistry": line.chemistry,
                "field": line.field,
                "energy_produced_kwh": plain(line.energy_produced_kwh),
                "energy_sold_kwh": plain(line.energy_sold_kwh),
            }
            for line in lines
            if calendar.period_of_month(line.month) is not None and line.month >= year.starts_on.replace(day=1)
        ][:_MOST_ROWS],
        "issues": [
            {"period_end": period.ends_on.isoformat(), "on": _later(max(period.ends_on, year.ends_on)).isoformat()}
            for period in periods
            if period.contract_year == year.number
        ],
    }


def _with_names(term: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    scope = term.get("scope") or {}
    plants = [names.get(key, key) for key in scope.get("plants", [])]
    return {**term, "scope": {**scope, "plants": plants}}


def _later(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)
