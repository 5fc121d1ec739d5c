"""What needs doing in royalties, for one reader."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum

from lrs_tracker.visibility import Viewer
from royalties.domain.missing_months import missing_of
from royalties.domain.report_calendar import DuePeriod, PeriodState, due_periods, reporting_agreements
from royalties.domain.report_periods import calendar_of
from royalties.domain.statement_periods import next_period
from royalties.engine.calendar import Period
from royalties.enums import AgreementStatus, LineKind, StatementStatus
from royalties.models import Agreement, EarnedLine, Statement

# A list shows so many, and says how many more there are.
SHOWN = 8
_YEAR = dt.timedelta(days=366)
_EARNED = (LineKind.ROYALTY, LineKind.CAP)


@dataclass(frozen=True, slots=True)
class DueStatement:
    """A period that is over and not stated; `missing` months still wait for a report."""

    agreement: Agreement
    period: Period
    missing: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """What is earned in a currency to date, and what of it is not stated yet."""

    currency: str
    earned: Decimal
    stated: Decimal
    calculated_at: dt.datetime

    @property
    def unstated(self) -> Decimal:
        """What statements to come will say."""
        return self.earned - self.stated


def open_reports(viewer: Viewer, *, today: dt.date) -> list[DuePeriod]:
    """Return the periods of the last year whose reports are late or wait for a decision, the oldest first."""
    agreements = reporting_agreements(Agreement.objects.visible_to(viewer)).filter(effective_on__isnull=False)
    found = due_periods(
        agreements.select_related("licensee").order_by("deal_id", "number"),
        since=today - _YEAR,
        today=today,
        only=(PeriodState.LATE, PeriodState.SUBMITTED, PeriodState.DISPUTED),
    )
    return sorted(found, key=lambda due: due.due_on)


def drafts(viewer: Viewer) -> QuerySet[Statement]:
    """Return the drafts, the oldest period first."""
    return _statements(viewer).filter(status=StatementStatus.DRAFT).order_by("period_end", "agreement_id")


def disputed(viewer: Viewer) -> QuerySet[Statement]:
    """Return the disputed statements, the one disputed longest first."""
    return _statements(viewer).filter(status=StatementStatus.DISPUTED).order_by("disputed_at", "pk")


def statements_due(viewer: Viewer, *, today: dt.date) -> list[DueStatement]:
    """Return the periods that are over, not stated and not drafted, the oldest first.

    Only of those shown are the missing months counted.
    """
    agreements = (
        Agreement.objects.visible_to(viewer)
        .exclude(status=AgreementStatus.DRAFT)
        .exclude(statements__status=StatementStatus.DRAFT)
        .annotate(stated_through=Max("statements__period_end", filter=~Q(statements__status=StatementStatus.DRAFT)))
        .select_related("licensee")
        .order_by("deal_id", "number")
    )
    waiting = []
    for agreement in agreements:
        period = next_period(calendar_of(agreement), stated_through=agreement.stated_through)
        if period is not None and period.ends_on < today:
            waiting.append((period.ends_on, agreement, period))
    waiting.sort(key=lambda found: found[0])
    missing = missing_of((agreement, ends_on) for ends_on, agreement, _period in waiting[:SHOWN])
    return [
        DueStatement(agreement, period, len(missing[place]) if place < SHOWN else 0)
        for place, (_ends_on, agreement, period) in enumerate(waiting)
    ]


def accruals(viewer: Viewer) -> list[Accrual]:
    """Return by currency what is earned to date, by the last calculation of the portfolio, and what of it is stated.

    Agreements that came into force after that calculation are left out of both.
    """
    stated = dict(
        _statements(viewer)
        .exclude(status=StatementStatus.DRAFT)
        .filter(agreement__in=EarnedLine.objects.values("agreement"))
        .order_by()
        .values_list("currency")
        .annotate(earned=Sum("earned"))
    )
    earned = (
        EarnedLine.objects.visible_to(viewer)
        .filter(kind__in=_EARNED)
        .order_by("currency")
        .values_list("currency")
        .annotate(earned=Sum("amount"), calculated_at=Max("calculated_at"))
    )
    return [Accrual(currency, amount, stated.get(currency, Decimal(0)), at) for currency, amount, at in earned]


def _statements(viewer: Viewer) -> QuerySet[Statement]:
    visible = Statement.objects.visible_to(viewer).select_related("agreement__licensee")
    return visible.defer("terms_used", "previous_lines")
