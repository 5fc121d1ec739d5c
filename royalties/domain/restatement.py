"""What the next statement would say if a report were accepted or an amendment made; nothing is written."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from royalties.domain.engine_input import read_agreement
from royalties.domain.line_differences import LineDifference, compare_lines
from royalties.domain.statement_lines import NewLines, describe_lines, next_lines
from royalties.domain.statement_periods import last_stated, period_to_state
from royalties.engine.calendar import Period
from royalties.models import Agreement, ReportFiling


@dataclass(frozen=True, slots=True)
class Preview:
    """The next statement, through `period`, before and after: line by line and in what is payable.

    What ends by `stated_through` was stated already.
    """

    period: Period
    currency: str
    lines: list[LineDifference]
    payable_before: Decimal
    payable_after: Decimal
    stated_through: dt.date | None

    @property
    def change(self) -> Decimal:
        """What it adds to what is payable."""
        return self.payable_after - self.payable_before

    @property
    def changed_lines(self) -> list[LineDifference]:
        """The lines that differ."""
        return [line for line in self.lines if line.is_changed]

    @property
    def is_restatement(self) -> bool:
        """Whether anything that was stated already changes."""
        stated_through = self.stated_through
        return stated_through is not None and any(line.period_end <= stated_through for line in self.changed_lines)


def preview_filing(filing: ReportFiling) -> Preview:
    """Return what the next statement would say if the filing were accepted.

    The next statement is that of the first period that is not stated; when the filing is of a later one, that
    of its own. Raise MissingRate and MissingIndexError where the figures cannot be calculated yet.
    """
    agreement = filing.agreement
    period = _next_period(agreement, reported_through=filing.period_end)
    before = next_lines(agreement, through=period.ends_on)
    after = next_lines(agreement, through=period.ends_on, counting=filing)
    return _preview(agreement, period, before, after)


def preview_amendment(agreement: Agreement, *, amend: Callable[[], object]) -> Preview:
    """Return what the next statement would say after a change of the agreement, which is then taken back.

    `amend` makes the change; what it raises goes to the caller. Raise MissingRate and MissingIndexError.
    """
    period = _next_period(agreement, reported_through=None)
    before = next_lines(agreement, through=period.ends_on)
    with transaction.atomic():
        savepoint = transaction.savepoint_create()
        amend()
        changed = Agreement.objects.get(pk=agreement.pk)
        after_period = _next_period(changed, reported_through=None)
        after = next_lines(changed, through=after_period.ends_on)
        transaction.savepoint_rollback(savepoint)
    return _preview(agreement, period, before, after)


def _next_period(agreement: Agreement, *, reported_through: dt.date | None) -> Period:
    """Return the period of the next statement, or of a later report."""
    calendar = read_agreement(agreement).calendar
    period = period_to_state(calendar, stated_through=last_stated(agreement), through=None)
    if reported_through is not None and reported_through > period.ends_on:
        return calendar.period_on(reported_through) or period
    return period


def _preview(agreement: Agreement, period: Period, before: NewLines, after: NewLines) -> Preview:
    return Preview(
        period=period,
        currency=agreement.currency,
        lines=compare_lines(describe_lines(before.lines), describe_lines(after.lines)),
        payable_before=before.totals.payable,
        payable_after=after.totals.payable,
        stated_through=last_stated(agreement),
    )
