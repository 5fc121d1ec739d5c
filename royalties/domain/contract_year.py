"""The contract year so far, as a statement leaves it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from royalties.engine.calendar import Calendar
from royalties.engine.codes import PeriodLength
from royalties.enums import LineKind
from royalties.models import Statement, StatementLine

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NextTier:
    """The next bound of a term's tiers, and about when its window reaches it at the pace of the period."""

    term: str
    bound: Decimal
    basis: str
    about_on: dt.date | None


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What a contract year has earned after the cap, through a statement, and its limits."""

    contract_year: int
    earned: Decimal
    minimum: Decimal | None
    cap: Decimal | None
    next_tiers: list[NextTier]

    @property
    def to_minimum(self) -> Decimal:
        """What is still to be earned to reach the minimum."""
        return max(_ZERO, (self.minimum or _ZERO) - self.earned)

    @property
    def to_cap(self) -> Decimal:
        """What can still be earned until the cap cuts."""
        return max(_ZERO, (self.cap or _ZERO) - self.earned)


def year_so_far(statement: Statement, lines: list[StatementLine]) -> YearSoFar | None:
    """Return how far the contract year of a statement's period is, or None where its terms were not kept.

    `lines` are the statement's own; those of the statements before it are added up by the database. A lifetime cap
    is compared with what the whole lifetime has earned.
    """
    terms = statement.terms_used
    if "contract_year" not in terms:
        return None
    return YearSoFar(
        contract_year=terms["contract_year"],
        earned=_earned(statement, terms),
        minimum=None if terms["minimum"] is None else Decimal(terms["minimum"]),
        cap=None if terms["cap"] is None or terms["cap_window"] == "lifetime" else Decimal(terms["cap"]),
        next_tiers=_next_tiers(statement, lines),
    )


def _earned(statement: Statement, terms: dict[str, Any]) -> Decimal:
    before = Q(statement=statement)
    numbered = Q(statement__number__isnull=False)
    before |= numbered & Q(statement__number__lt=statement.number) if statement.number else numbered
    return (
        StatementLine.objects.filter(
            before,
            statement__agreement=statement.agreement_id,
            kind__in=[LineKind.ROYALTY, LineKind.CAP],
            trace__period__contract_year=terms["contract_year"],
        ).aggregate(earned=Sum("amount"))["earned"]
        or _ZERO
    )


def _next_tiers(statement: Statement, lines: list[StatementLine]) -> list[NextTier]:
    days = (statement.period_end - statement.period_start).days + 1
    year_end = _year_end(statement)
    found = []
    for line in lines:
        trace = line.trace
        if line.kind != LineKind.ROYALTY or line.period_end != statement.period_end or "window_after" not in trace:
            continue
        after, quantity = Decimal(trace["window_after"]), Decimal(trace["quantity"])
        bounds = [Decimal(tier["to"]) for tier in trace.get("brackets", ()) if tier["to"] is not None]
        bound = next((bound for bound in bounds if bound > after), None)
        if bound is None or trace["window"] == "period":
            continue
        last_on = year_end if trace["window"] == "contract_year" else dt.date.max
        if last_on <= statement.period_end:
            continue
        about_on = None
        if quantity > 0 and (bound - after) * days / quantity <= 366:
            about_on = statement.period_end + dt.timedelta(days=int((bound - after) * days / quantity) + 1)
            if about_on > last_on:
                about_on = None
        found.append(NextTier(trace.get("label", ""), bound, trace["basis"], about_on))
    return found


def _year_end(statement: Statement) -> dt.date:
    """Return the last day of the contract year, in which its tiers are counted, of a statement's period."""
    agreement = statement.agreement
    start = agreement.contract_year_start or f"{agreement.effective_on:%m-%d}"
    assert agreement.effective_on is not None  # noqa: S101  # an agreement with statements is in force
    calendar = Calendar(agreement.effective_on, agreement.last_day, int(start[:2]), int(start[3:]), PeriodLength.YEAR)
    period = calendar.period_on(statement.period_end)
    return dt.date.max if period is None else period.ends_on
