"""What the pages of one invoice, credit note, payment or allocation share: who gets in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from royalties.domain.invoice_states import with_state
from royalties.enums import AllocationKind, StatementStatus
from royalties.models import Allocation, CreditNote, Invoice, Payment, Statement

READ = ("GET", "HEAD")
FORM = (*READ, "POST")
WRITE = ("POST",)
# Rows come with what is left of them, which the types of their models do not know.
type RowView = Callable[[UserRequest, Any], HttpResponse]


def _view(
    rows: Callable[[UserRequest], QuerySet[Any]], permission: str, methods: tuple[str, ...]
) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view the row of its address: 404 for whom it does not exist, 403 without the permission."""

    def decorate(view: RowView) -> Callable[..., HttpResponse]:
        @login_required
        @require_http_methods(list(methods))
        @wraps(view)
        def answer(request: UserRequest, pk: int) -> HttpResponse:
            row = get_object_or_404(rows(request), pk=pk)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, row)

        return answer

    return decorate


def invoice_view(permission: str, methods: tuple[str, ...]) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its invoice, with balance and state."""
    return _view(_invoices, permission, methods)


def credit_note_view(permission: str, methods: tuple[str, ...]) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its credit note, with what is left."""
    return _view(_credit_notes, permission, methods)


def payment_view(permission: str, methods: tuple[str, ...]) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its payment, with what is left."""
    return _view(payments_of, permission, methods)


def allocation_view(permission: str, methods: tuple[str, ...]) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its allocation."""
    return _view(_allocations, permission, methods)


def withholding_view(permission: str, methods: tuple[str, ...]) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its allocation of withheld tax."""
    return _view(lambda request: _allocations(request).filter(kind=AllocationKind.WITHHOLDING), permission, methods)


def issued_statement_view(
    permission: str, methods: tuple[str, ...]
) -> Callable[[RowView], Callable[..., HttpResponse]]:
    """Give a view its issued statement."""
    return _view(_statements, permission, methods)


def payments_of(request: UserRequest) -> QuerySet[Any]:
    """Return the payments that the user may see, with what is left of each."""
    payments = Payment.objects.visible_to(request.user).with_left()
    return payments.select_related("payer", "licensor", "bank_import")


def _invoices(request: UserRequest) -> QuerySet[Any]:
    invoices = with_state(Invoice.objects.visible_to(request.user), today=request.today)
    related = ("licensor", "agreement__licensee", "agreement__deal", "statement", "interest_on__licensor")
    return invoices.select_related(*related)


def _credit_notes(request: UserRequest) -> QuerySet[Any]:
    notes = CreditNote.objects.visible_to(request.user).with_left()
    related = ("licensor", "agreement__licensee", "agreement__deal", "statement", "cancels__licensor")
    return notes.select_related(*related)


def _allocations(request: UserRequest) -> QuerySet[Any]:
    return Allocation.objects.visible_to(request.user).select_related("invoice__agreement", "invoice__licensor")


def _statements(request: UserRequest) -> QuerySet[Any]:
    issued = Statement.objects.visible_to(request.user).exclude(status=StatementStatus.DRAFT)
    return issued.select_related("agreement")
