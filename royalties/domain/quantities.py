"""Sums of the reports that count, per term and reporting period, made by the database."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.calendar import MONTHS
from royalties.engine.quantities import TermQuantity
from royalties.models import ReportFiling

# A month belongs to the term and the period in force on its last day, so a term reaches from the month of its first
# day up to the month in which the day after its last one lies. Periods start in every `months`-th month from the
# contract-year start, never after a month's last day, so the month alone says in which one it is.
# The plants of a term are gathered beside it, once, and parts of dates are no decimals: there are many reports.
_SUMS = """
    WITH agreement AS (
        SELECT * FROM unnest(
            %(ids)s::bigint[], %(starts)s::date[], %(ends)s::date[], %(firsts)s::int[], %(months)s::int[]
        ) AS a(id, starts_on, ends_on, first_month, months)
    ),
    term AS (
        SELECT t.id, t.agreement_id, t.basis, t.chemistries, t.fields, a.first_month, a.months,
            date_trunc('month', greatest(t.effective_from, a.starts_on))::date AS from_month,
            coalesce(date_trunc('month', least(t.effective_to, a.ends_on) + 1)::date, 'infinity') AS before_month,
            p.plants
        FROM royalties_royaltyterm t JOIN agreement a ON a.id = t.agreement_id
        CROSS JOIN LATERAL (
            SELECT array_agg(plant_id) AS plants FROM royalties_royaltytermplant WHERE term_id = t.id
        ) p
        WHERE t.basis <> 'lump_sum'
    )
    SELECT t.agreement_id, t.id,
        (date_part('year', r.month)::int * 12 + date_part('month', r.month)::int - t.first_month) / t.months AS cell,
        CASE t.basis WHEN 'net_sales' THEN r.currency ELSE '' END AS currency,
        min(r.month),
        sum(CASE t.basis
            WHEN 'energy_produced' THEN r.energy_produced_kwh
            WHEN 'energy_sold' THEN r.energy_sold_kwh
            WHEN 'units' THEN r.units
            ELSE r.net_sales
        END)
    FROM royalties_productionreport r
    JOIN term t ON t.agreement_id = r.agreement_id AND r.month >= t.from_month AND r.month < t.before_month
        AND (t.plants IS NULL OR r.plant_id = ANY (t.plants))
        AND (t.chemistries = '{{}}' OR r.chemistry = ANY (t.chemistries))
        AND (t.fields = '{{}}' OR r.field = ANY (t.fields))
    WHERE {counts}
    GROUP BY 1, 2, 3, 4
    ORDER BY 1
"""
_ACCEPTED = "r.status = 'accepted'"
# As if a filing were accepted: its lines take the place of those of the same plant, month, chemistry and field,
# and of estimates of the same plant and month.
_WITH_FILING = """
    r.filing_id = %(filing)s AND r.status <> 'superseded' OR r.status = 'accepted' AND NOT EXISTS (
        SELECT 1 FROM royalties_productionreport n
        WHERE n.filing_id = %(filing)s AND n.status <> 'superseded' AND n.plant_id = r.plant_id AND n.month = r.month
            AND (n.chemistry = r.chemistry AND n.field = r.field OR r.is_estimate AND NOT n.is_estimate)
    )
"""
# As if every submitted line were accepted: of the versions of a line, the highest of those two states counts.
_EXPECTED = """
    r.status IN ('accepted', 'submitted') AND NOT EXISTS (
        SELECT 1 FROM royalties_productionreport n
        WHERE n.agreement_id = r.agreement_id AND n.plant_id = r.plant_id AND n.month = r.month
            AND n.chemistry = r.chemistry AND n.field = r.field
            AND n.status IN ('accepted', 'submitted') AND n.number > r.number
    )
"""


def read_quantities(
    agreements: Mapping[int, EngineAgreement], *, counting: ReportFiling | None = None
) -> dict[int, list[TermQuantity]]:
    """Return the quantities of stored agreements by key, in one query.

    With a filing to be counted, the sums are those that its acceptance would make.
    """
    found: dict[int, list[TermQuantity]] = defaultdict(list)
    for agreement_id, quantity in iterate_quantities(agreements, counting=counting):
        found[agreement_id].append(quantity)
    return found


def read_expected_quantities(agreements: Mapping[int, EngineAgreement]) -> dict[int, list[TermQuantity]]:
    """Return the quantities that there will be once what is submitted is accepted, in one query."""
    found: dict[int, list[TermQuantity]] = defaultdict(list)
    for agreement_id, quantity in _iterate(agreements, _EXPECTED):
        found[agreement_id].append(quantity)
    return found


def iterate_quantities(
    agreements: Mapping[int, EngineAgreement], *, counting: ReportFiling | None = None
) -> Iterator[tuple[int, TermQuantity]]:
    """Yield the key of the agreement with each quantity, in order of agreements, terms and periods."""
    return _iterate(agreements, _ACCEPTED if counting is None else _WITH_FILING, counting=counting)


def _iterate(
    agreements: Mapping[int, EngineAgreement], counts: str, *, counting: ReportFiling | None = None
) -> Iterator[tuple[int, TermQuantity]]:
    sql = _SUMS.format(counts=counts)
    parameters = {**_calendar_columns(agreements), "filing": counting.pk if counting else None}
    period_ends: dict[tuple[int, int], dt.date] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for agreement_id, term_id, cell, currency, month, quantity in cursor:
            period_end = period_ends.get((agreement_id, cell))
            if period_end is None:
                period = agreements[agreement_id].calendar.period_of_month(month)
                if period is None:
                    raise ValueError(f"{month} is outside agreement {agreement_id}")
                period_end = period_ends[agreement_id, cell] = period.ends_on
            yield agreement_id, TermQuantity(term_id, period_end, currency, quantity)


def _calendar_columns(agreements: Mapping[int, EngineAgreement]) -> dict[str, Any]:
    calendars = [agreement.calendar for agreement in agreements.values()]
    return {
        "ids": list(agreements),
        "starts": [calendar.effective_on for calendar in calendars],
        "ends": [calendar.ends_on for calendar in calendars],
        # Counted from January of year 0, as the statement counts months from 1: any contract-year start serves.
        "firsts": [calendar.start_month for calendar in calendars],
        "months": [MONTHS[calendar.length] for calendar in calendars],
    }
