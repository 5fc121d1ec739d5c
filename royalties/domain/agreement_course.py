"""Where an agreement stands: the reports that are open, and its latest statements."""

import datetime as dt
from dataclasses import dataclass

from royalties.domain.report_calendar import OPEN_STATES, DuePeriod, due_periods
from royalties.enums import AgreementStatus, AgreementType, StatementStatus
from royalties.models import Agreement, Statement

_SHOWN = 4
_BACK = dt.timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Course:
    """The open reports of two years, the oldest first, and the latest statements, a draft first."""

    reports: list[DuePeriod]
    more_reports: int
    statements: list[Statement]

    @property
    def has_draft(self) -> bool:
        """Whether a statement is drafted and not issued yet."""
        return any(statement.status == StatementStatus.DRAFT for statement in self.statements)


def course_of(agreement: Agreement, *, today: dt.date) -> Course | None:
    """Return where an agreement stands; None for a draft and for services, of which nothing is reported."""
    if agreement.status == AgreementStatus.DRAFT or agreement.type == AgreementType.SERVICE:
        return None
    if agreement.effective_on is None:
        return None
    reports = due_periods([agreement], since=today - _BACK, today=today, only=OPEN_STATES)[::-1]
    statements = Statement.objects.filter(agreement=agreement).defer("terms_used", "previous_lines")
    latest = sorted(
        statements.order_by("-calculated_at", "-pk")[:_SHOWN],
        key=lambda statement: statement.status != StatementStatus.DRAFT,
    )
    return Course(reports[:_SHOWN], max(0, len(reports) - _SHOWN), latest)
