"""Single lines of reports that are still being written: added, corrected and taken out, one by one.

What other systems send line by line gathers in one draft for each period, until that is submitted.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.edits import lock_row, require_permission
from lrs_tracker.problems import DomainError, StateError
from royalties.domain.filings import EDITABLE, lock_filing, save_lines, start_filing, withdraw_filing
from royalties.domain.report_lines import LineKey, ReportLine, line_of, live_lines
from royalties.domain.report_periods import calendar_of
from royalties.engine.calendar import last_day
from royalties.enums import ReportChannel, ReportStatus
from royalties.models import Agreement, ProductionReport, ReportFiling


@transaction.atomic
def add_line(*, agreement: Agreement, line: ReportLine, by: User, today: dt.date) -> ProductionReport:
    """Add a line to the draft of its period that came line by line, or to one that was sent back; begin one if needed.

    Raise DomainError for a line that says nothing or is in no period of the agreement, LinesRefusedError for one
    that cannot be true, StateError where there is one of the same plant, month, chemistry and field already.
    """
    filing = _filing_for(agreement, line, by=by, today=today)
    _refuse_silent(line)
    stored = [line_of(report) for report in live_lines(filing)]
    if line.key in {one.key for one in stored}:
        raise StateError(_("This report has a line of this already: change that one."), code="line-exists")
    return _find(_save(filing, [*stored, line], by=by, today=today), line.key)


@transaction.atomic
def change_line(
    *,
    report: ProductionReport,
    values: Mapping[str, Any],
    expected_version: int | None = None,
    by: User,
    today: dt.date,
) -> ProductionReport:
    """Correct the figures of a line of a draft, or of a report that was sent back. Raise as `add_line` does."""
    filing = lock_filing(report.filing)
    report = lock_row(report, expected_version=expected_version)
    changed = replace(line_of(report), **values)
    _refuse_silent(changed)
    others = [line_of(one) for one in live_lines(filing) if one.pk != report.pk]
    return _find(_save(filing, [*others, changed], by=by, today=today), changed.key)


@transaction.atomic
def remove_line(
    *, report: ProductionReport, expected_version: int | None = None, by: User, at: dt.datetime, today: dt.date
) -> None:
    """Take a line out of a report that is still being written; a report of no other line goes with it."""
    require_permission(by, "royalties.delete_productionreport")
    filing = lock_filing(report.filing)
    report = lock_row(report, expected_version=expected_version)
    others = [line_of(one) for one in live_lines(filing) if one.pk != report.pk]
    if others or filing.status != ReportStatus.DRAFT:
        _save(filing, others, by=by, today=today)
    else:
        withdraw_filing(filing=filing, by=by, at=at)


def _filing_for(agreement: Agreement, line: ReportLine, *, by: User, today: dt.date) -> ReportFiling:
    """Return the report of a line's period that other systems still write to, or a new one."""
    require_permission(by, "royalties.add_productionreport")
    if line.month.day != 1:
        raise DomainError(_("Give the first day of the month."), field="month")
    agreement = lock_row(agreement)
    period = calendar_of(agreement).period_on(last_day(line.month))
    if period is None:
        raise DomainError(_("The agreement is not in force in this month."), field="month")
    open_filings = ReportFiling.objects.filter(
        agreement=agreement, period_end=period.ends_on, status__in=EDITABLE, channel=ReportChannel.API
    )
    return open_filings.order_by("-pk").first() or start_filing(
        agreement=agreement,
        period_start=period.starts_on,
        period_end=period.ends_on,
        channel=ReportChannel.API,
        by=by,
        today=today,
    )


def _refuse_silent(line: ReportLine) -> None:
    if not line.has_figures and not line.is_nil:
        raise DomainError(_("Give a figure, or say that nothing was made or sold."), field="is_nil", code="required")


def _save(filing: ReportFiling, lines: Iterable[ReportLine], *, by: User, today: dt.date) -> ReportFiling:
    return save_lines(filing=filing, lines=lines, by=by, today=today)


def _find(filing: ReportFiling, key: LineKey) -> ProductionReport:
    found: ProductionReport = filing.reports.exclude(status=ReportStatus.SUPERSEDED).get(**key._asdict())
    return found
