"""Statements: drafted, issued, disputed. What is issued never changes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.formats import format_day, format_day_in_full
from lrs_tracker.problems import DomainError, StaleVersionError, Text
from royalties.domain.business_days import due_date
from royalties.domain.engine_input import read_agreement
from royalties.domain.expected_months import PlantMonth
from royalties.domain.invoices import invoice_statement
from royalties.domain.missing_months import missing_months
from royalties.domain.periods import name_month
from royalties.domain.settlement import lock_agreement
from royalties.domain.statement_lines import NewLines, describe_lines, next_lines
from royalties.domain.statement_periods import last_stated, next_number, period_to_state
from royalties.domain.statement_terms import terms_used
from royalties.engine.calendar import Period
from royalties.enums import AgreementStatus, StatementStatus
from royalties.models import Agreement, Statement, StatementLine

_MOST_NAMED = 12


class NotIssuableError(DomainError):
    """Refuse to issue a statement; `details` are the things that are missing."""

    code = "not-issuable"

    def __init__(self, message: Text, *, details: Sequence[Text] = ()) -> None:
        super().__init__(message)
        self.details = details


class AlreadyIssuedError(DomainError):
    """Refuse to issue or change a statement that someone issued."""

    code = "already-issued"

    def __init__(self, statement: Statement, *, today: dt.date) -> None:
        assert statement.issued_on is not None  # noqa: S101  # constrained
        super().__init__(
            _("%(person)s issued this statement as number %(number)s on %(day)s.")
            % {
                "person": statement.issued_by,
                "number": statement.number,
                "day": format_day(statement.issued_on, today=today),
            }
        )


class DraftChangedError(DomainError):
    """Refuse to issue something else than was seen; the draft was calculated anew."""

    code = "draft-changed"


@transaction.atomic
def draft_statement(*, agreement: Agreement, through: dt.date | None = None, by: User, at: dt.datetime) -> Statement:
    """Draft the next statement of an agreement, or calculate its draft anew.

    `through` is the end of the period; see `period_to_state`. The lines of the draft before are kept for a
    comparison. Raise DomainError for an agreement that was never in force, MissingRate and MissingIndexError.
    """
    require_permission(by, "royalties.add_statement")
    agreement = lock_agreement(agreement.pk)
    if agreement.status == AgreementStatus.DRAFT:
        raise DomainError(_("This agreement is a draft. Put it into force before its first statement."))
    period = period_to_state(read_agreement(agreement).calendar, stated_through=last_stated(agreement), through=through)
    draft = Statement.objects.filter(agreement=agreement, status=StatementStatus.DRAFT).first()
    return _write_draft(agreement, draft, period, next_lines(agreement, through=period.ends_on), at=at)


def issue_statement(
    *, statement: Statement, expected_version: int | None = None, by: User, at: dt.datetime
) -> Statement:
    """Issue a draft under the agreement's next number, with its invoice or credit note.

    Raise AlreadyIssuedError when someone was faster, StaleVersionError for another draft than was seen,
    NotIssuableError while months or rates are missing or the period is not over, and DraftChangedError when
    reports, terms or rates have changed since the draft was calculated: it then shows what they change.
    """
    require_permission(by, "royalties.issue_statement")
    with transaction.atomic():
        agreement = lock_agreement(statement.agreement_id)
        draft = _lock_draft(statement, expected_version, today=today_for(by, at=at))
        _require_complete(agreement, draft, today=today_for(by, at=at))
        fresh = next_lines(agreement, through=draft.period_end)
        if is_current(draft.lines.order_by("position"), fresh):
            return _issue(agreement, draft, by=by, at=at)
        count = _count_changes(draft, fresh)
        period = fresh.calculation.periods[-1]
        _write_draft(agreement, draft, period, fresh, at=at)
    # Outside of the transaction, which keeps the new draft.
    raise DraftChangedError(
        ngettext(
            "Reports, terms or rates have changed since this draft was calculated. It is calculated anew now: %(count)s line differs. Look at it, and issue it again.",  # noqa: E501  # one sentence for translators
            "Reports, terms or rates have changed since this draft was calculated. It is calculated anew now: %(count)s lines differ. Look at them, and issue it again.",  # noqa: E501  # the same
            count,
        )
        % {"count": count}
    )


@transaction.atomic
def dispute_statement(
    *, statement: Statement, reason: str, expected_version: int | None = None, by: User, at: dt.datetime
) -> Statement:
    """Note that the licensee disputes an issued statement, and why."""
    require_permission(by, "royalties.change_statement")
    if not reason.strip():
        raise DomainError(_("Say what is disputed."), field="reason")
    statement = lock_row(statement, expected_version=expected_version)
    if statement.status not in {StatementStatus.ISSUED, StatementStatus.SETTLED}:
        raise DomainError(_("Only an issued statement can be disputed."))
    values = {
        "status": StatementStatus.DISPUTED,
        "dispute_reason": reason.strip(),
        "disputed_at": at,
        "disputed_by": by,
    }
    return write_changes(statement, values)


@transaction.atomic
def resolve_dispute(*, statement: Statement, expected_version: int | None = None, by: User) -> Statement:
    """End the dispute about a statement: it is settled if it was paid meanwhile, else issued as before.

    Why it was disputed stays readable. A correction, if there is one, comes with the next statement.
    """
    require_permission(by, "royalties.change_statement")
    statement = lock_row(statement, expected_version=expected_version)
    if statement.status != StatementStatus.DISPUTED:
        raise DomainError(_("This statement is not disputed."))
    is_settled = statement.settled_on is not None
    return write_changes(statement, {"status": StatementStatus.SETTLED if is_settled else StatementStatus.ISSUED})


def is_current(stored: Iterable[StatementLine], fresh: NewLines) -> bool:
    """Tell whether a draft's lines, in order, are those of a fresh calculation, to the last figure of their traces."""
    return [_content(line) for line in stored] == [_content(line) for line in fresh.lines]


def _lock_draft(statement: Statement, expected_version: int | None, *, today: dt.date) -> Statement:
    locked = Statement.objects.select_for_update(of=("self",)).select_related("issued_by").get(pk=statement.pk)
    if locked.status != StatementStatus.DRAFT:
        raise AlreadyIssuedError(locked, today=today)
    if expected_version is not None and locked.version != expected_version:
        raise StaleVersionError(_("This draft was calculated anew in the meantime. Look at it, and issue it again."))
    return locked


def _require_complete(agreement: Agreement, draft: Statement, *, today: dt.date) -> None:
    if draft.period_end >= today:
        raise NotIssuableError(
            _("The period ends on %(day)s. Its statement can be issued after that.")
            % {"day": format_day_in_full(draft.period_end)}
        )
    missing = missing_months(agreement, through=draft.period_end)
    if missing:
        raise NotIssuableError(
            ngettext(
                "%(count)s month is not reported yet: %(months)s. Accept its report, or an estimate, first.",
                "%(count)s months are not reported yet: %(months)s. Accept their reports, or estimates, first.",
                len(missing),
            )
            % {"count": len(missing), "months": name_months(missing)},
            details=[_month_name(gap) for gap in missing],
        )


def name_months(missing: Sequence[PlantMonth]) -> str:
    """Return months with their plants in words, the first dozen by name."""
    names = [_month_name(gap) for gap in missing[:_MOST_NAMED]]
    return ", ".join([*names, "…"] if len(missing) > _MOST_NAMED else names)


def _month_name(gap: PlantMonth) -> str:
    month = name_month(gap.month)
    return month if gap.plant is None else f"{gap.plant} {month}"


def _write_draft(
    agreement: Agreement, draft: Statement | None, period: Period, fresh: NewLines, *, at: dt.datetime
) -> Statement:
    totals = fresh.totals
    values: dict[str, Any] = {
        "period_start": period.starts_on,
        "period_end": period.ends_on,
        "currency": agreement.currency,
        "earned": totals.earned,
        "shortfall": totals.shortfall,
        "fees": totals.fees,
        "recouped": totals.recouped,
        "withheld": totals.withheld,
        "payable": totals.payable,
        "is_grossed_up": fresh.calculation.agreement.rules.gross_up,
        "terms_used": terms_used(agreement, fresh.calculation.agreement, period=period),
        "calculated_at": at,
    }
    if draft is None:
        draft = Statement.objects.create(agreement=agreement, **values)
    else:
        stored = list(draft.lines.order_by("position"))
        if describe_lines(stored) != describe_lines(fresh.lines):
            values["previous_lines"] = describe_lines(stored)
        draft = write_changes(draft, values)
        draft.lines.all().delete()
    for line in fresh.lines:
        line.statement = draft
    StatementLine.objects.bulk_create(fresh.lines)
    return draft


def _issue(agreement: Agreement, draft: Statement, *, by: User, at: dt.datetime) -> Statement:
    today = today_for(by, at=at)
    values = {
        "status": StatementStatus.ISSUED,
        "number": next_number(agreement),
        "issued_on": today,
        "issued_at": at,
        "issued_by": by,
        "due_on": due_date(agreement, period_end=draft.period_end, invoice_on=today),
    }
    statement = write_changes(draft, values)
    invoice_statement(statement=statement, by=by, at=at)
    # A statement of zero is settled at once.
    statement.refresh_from_db()
    return statement


def _content(line: StatementLine) -> tuple[Any, ...]:
    return line.kind, line.term_id, line.fee_id, line.period_end, line.quantity, line.amount, line.trace


def _count_changes(draft: Statement, fresh: NewLines) -> int:
    before = {_content(line)[:4]: _content(line)[4:] for line in draft.lines.all()}
    after = {_content(line)[:4]: _content(line)[4:] for line in fresh.lines}
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
