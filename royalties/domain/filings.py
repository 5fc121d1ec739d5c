"""Filings: what licensees report for a period, from draft to the lines that count.

The accepted line of the highest number counts; accepting a filing supersedes what it replaces. Every
function locks the agreement first, so that versions have no gaps and two people cannot decide at once.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.periods import name_month
from royalties.domain.report_checks import check_filing, open_warnings
from royalties.domain.report_file_rows import FileMap
from royalties.domain.report_files import keep_file, open_table
from royalties.domain.report_lines import LineKey, ReportLine, line_of, live_lines, merge_lines
from royalties.domain.report_mappings import save_mapping
from royalties.domain.report_periods import period_from
from royalties.domain.report_scope import ReportScope, check_lines, filing_scope, refuse_closed
from royalties.enums import REPORT_MOVES, ReportChannel, ReportStatus
from royalties.models import Agreement, ProductionReport, ReportFiling, ReportLink

EDITABLE = (ReportStatus.DRAFT, ReportStatus.DISPUTED)
# What a private link holds at least after its report was sent back.
TIME_TO_CORRECT = dt.timedelta(days=14)
_LONGEST_REASON = 4000
_WAITING = (ReportStatus.SUBMITTED, ReportStatus.DISPUTED)


class MoveRefusedError(StateError):
    """Refuse a step that a filing in its state cannot take."""

    code = "move-refused"


class WarningsOpenError(StateError):
    """Refuse to accept a filing while somebody has yet to look at a warning."""

    code = "warnings-open"


@transaction.atomic
def start_filing(
    *,
    agreement: Agreement,
    period_start: dt.date,
    period_end: dt.date,
    by: User,
    today: dt.date,
    channel: ReportChannel = ReportChannel.BROWSER,
    sender: str = "",
    note: str = "",
) -> ReportFiling:
    """Begin a report of a period, as a draft without lines.

    Raise DomainError for what is no reporting period of the agreement, for a closed one, and when a draft
    of the same period exists.
    """
    require_permission(by, "royalties.add_reportfiling")
    agreement = lock_row(agreement)
    period_from(agreement, period_start, period_end)
    drafts = ReportFiling.objects.filter(
        agreement=agreement, period_end=period_end, status=ReportStatus.DRAFT, link__isnull=True
    )
    if drafts.exists():
        raise StateError(_("There is a draft for this period already. Go on with that one."), code="draft-exists")
    return _create(agreement, period_start, period_end, today, channel=channel, sender=sender, note=note, by=by)


@transaction.atomic
def begin_filing(
    *,
    agreement: Agreement,
    period_start: dt.date,
    period_end: dt.date,
    make_lines: Callable[[ReportFiling, ReportScope], list[ReportLine]] | None,
    by: User,
    today: dt.date,
) -> ReportFiling:
    """Begin a report with the lines that `make_lines` gives, such as nil lines or estimates."""
    filing = start_filing(agreement=agreement, period_start=period_start, period_end=period_end, by=by, today=today)
    if make_lines is None:
        return filing
    lines = make_lines(filing, filing_scope(filing))
    if not lines:
        raise DomainError(_("There is nothing to begin with: no figures of last period, or no month left to report."))
    return save_lines(filing=filing, lines=lines, by=by, today=today)


@transaction.atomic
def save_report(
    *,
    filing: ReportFiling,
    lines: Iterable[ReportLine],
    sender: str,
    note: str,
    by: User,
    today: dt.date,
    expected_version: int | None = None,
) -> ReportFiling:
    """Replace the lines of a report as `save_lines` does, with who reported it and a note."""
    refuse_unseen(sender, field="sender")
    refuse_unseen(note, field="note")
    filing = save_lines(filing=filing, lines=lines, by=by, today=today, expected_version=expected_version)
    return write_changes(filing, {"sender": sender.strip(), "note": note.strip()})


@transaction.atomic
def upload_file(*, filing: ReportFiling, content: bytes, name: str, by: User) -> ReportFiling:
    """Keep a file with a report that is still being written; its lines are taken by `take_file`."""
    require_permission(by, "royalties.change_reportfiling")
    return store_file(filing=filing, content=content, name=name)


@transaction.atomic
def store_file(*, filing: ReportFiling, content: bytes, name: str) -> ReportFiling:
    """Keep a file for someone who may; see `report_files.keep_file`."""
    open_table(content=content, name=name)
    filing = lock_filing(filing)
    if filing.status not in EDITABLE:
        raise MoveRefusedError(_("The figures of this report can no longer be changed."), field="file")
    return keep_file(filing=filing, content=content, name=name)


@transaction.atomic
def take_file(
    *,
    filing: ReportFiling,
    lines: Iterable[ReportLine],
    file_map: FileMap,
    save_as: str,
    by: User,
    today: dt.date,
) -> ReportFiling:
    """Make the lines of a file those of the draft, and keep how it was read where a name is given."""
    filing = save_lines(filing=filing, lines=lines, by=by, today=today)
    if save_as.strip():
        save_mapping(agreement=filing.agreement, name=save_as, file_map=file_map, by=by)
    return write_changes(filing, {"channel": ReportChannel.FILE})


@transaction.atomic
def start_linked_filing(*, link: ReportLink, today: dt.date) -> ReportFiling:
    """Begin the report of a private link, as a draft without lines; the link's token is the permission."""
    agreement = lock_row(link.agreement)
    return _create(agreement, link.period_start, link.period_end, today, channel=ReportChannel.LINK, link=link)


def _create(
    agreement: Agreement,
    period_start: dt.date,
    period_end: dt.date,
    today: dt.date,
    *,
    by: User | None = None,
    **values: Any,
) -> ReportFiling:
    refuse_closed(agreement, period_end=period_end, today=today)
    return ReportFiling.objects.create(
        agreement=agreement, period_start=period_start, period_end=period_end, created_by=by, **values
    )


@transaction.atomic
def save_lines(
    *, filing: ReportFiling, lines: Iterable[ReportLine], by: User, today: dt.date, expected_version: int | None = None
) -> ReportFiling:
    """Replace the lines of a draft, or of a filing that was sent back; lines of the same key add up.

    Raise LinesRefusedError with everything that cannot be true, MoveRefusedError when the filing can no
    longer be written.
    """
    require_permission(by, "royalties.change_reportfiling")
    return write_lines(filing=filing, lines=lines, today=today, expected_version=expected_version)


@transaction.atomic
def write_lines(
    *, filing: ReportFiling, lines: Iterable[ReportLine], today: dt.date, expected_version: int | None = None
) -> ReportFiling:
    """Replace the lines of a filing for someone who may; see `save_lines`."""
    filing = lock_filing(filing, expected_version=expected_version)
    if filing.status not in EDITABLE:
        raise MoveRefusedError(
            _("The figures of a report that is %(status)s cannot be changed.") % {"status": _state(filing)}
        )
    given = list(lines)
    check_lines(filing_scope(filing), given, today=today)
    wanted = {line.key: line for line in merge_lines(given)}
    stored = {line_of(report).key: report for report in live_lines(filing)}
    ProductionReport.objects.filter(pk__in=[stored[key].pk for key in stored.keys() - wanted.keys()]).delete()
    numbers = _last_numbers(filing.agreement, wanted.keys() - stored.keys())
    for key, line in wanted.items():
        values = {name: getattr(line, name) for name in line.__slots__ if name not in LineKey._fields}
        if key in stored:
            write_changes(stored[key], values)
        else:
            ProductionReport.objects.create(
                agreement=filing.agreement,
                filing=filing,
                status=filing.status,
                number=numbers.get(key, 0) + 1,
                **key._asdict(),
                **values,
            )
    # The draft as a whole has a new version even where only its lines changed.
    ReportFiling.objects.filter(pk=filing.pk).update(version=F("version") + 1)
    filing.refresh_from_db()
    return filing


@transaction.atomic
def submit_filing(
    *, filing: ReportFiling, by: User, at: dt.datetime, expected_version: int | None = None
) -> ReportFiling:
    """Hand in a draft, or a filing that was sent back, for acceptance."""
    require_permission(by, "royalties.change_reportfiling")
    return hand_in(filing=filing, at=at, today=today_for(by, at=at), expected_version=expected_version)


@transaction.atomic
def hand_in(
    *, filing: ReportFiling, at: dt.datetime, today: dt.date, expected_version: int | None = None
) -> ReportFiling:
    """Hand in a filing for someone who may; its lines take the next versions of what they are about."""
    filing = lock_filing(filing, expected_version=expected_version)
    _require_move(filing, ReportStatus.SUBMITTED)
    reports = live_lines(filing)
    if not reports:
        raise DomainError(_("This report has no lines. Enter figures, or report that nothing was made or sold."))
    refuse_closed(filing.agreement, period_end=filing.period_end, today=today)
    lines = [line_of(report) for report in reports]
    check_lines(filing_scope(filing), lines, today=today)
    last = _last_numbers(filing.agreement, [line.key for line in lines])
    flags = check_filing(filing)
    for report, line in zip(reports, lines, strict=True):
        number = report.number if last[line.key] == report.number else last[line.key] + 1
        own = [flag.as_json() for flag in flags if flag.concerns(line)]
        write_changes(report, {"status": ReportStatus.SUBMITTED, "number": number, "flags": own})
    return write_changes(
        filing,
        {
            "status": ReportStatus.SUBMITTED,
            "submitted_at": at,
            "decided_at": None,
            "decided_by": None,
            "decision_note": "",
        },
    )


@transaction.atomic
def accept_warnings(*, filing: ReportFiling, keys: Sequence[str], by: User, at: dt.datetime) -> ReportFiling:
    """Let warnings of a filing pass; who did and when is kept. Raise DomainError for one that is not there."""
    require_permission(by, "royalties.accept_report")
    filing = lock_filing(filing)
    if filing.status != ReportStatus.SUBMITTED:
        raise MoveRefusedError(_("Warnings are accepted while a report is submitted."))
    waiting = {flag.key: flag for flag in open_warnings(filing)}
    if not all(key in waiting for key in keys):
        raise StateError(
            _("This warning is no longer there: the figures it was about have changed."), code="warning-gone"
        )
    accepted = [
        {"key": key, "title": waiting[key].title, "by": by.pk, "name": str(by), "at": at.isoformat()} for key in keys
    ]
    return write_changes(filing, {"accepted_warnings": [*filing.accepted_warnings, *accepted]})


@transaction.atomic
def accept_filing(
    *, filing: ReportFiling, by: User, at: dt.datetime, expected_version: int | None = None
) -> ReportFiling:
    """Make the lines of a submitted filing count from now on, and supersede what they replace.

    Raise WarningsOpenError while warnings are open, DomainError for an estimate of what has been reported
    and for a period that is closed.
    """
    require_permission(by, "royalties.accept_report")
    filing = lock_filing(filing, expected_version=expected_version)
    _require_move(filing, ReportStatus.ACCEPTED)
    today = today_for(by, at=at)
    refuse_closed(filing.agreement, period_end=filing.period_end, today=today)
    if waiting := open_warnings(filing):
        error = WarningsOpenError(_("Look at each warning first, and accept it or send the report back."))
        error.details = [flag.title for flag in waiting]
        raise error
    reports = live_lines(filing)
    _refuse_estimates_of_reported(filing, reports)
    _supersede_replaced(filing, reports)
    for report in reports:
        write_changes(report, {"status": ReportStatus.ACCEPTED, "accepted_on": today})
    return write_changes(filing, {"status": ReportStatus.ACCEPTED, "decided_at": at, "decided_by": by})


@transaction.atomic
def dispute_filing(
    *, filing: ReportFiling, reason: str, by: User, at: dt.datetime, expected_version: int | None = None
) -> ReportFiling:
    """Send a submitted filing back to whoever sent it, with the reason; a private link opens again."""
    require_permission(by, "royalties.accept_report")
    reason = reason.strip()
    refuse_unseen(reason, field="reason")
    if not reason:
        raise DomainError(_("Say what is to be corrected."), field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(_("The reason has more than %(most)s letters.") % {"most": _LONGEST_REASON}, field="reason")
    filing = lock_filing(filing, expected_version=expected_version)
    _require_move(filing, ReportStatus.DISPUTED)
    _set_lines(filing, ReportStatus.DISPUTED)
    if filing.link is not None:
        link = lock_row(filing.link)
        write_changes(link, {"expires_at": max(link.expires_at, at + TIME_TO_CORRECT)})
    return write_changes(
        filing,
        {
            "status": ReportStatus.DISPUTED,
            "decided_at": at,
            "decided_by": by,
            "decision_note": reason,
            "accepted_warnings": [],
        },
    )


@transaction.atomic
def withdraw_filing(*, filing: ReportFiling, by: User, at: dt.datetime) -> ReportFiling | None:
    """Take back a filing that does not count yet: a draft is deleted, what was handed in stays as superseded."""
    filing = lock_filing(filing)
    if filing.status == ReportStatus.DRAFT:
        require_permission(by, "royalties.delete_reportfiling")
        filing.delete()
        return None
    require_permission(by, "royalties.change_reportfiling")
    if filing.status == ReportStatus.ACCEPTED:
        raise MoveRefusedError(_("What was accepted counts. Correct it by a new report of the period."))
    _require_move(filing, ReportStatus.SUPERSEDED)
    _set_lines(filing, ReportStatus.SUPERSEDED)
    return write_changes(
        filing,
        {
            "status": ReportStatus.SUPERSEDED,
            "decided_at": at,
            "decided_by": by,
            "decision_note": filing.decision_note or _("Withdrawn."),
        },
    )


def lock_filing(filing: ReportFiling, *, expected_version: int | None = None) -> ReportFiling:
    """Return a fresh copy of a filing, its agreement and itself locked in that order."""
    agreement = lock_row(filing.agreement)
    locked = lock_row(filing, expected_version=expected_version)
    locked.agreement = agreement
    return locked


def _require_move(filing: ReportFiling, target: ReportStatus) -> None:
    if target not in REPORT_MOVES[ReportStatus(filing.status)]:
        raise MoveRefusedError(
            _("A report that is %(status)s cannot become %(target)s.")
            % {"status": _state(filing), "target": str(target.label).lower()}
        )


def _state(filing: ReportFiling) -> str:
    return str(filing.get_status_display()).lower()


def _set_lines(filing: ReportFiling, status: ReportStatus) -> None:
    for report in live_lines(filing):
        write_changes(report, {"status": status})


def _last_numbers(agreement: Agreement, keys: Iterable[LineKey]) -> dict[LineKey, int]:
    """Return the highest version there is of each key that has any."""
    keys = set(keys)
    found = (
        ProductionReport.objects.filter(agreement=agreement, month__in={key.month for key in keys})
        .order_by()
        .values_list(*LineKey._fields)
        .annotate(Max("number"))
    )
    return {key: last for *parts, last in found if (key := LineKey(*parts)) in keys}


def _refuse_estimates_of_reported(filing: ReportFiling, reports: Sequence[ProductionReport]) -> None:
    estimated = {(report.plant_id, report.month) for report in reports if report.is_estimate}
    if not estimated:
        return
    reported = ProductionReport.objects.filter(
        agreement=filing.agreement,
        status=ReportStatus.ACCEPTED,
        is_estimate=False,
        month__in={month for _plant, month in estimated},
    ).values_list("plant_id", "month")
    if known := sorted({month for plant, month in reported if (plant, month) in estimated}):
        raise StateError(
            _("%(month)s has been reported: an estimate cannot stand in for it.") % {"month": name_month(known[0])},
            code="reported-already",
        )


def _supersede_replaced(filing: ReportFiling, reports: Sequence[ProductionReport]) -> None:
    """Supersede earlier versions of the lines, and estimates of the plants and months that are now reported."""
    keys = {line_of(report).key: report for report in reports}
    real = {(report.plant_id, report.month) for report in reports if not report.is_estimate}
    others = ProductionReport.objects.filter(
        agreement=filing.agreement,
        status__in=(ReportStatus.ACCEPTED, *_WAITING),
        month__in={report.month for report in reports},
    ).exclude(filing=filing)
    touched: set[int] = set()
    for other in others.order_by("pk"):
        is_replaced = line_of(other).key in keys
        if is_replaced or (other.is_estimate and (other.plant_id, other.month) in real):
            write_changes(other, {"status": ReportStatus.SUPERSEDED})
            touched.add(other.filing_id)
    live = ProductionReport.objects.filter(filing=OuterRef("pk")).exclude(status=ReportStatus.SUPERSEDED)
    for emptied in ReportFiling.objects.filter(Q(pk__in=touched) & ~Exists(live)).order_by("pk"):
        write_changes(emptied, {"status": ReportStatus.SUPERSEDED})
