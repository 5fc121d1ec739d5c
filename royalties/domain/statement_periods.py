"""Which period the next statement of an agreement is for."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from lrs_tracker.formats import format_day_in_full
from lrs_tracker.problems import DomainError
from royalties.domain.periods import name_period
from royalties.engine.calendar import Calendar, Period
from royalties.enums import ReportStatus, StatementStatus
from royalties.models import Agreement, ReportFiling, Statement

_DAY = dt.timedelta(days=1)


def last_stated(agreement: Agreement) -> dt.date | None:
    """Return the end of the last period that a statement was issued for."""
    issued = Statement.objects.filter(~Q(status=StatementStatus.DRAFT), agreement=agreement)
    return issued.aggregate(last=Max("period_end"))["last"]


def next_period(calendar: Calendar, *, stated_through: dt.date | None) -> Period | None:
    """Return the first period that is not stated yet, or None once the last one of the agreement is."""
    return calendar.period_on(calendar.effective_on if stated_through is None else stated_through + _DAY)


@dataclass(frozen=True, slots=True)
class DraftTaking:
    """The draft that takes a report in: of the next period, or of corrections through a stated one."""

    through: dt.date | None

    @property
    def is_correction(self) -> bool:
        """Whether the report's period was stated before."""
        return self.through is not None


def draft_taking(filing: ReportFiling) -> DraftTaking | None:
    """Return the draft that takes an accepted report in, or None when a statement was issued since."""
    issued = Statement.objects.filter(~Q(status=StatementStatus.DRAFT), agreement=filing.agreement)
    if filing.status != ReportStatus.ACCEPTED or issued.filter(issued_at__gte=filing.decided_at).exists():
        return None
    stated_through = last_stated(filing.agreement)
    is_stated = stated_through is not None and filing.period_end <= stated_through
    return DraftTaking(stated_through if is_stated else None)


def period_to_state(calendar: Calendar, *, stated_through: dt.date | None, through: dt.date | None) -> Period:
    """Return the period that a statement through a day is for: the next one unless said otherwise.

    The last stated period may be stated again, for corrections that are not to wait for the next. Raise
    DomainError for any other.
    """
    following = next_period(calendar, stated_through=stated_through)
    again = None if stated_through is None else calendar.period_on(stated_through)
    if through is None and (following or again):
        return following or again  # type: ignore[return-value]  # one of them is a period
    for period in (following, again):
        if period is not None and period.ends_on == through:
            return period
    if following is None:
        raise DomainError(_("The agreement has no reporting period to state."), field="through")
    raise DomainError(
        _("The next statement is that of %(period)s, through %(day)s.")
        % {
            "period": name_period(following.starts_on, following.ends_on),
            "day": format_day_in_full(following.ends_on),
        },
        field="through",
    )


def next_number(agreement: Agreement) -> int:
    """Return the number under which the agreement's next statement will be issued."""
    return (Statement.objects.filter(agreement=agreement).aggregate(highest=Max("number"))["highest"] or 0) + 1
