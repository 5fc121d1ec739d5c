"""A statement's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from royalties.domain.agreement_balance import owed_on, paper_of
from royalties.domain.contract_year import year_so_far
from royalties.domain.line_differences import compare_lines
from royalties.domain.periods import describe_period
from royalties.domain.shown_lines import shown_lines, sums_of
from royalties.domain.statement_checks import checks_before_issue
from royalties.domain.statement_lines import describe_lines
from royalties.domain.statement_periods import next_number
from royalties.domain.terms_in_words import terms_in_words
from royalties.enums import StatementStatus
from royalties.models import Statement
from royalties.views.statement_pages import statement_view


@statement_view("GET", "HEAD")
def show_statement(request: UserRequest, statement: Statement) -> HttpResponse:
    """Show a statement: `?traces=all` with every trace open, `?compare=1` beside the draft before."""
    lines = list(statement.lines.order_by("position"))
    is_draft = statement.status == StatementStatus.DRAFT
    checks = checks_before_issue(statement, viewer=request.user, today=request.today) if is_draft else []
    following = next_number(statement.agreement)
    number = following if is_draft else statement.number
    is_compared = is_draft and "compare" in request.GET
    return render(
        request,
        "royalties/statement.html",
        {
            "statement": statement,
            "agreement": statement.agreement,
            "is_draft": is_draft,
            "is_latest": statement.number == following - 1,
            "name": _name(number, is_draft=is_draft),
            "number": number,
            "period": describe_period(statement.period_start, statement.period_end),
            "lines": shown_lines(lines),
            "sums": sums_of(statement, lines),
            "terms": terms_in_words(statement),
            "year": year_so_far(statement, lines),
            "paper": None if is_draft else paper_of(statement, viewer=request.user),
            "owed": owed_on(statement.agreement, viewer=request.user, today=request.today),
            "checks": checks,
            "is_ready": all(check.is_met or check.about == "filing" for check in checks),
            "differences": compare_lines(statement.previous_lines, describe_lines(lines)) if is_compared else None,
            "is_open": request.GET.get("traces") == "all",
            "trail": [
                {"label": _("Royalties"), "url": reverse("royalties:overview")},
                {"label": statement.agreement.code, "url": statement.agreement.get_absolute_url()},
            ],
        },
    )


def _name(number: int | None, *, is_draft: bool) -> str:
    if is_draft:
        return _("Draft of statement %(number)s") % {"number": number}
    return _("Statement %(number)s") % {"number": number}
