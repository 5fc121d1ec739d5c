"""What people do with statements: draft, calculate anew, issue, dispute, resolve."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.statements import (
    DraftChangedError,
    dispute_statement,
    draft_statement,
    issue_statement,
    resolve_dispute,
)
from royalties.forms.statements import DisputeForm, DraftForm, VersionForm
from royalties.models import Agreement, Statement
from royalties.views.agreement_pages import agreement_view
from royalties.views.statement_pages import statement_view


@agreement_view("POST", permission="royalties.add_statement")
def draft(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Draft the agreement's next statement, or corrections of its last one, and show it."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is not a day."))
        return redirect(agreement)
    through = form.cleaned_data["through"]
    statement = _try(
        request, lambda: draft_statement(agreement=agreement, through=through, by=request.user, at=timezone.now())
    )
    return redirect(agreement if statement is None else statement)


@statement_view("POST", permission="royalties.add_statement")
def calculate(request: UserRequest, statement: Statement) -> HttpResponse:
    """Calculate a draft anew, and show what that changed."""
    through = statement.period_end
    fresh = _try(
        request,
        lambda: draft_statement(agreement=statement.agreement, through=through, by=request.user, at=timezone.now()),
    )
    if fresh is None:
        return redirect(statement)
    messages.success(request, _("The draft is calculated anew."))
    return redirect(f"{fresh.get_absolute_url()}?compare=1")


@statement_view("POST", permission="royalties.issue_statement")
def issue(request: UserRequest, statement: Statement) -> HttpResponse:
    """Issue a draft as it was seen."""
    form = VersionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This page is out of date. Look at the statement, and issue it again."))
        return redirect(statement)
    try:
        issued = _try(
            request,
            lambda: issue_statement(
                statement=statement,
                expected_version=form.cleaned_data["version"],
                by=request.user,
                at=timezone.now(),
            ),
        )
    except DraftChangedError as error:
        messages.warning(request, str(error))
        return redirect(f"{statement.get_absolute_url()}?compare=1")
    if issued is not None:
        messages.success(request, _("Statement %(number)s is issued.") % {"number": issued.number})
    return redirect(statement)


@statement_view("GET", "HEAD", "POST", permission="royalties.change_statement")
def dispute(request: UserRequest, statement: Statement) -> HttpResponse:
    """Note that the licensee disputes a statement."""
    form = DisputeForm(request.POST or None, initial={"version": statement.version})
    if request.method == "POST":
        disputed = submit(
            form,
            lambda: dispute_statement(
                statement=statement,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                by=request.user,
                at=timezone.now(),
            ),
        )
        if disputed is not None:
            return leave_form(request, statement.get_absolute_url(), _("The statement is disputed."))
    return show_form(
        request,
        form,
        title=_("Dispute statement %(number)s") % {"number": statement.number or ""},
        back=statement.get_absolute_url(),
        submit_label=_("Mark as disputed"),
    )


@statement_view("POST", permission="royalties.change_statement")
def resolve(request: UserRequest, statement: Statement) -> HttpResponse:
    """End the dispute about a statement."""
    if _try(request, lambda: resolve_dispute(statement=statement, by=request.user)) is not None:
        messages.success(request, _("The dispute is over."))
    return redirect(statement)


def _try(request: UserRequest, action: Callable[[], Statement]) -> Statement | None:
    """Run a domain call; say in words what it refuses, and return None then."""
    try:
        return action()
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DraftChangedError:
        raise
    except DomainError as error:
        messages.error(request, str(error))
        return None
