"""The overview of royalties: what needs doing."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from royalties.domain import overview
from royalties.domain.ageing import ageing


@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
@require_safe
def show_overview(request: UserRequest) -> HttpResponse:
    """Show reports, statements and receivables that wait for someone."""
    user, today = request.user, request.today
    reports = overview.open_reports(user, today=today)
    due = overview.statements_due(user, today=today)
    drafts, disputed = list(overview.drafts(user)), list(overview.disputed(user))
    owed = ageing(user, as_of=today, currency=user.currency).by_currency
    return render(
        request,
        "royalties/overview.html",
        {
            "reports": reports[: overview.SHOWN],
            "reports_count": len(reports),
            "due": due[: overview.SHOWN],
            "due_count": len(due),
            "drafts": drafts[: overview.SHOWN],
            "drafts_count": len(drafts),
            "disputed": disputed[: overview.SHOWN],
            "disputed_count": len(disputed),
            "owed": owed,
            "has_overdue": any(row.overdue for row in owed),
            "accruals": overview.accruals(user),
        },
    )
