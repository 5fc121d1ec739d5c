"""What is dated in royalties: reports, statements, invoices, minimums, notice and expiry of agreements."""

import datetime as dt
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, Prefetch, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from reminders.domain.subjects.base import Named, Row, Subject, Wanted, calculated, keyed, seen_in, stored
from reminders.enums import SubjectKind
from royalties.domain.contract_years import calendar_of
from royalties.domain.report_calendar import PeriodState, due_periods, reporting_agreements
from royalties.domain.report_periods import report_due_on
from royalties.domain.statement_periods import next_period
from royalties.engine.calendar import ContractYear
from royalties.enums import AgreementStatus, InvoiceStatus, LineKind, StatementStatus
from royalties.models import Agreement, EarnedLine, Invoice, Minimum

_DAY = dt.timedelta(days=1)
# No report is due longer after its period.
_LONGEST_REPORT_DAYS = dt.timedelta(days=366)
_WAITED_FOR = (PeriodState.DUE, PeriodState.LATE, PeriodState.DISPUTED, PeriodState.ESTIMATE)
_EARNED = (LineKind.ROYALTY, LineKind.CAP)


def _reports(wanted: Wanted) -> Collection[Row]:
    first, last = _window(wanted)
    agreements = _some(reporting_agreements(Agreement.objects.filter(effective_on__isnull=False)), wanted)
    found = due_periods(agreements, since=first - _LONGEST_REPORT_DAYS, today=last, only=_WAITED_FOR)
    return [_row(due.agreement, due.due_on) for due in found]


def _statements(wanted: Wanted) -> Collection[Row]:
    _first, last = _window(wanted)
    stated = Max("statements__period_end", filter=~Q(statements__status=StatementStatus.DRAFT))
    agreements = Agreement.objects.filter(effective_on__isnull=False).exclude(status=AgreementStatus.DRAFT)
    rows = []
    for agreement in _some(agreements.annotate(stated_through=stated), wanted):
        calendar = calendar_of(agreement)
        period = None if calendar is None else next_period(calendar, stated_through=agreement.stated_through)
        if period is not None and period.ends_on < last:
            rows.append(_row(agreement, report_due_on(agreement, period.ends_on)))
    return rows


def _minimums(wanted: Wanted) -> Collection[Row]:
    """Find the contract years under way that will not reach their minimum at the pace of their reports so far."""
    minimums = Prefetch("minimums", Minimum.objects.order_by("contract_year"), to_attr="by_year")
    agreements = Agreement.objects.filter(status=AgreementStatus.IN_FORCE, minimums__isnull=False)
    running = list(_running_years(_some(agreements.distinct().prefetch_related(minimums), wanted), wanted.today))
    earned = _earned_by_period([agreement.pk for agreement, _year, _minimum in running])
    rows = []
    for agreement, year, minimum in running:
        periods = {end: amount for end, amount in earned.get(agreement.pk, ()) if year.starts_on <= end <= year.ends_on}
        reported_days = (max(periods) - year.starts_on).days + 1 if periods else 0
        if not periods or sum(periods.values()) * year.days < minimum * reported_days:
            rows.append(_row(agreement, year.ends_on))
    return rows


def _running_years(agreements: Any, today: dt.date) -> Iterator[tuple[Agreement, ContractYear, Decimal]]:
    for agreement in agreements:
        calendar = calendar_of(agreement)
        period = calendar.period_on(today) if calendar is not None and today >= calendar.effective_on else None
        if calendar is None or period is None:
            continue
        amounts = [row.amount for row in agreement.by_year if row.contract_year <= period.contract_year]
        if amounts and amounts[-1] > 0:
            yield agreement, calendar.contract_year(period.contract_year), amounts[-1]


def _earned_by_period(agreement_ids: Collection[int]) -> dict[int, list[tuple[dt.date, Decimal]]]:
    lines = EarnedLine.objects.filter(agreement__in=agreement_ids, kind__in=_EARNED).order_by()
    found: dict[int, list[tuple[dt.date, Decimal]]] = {}
    for agreement, end, amount in lines.values_list("agreement_id", "period_end").annotate(amount=Sum("amount")):
        found.setdefault(agreement, []).append((end, amount))
    return found


def _window(wanted: Wanted) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that are asked for, and today if it is later: it says what is over."""
    dates = wanted.dates or (wanted.today,)
    return min(dates), max(wanted.today, *dates)


def _some(agreements: QuerySet[Agreement], wanted: Wanted) -> QuerySet[Any]:
    asked = agreements if wanted.ids is None else agreements.filter(pk__in=wanted.ids)
    return asked.select_related("deal").order_by("pk")


def _row(agreement: Agreement, due_on: dt.date) -> Row:
    return (agreement.pk, agreement.deal_id, due_on, agreement.deal.owner_id)


def _invoices(today: dt.date) -> QuerySet[Any]:
    disputed = Q(statement__status=StatementStatus.DISPUTED)
    invoices = Invoice.objects.filter(status=InvoiceStatus.OPEN).exclude(disputed)
    outstanding = invoices.with_balance().filter(outstanding__gt=0)
    return keyed(outstanding, deal="agreement__deal_id", due=F("due_on"), owner=F("agreement__deal__owner_id"))


def _notices(today: dt.date) -> QuerySet[Any]:
    return _agreement_dates("notice_on")


def _expiries(today: dt.date) -> QuerySet[Any]:
    return _agreement_dates("expires_on")


def _agreement_dates(date: str) -> QuerySet[Any]:
    agreements = Agreement.objects.filter(
        status=AgreementStatus.IN_FORCE, ended_on__isnull=True, **{f"{date}__isnull": False}
    )
    return keyed(agreements, due=F(date), owner=F("deal__owner_id"))


def _agreement_names(ids: Collection[int]) -> dict[int, Named]:
    rows = Agreement.objects.filter(pk__in=ids).order_by()
    return {row.pk: Named(f"{row.code} {row.title}", row.get_absolute_url()) for row in rows}


def _report_names(ids: Collection[int]) -> dict[int, Named]:
    calendar = reverse("royalties:reports")
    return {pk: Named(named.what, calendar) for pk, named in _agreement_names(ids).items()}


def _invoice_names(ids: Collection[int]) -> dict[int, Named]:
    rows = Invoice.objects.filter(pk__in=ids).order_by()
    return {row.pk: Named(_now("Invoice %(number)s") % {"number": row}, row.get_absolute_url()) for row in rows}


_seen_agreements = seen_in(Agreement)
SUBJECTS = (
    Subject(
        SubjectKind.REPORT_DUE,
        _("{company}: production report due {when}"),
        _("due"),
        calculated(_reports),
        _seen_agreements,
        _report_names,
    ),
    Subject(
        SubjectKind.STATEMENT_DUE,
        _("{what}: a statement is to be issued"),
        _("reports due"),
        calculated(_statements),
        _seen_agreements,
        _agreement_names,
    ),
    Subject(
        SubjectKind.INVOICE_DUE,
        _("{what}, {company}: due {when}"),
        _("due"),
        stored(_invoices),
        seen_in(Invoice),
        _invoice_names,
    ),
    Subject(
        SubjectKind.MINIMUM_AT_RISK,
        _("{what}: the minimum of the contract year is at risk"),
        _("contract year ends"),
        calculated(_minimums),
        _seen_agreements,
        _agreement_names,
    ),
    Subject(
        SubjectKind.AGREEMENT_NOTICE,
        _("{what}: notice by {when}"),
        _("notice by"),
        stored(_notices),
        _seen_agreements,
        _agreement_names,
    ),
    Subject(
        SubjectKind.AGREEMENT_EXPIRY,
        _("{what}: expires {when}"),
        _("expires"),
        stored(_expiries),
        _seen_agreements,
        _agreement_names,
    ),
)
