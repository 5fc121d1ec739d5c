"""What is to be true before a statement is issued."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lrs_tracker.formats import format_count, format_day_in_full
from lrs_tracker.problems import DomainError
from lrs_tracker.visibility import Viewer
from royalties.domain.calculation import calculate_with, rates_missing_for
from royalties.domain.engine_input import read_agreement
from royalties.domain.missing_months import missing_months
from royalties.domain.periods import name_period
from royalties.domain.statement_lines import NewLines, lines_of
from royalties.domain.statements import is_current, name_months
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.enums import ReportStatus
from royalties.models import ProductionReport, ReportFiling, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to be true; `about` says where it is mended: reports, filing, rates, draft or nowhere."""

    title: str
    note: str
    is_met: bool
    about: str = ""
    filing: ReportFiling | None = None


def checks_before_issue(draft: Statement, *, viewer: Viewer, today: dt.date) -> list[Check]:
    """Return the checks of a draft, in the order in which they are worked off."""
    terms = read_agreement(draft.agreement)
    lines = list(draft.lines.order_by("position"))
    fresh = _fresh_lines(draft, terms)
    checks = [_months(draft), *_filings(draft, viewer), _rates(draft, fresh), _draft(lines, fresh)]
    if draft.period_end >= today:
        note = _("It ends on %(day)s.") % {"day": format_day_in_full(draft.period_end)}
        checks.insert(0, Check(_("The period is over"), note, is_met=False))
    return checks


def _fresh_lines(draft: Statement, terms: EngineAgreement) -> NewLines | None:
    """Return what the draft would say now, or None while rates or index values are missing."""
    try:
        return lines_of(draft.agreement, calculate_with(terms, draft.agreement, through=draft.period_end))
    except DomainError:
        return None


def _months(draft: Statement) -> Check:
    missing = missing_months(draft.agreement, through=draft.period_end)
    if missing:
        return Check(_("Months without a report"), name_months(missing), is_met=False, about="reports")
    counted = ProductionReport.objects.filter(
        agreement=draft.agreement,
        status=ReportStatus.ACCEPTED,
        month__range=(draft.period_start.replace(day=1), draft.period_end),
    )
    counts = counted.aggregate(
        months=Count("month", distinct=True),
        restated=Count("month", distinct=True, filter=Q(number__gt=1)),
        estimated=Count("month", distinct=True, filter=Q(is_estimate=True)),
    )
    words = {name: format_count(count) for name, count in counts.items()}
    notes = [ngettext("%(count)s month", "%(count)s months", counts["months"]) % {"count": words["months"]}]
    if counts["restated"]:
        notes.append(_("%(count)s restated") % {"count": words["restated"]})
    if counts["estimated"]:
        notes.append(_("%(count)s estimated, reversed when the report arrives") % {"count": words["estimated"]})
    return Check(_("All months reported"), ", ".join(notes), is_met=True, about="reports")


def _filings(draft: Statement, viewer: Viewer) -> list[Check]:
    """Return a check for each report that waits for a decision, or one that says there is none."""
    waiting = list(
        ReportFiling.objects.visible_to(viewer)
        .filter(agreement=draft.agreement, status=ReportStatus.SUBMITTED, period_start__lte=draft.period_end)
        .order_by("submitted_at", "pk")[:5]
    )
    if waiting:
        return [
            Check(
                _("A report waits for a decision"),
                _("%(period)s. Accepted later, it changes the next statement.")
                % {"period": name_period(filing.period_start, filing.period_end)},
                is_met=False,
                about="filing",
                filing=filing,
            )
            for filing in waiting
        ]
    flagged = (
        ProductionReport.objects.filter(
            agreement=draft.agreement,
            status=ReportStatus.ACCEPTED,
            month__range=(draft.period_start.replace(day=1), draft.period_end),
        )
        .exclude(flags=[])
        .count()
    )
    note = _("No report waits for a decision.")
    if flagged:
        note = ngettext(
            "%(count)s line was accepted with its flags.", "%(count)s lines were accepted with their flags.", flagged
        ) % {"count": format_count(flagged)}
    return [Check(_("Flags accepted"), note, is_met=True, about="reports")]


def _rates(draft: Statement, fresh: NewLines | None) -> Check:
    missing = rates_missing_for(draft.agreement, through=draft.period_end) if fresh is None else []
    if missing:
        base, quote, day, _kind = missing[0]
        note = _("%(base)s to %(quote)s for %(day)s") % {"base": base, "quote": quote, "day": format_day_in_full(day)}
        if len(missing) > 1:
            note = _("%(first)s and %(count)s more") % {"first": note, "count": format_count(len(missing) - 1)}
        return Check(_("Exchange rates are missing"), note, is_met=False, about="rates")
    lines = fresh.lines if fresh is not None else []
    used = {
        step["currency"]
        for line in lines
        for step in line.trace.get("conversions", ())
        if step["currency"] != draft.currency
    }
    if used:
        note = _("%(currencies)s to %(currency)s, with date and source in the traces") % {
            "currencies": ", ".join(sorted(used)),
            "currency": draft.currency,
        }
    else:
        note = _("%(currency)s only, no conversion") % {"currency": draft.currency}
    return Check(_("Rates complete"), note, is_met=True)


def _draft(lines: list[StatementLine], fresh: NewLines | None) -> Check:
    if fresh is None:
        return Check(_("The draft cannot be calculated anew"), _("A figure is missing."), is_met=False, about="draft")
    if not is_current(lines, fresh):
        note = _("Reports, terms or rates have changed since it was calculated.")
        return Check(_("The draft is out of date"), note, is_met=False, about="draft")
    return Check(_("Draft is current"), _("Nothing has changed since it was calculated."), is_met=True)
