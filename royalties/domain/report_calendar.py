"""The due calendar: each agreement's periods, with the state of their reports."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from royalties.domain.expected_months import Reporting, read_reporting
from royalties.domain.periods import name_period
from royalties.domain.report_periods import months_of, periods_between, report_due_on
from royalties.engine.calendar import Period
from royalties.enums import AgreementStatus, AgreementType, ReportStatus
from royalties.models import Agreement, ReportFiling


class PeriodState(models.TextChoices):
    """How far the report of a period is."""

    NOT_OVER = "not_over", _("Period not over")
    DUE = "due", _("Due")
    LATE = "late", _("Late")
    NOT_EXPECTED = "not_expected", _("None expected")
    SUBMITTED = "submitted", _("Submitted")
    DISPUTED = "disputed", _("Sent back")
    ESTIMATE = "estimate", _("Estimate")
    NIL = "nil", _("Nil")
    ACCEPTED = "accepted", _("Accepted")


# What someone has to do something about.
OPEN_STATES = (PeriodState.DUE, PeriodState.LATE, PeriodState.SUBMITTED, PeriodState.DISPUTED, PeriodState.ESTIMATE)


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """A period of an agreement: its report's state, when it is due, and the filing to look at, if any."""

    agreement: Agreement
    period: Period
    state: PeriodState
    due_on: dt.date
    days_late: int
    filing: ReportFiling | None
    draft: ReportFiling | None

    @property
    def name(self) -> str:
        """The period in words."""
        return name_period(self.period.starts_on, self.period.ends_on)


def reporting_agreements(agreements: QuerySet[Agreement]) -> QuerySet[Agreement]:
    """Keep the agreements whose licensees report: licences that are, or were, in force."""
    return agreements.exclude(status=AgreementStatus.DRAFT).exclude(type=AgreementType.SERVICE)


def due_periods(
    agreements: Iterable[Agreement], *, since: dt.date, today: dt.date, only: Iterable[PeriodState] = PeriodState
) -> list[DuePeriod]:
    """Return the periods that end on or after `since` and have begun, of the agreements in their order, latest first.

    An estimate stands in for a report, so the period stays open until the licensee reports. A period is in once all
    its expected months are accepted, and none is late of which nothing is expected. Five queries at most.
    """
    agreements = list(agreements)
    filings = _filings(agreements, since)
    reporting = read_reporting(agreements, since=since)
    wanted = frozenset(only)
    found = []
    for agreement in agreements:
        expectation = reporting[agreement.pk]
        for period in reversed(list(periods_between(agreement, since, today))):
            row = _due(agreement, period, filings[agreement.pk, period.ends_on], expectation, today)
            if row.state in wanted:
                found.append(row)
    return found


def _filings(agreements: list[Agreement], since: dt.date) -> dict[tuple[int, dt.date], list[ReportFiling]]:
    counting = Q(reports__status=ReportStatus.ACCEPTED)
    rows = (
        ReportFiling.objects.filter(agreement__in=agreements, period_end__gte=since)
        .exclude(status=ReportStatus.SUPERSEDED)
        .annotate(
            counting=Count("reports", filter=counting),
            nil=Count("reports", filter=counting & Q(reports__is_nil=True)),
            estimated=Count("reports", filter=counting & Q(reports__is_estimate=True)),
        )
    )
    found: dict[tuple[int, dt.date], list[ReportFiling]] = defaultdict(list)
    for filing in rows.order_by("pk"):
        found[filing.agreement_id, filing.period_end].append(filing)
    return found


def _due(
    agreement: Agreement, period: Period, filings: list[ReportFiling], reporting: Reporting, today: dt.date
) -> DuePeriod:
    due_on = report_due_on(agreement, period.ends_on)
    by_status = {filing.status: filing for filing in filings}
    accepted = [filing for filing in filings if filing.status == ReportStatus.ACCEPTED]
    state = _state(by_status, accepted, period, reporting, due_on, today)
    shown = by_status.get(ReportStatus.SUBMITTED) or by_status.get(ReportStatus.DISPUTED)
    return DuePeriod(
        agreement=agreement,
        period=period,
        state=state,
        due_on=due_on,
        days_late=max(0, (today - due_on).days) if state in {PeriodState.LATE, PeriodState.ESTIMATE} else 0,
        filing=shown or (accepted[-1] if accepted else None),
        draft=by_status.get(ReportStatus.DRAFT),
    )


def _state(
    by_status: dict[str, ReportFiling],
    accepted: list[ReportFiling],
    period: Period,
    reporting: Reporting,
    due_on: dt.date,
    today: dt.date,
) -> PeriodState:
    if ReportStatus.SUBMITTED in by_status:
        return PeriodState.SUBMITTED
    if ReportStatus.DISPUTED in by_status:
        return PeriodState.DISPUTED
    expected = reporting.expected(months_of(period.starts_on, period.ends_on))
    if accepted and not reporting.missing(expected):
        return _accepted_state(accepted)
    if period.ends_on >= today:
        return PeriodState.NOT_OVER
    if not expected:
        return PeriodState.NOT_EXPECTED
    return PeriodState.LATE if due_on < today else PeriodState.DUE


def _accepted_state(accepted: list[ReportFiling]) -> PeriodState:
    counts = {name: sum(vars(filing)[name] for filing in accepted) for name in ("counting", "nil", "estimated")}
    if counts["estimated"]:
        return PeriodState.ESTIMATE
    return PeriodState.NIL if counts["nil"] == counts["counting"] else PeriodState.ACCEPTED
