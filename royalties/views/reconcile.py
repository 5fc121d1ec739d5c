"""Reconcile: unallocated payments beside the invoices that they are probably for."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.formats import format_amount
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.allocations import Part, allocate_payment, remove_allocation
from royalties.domain.payments import ignore_payment
from royalties.domain.suggestions import suggest
from royalties.models import Allocation, Invoice, Payment
from royalties.views.receivable_pages import payments_of

PAGE_SIZE = 25
MOST_PARTS = 50


@login_required
@permission_required("royalties.view_payment", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_reconcile(request: UserRequest) -> HttpResponse:
    """Show the payments that nothing has taken yet; accept a suggestion, set one aside, undo either."""
    done: dict[str, Any] = {}
    if request.method == "POST":
        try:
            done = _act(request)
        except PermissionRefusedError as error:
            raise PermissionDenied(str(error)) from error
        except DomainError as error:
            done = {"refusal": str(error)}
    left = Payment.objects.visible_to(request.user).filter(is_ignored=False).with_left().filter(left__gt=0)
    left = left.select_related("licensor", "payer").order_by("-received_on", "-pk")
    page = Paginator(left, PAGE_SIZE).get_page(request.GET.get("page"))
    suggestions = suggest(list(page), request.user)
    return render(
        request,
        "royalties/reconcile.html#work" if request.htmx else "royalties/reconcile.html",
        {
            "page": page,
            "rows": [(payment, suggestions[payment.pk]) for payment in page],
            "done": done,
            "can_allocate": request.user.has_perm("royalties.add_allocation"),
        },
    )


def _act(request: UserRequest) -> dict[str, Any]:
    action = request.POST.get("action", "")
    if action == "undo":
        return _undo(request)
    payment = get_object_or_404(payments_of(request), pk=_key(request.POST.get("payment", "")))
    if action == "accept":
        return _accept(request, payment)
    if action in {"ignore", "restore"}:
        ignore_payment(payment=payment, is_ignored=action == "ignore", by=request.user)
        if action == "restore":
            return {"text": _("The payment is back on the list.")}
        return {"text": _("Set aside as not about royalties."), "action": "restore", "payment": payment.pk}
    raise DomainError(_("Choose what to do with the payment."))


def _accept(request: UserRequest, payment: Any) -> dict[str, Any]:
    ids = [_key(text) for text in request.POST.get("invoices", "").split(",")[:MOST_PARTS]]
    # What falls due first is settled first, for as long as the payment lasts.
    invoices = Invoice.objects.visible_to(request.user).filter(pk__in=ids).with_balance().order_by("due_on", "pk")
    left = payment.left
    parts: list[Part] = []
    for invoice in invoices:
        if left <= 0 and parts:
            break
        parts.append(Part(invoice.pk))
        left -= invoice.outstanding if invoice.currency == payment.currency else 0
    if not parts:
        raise DomainError(_("There is no such invoice."))
    made = allocate_payment(payment=payment, parts=parts, by=request.user)
    codes = ", ".join(allocation.invoice.code for allocation in made)
    amount = format_amount(sum((each.source_amount or Decimal(0) for each in made), Decimal(0)), payment.currency)
    return {
        "text": _("%(amount)s set against %(invoices)s.") % {"amount": amount, "invoices": codes},
        "action": "undo",
        "allocations": ",".join(str(allocation.pk) for allocation in made),
    }


def _undo(request: UserRequest) -> dict[str, Any]:
    ids = [_key(text) for text in request.POST.get("allocations", "").split(",")[:MOST_PARTS]]
    allocations = Allocation.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk")
    if not allocations:
        raise DomainError(_("This was taken back already."))
    with transaction.atomic():
        for allocation in allocations:
            remove_allocation(allocation=allocation, by=request.user)
    return {"text": _("Taken back: the payment is on the list again.")}


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
