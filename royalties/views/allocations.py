"""Settling an invoice: by a payment, a deduction or a credit note; and taking that back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.formats import format_amount
from lrs_tracker.problems import DomainError
from royalties.domain.allocations import Part, allocate_payment, deduct, remove_allocation, set_credit
from royalties.enums import AllocationKind
from royalties.forms.receivables import CreditForm, DeductForm, SettleForm
from royalties.models import Allocation, Invoice
from royalties.views.receivable_pages import FORM, WRITE, allocation_view, invoice_view


@invoice_view("royalties.add_allocation", FORM)
def settle(request: UserRequest, invoice: Any) -> HttpResponse:
    """Set a payment against an invoice."""
    form = SettleForm(request.POST or None, invoice=invoice, user=request.user)
    if request.method == "POST":
        done = submit(
            form,
            lambda: allocate_payment(
                payment=form.cleaned_data["payment"],
                parts=[Part(invoice.pk, form.cleaned_data["amount"], form.cleaned_data["source_amount"])],
                by=request.user,
            ),
        )
        if done:
            return _leave(request, invoice, done[0])
    return show_form(
        request,
        form,
        title=_("Set a payment against %(invoice)s") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Allocate"),
    )


@invoice_view("royalties.add_allocation", FORM)
def add_deduction(request: UserRequest, invoice: Any) -> HttpResponse:
    """Settle a part of an invoice that no money comes for."""
    form = DeductForm(request.POST or None, invoice=invoice, initial={"on": request.today})
    if request.method == "POST":
        done = submit(
            form,
            lambda: deduct(
                invoice=invoice,
                kind=AllocationKind(form.cleaned_data["kind"]),
                amount=form.cleaned_data["amount"],
                on=form.cleaned_data["on"],
                note=form.cleaned_data["note"],
                by=request.user,
            ),
        )
        if done is not None:
            return _leave(request, invoice, done)
    return show_form(
        request,
        form,
        title=_("Deduction from %(invoice)s") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Deduct"),
    )


@invoice_view("royalties.add_allocation", FORM)
def use_credit_note(request: UserRequest, invoice: Any) -> HttpResponse:
    """Set a credit note against an invoice."""
    form = CreditForm(request.POST or None, invoice=invoice, user=request.user, initial={"on": request.today})
    form.choose(request.GET.get("credit_note", ""), owed=invoice.outstanding)
    if request.method == "POST":
        done = submit(
            form,
            lambda: set_credit(
                credit_note=form.cleaned_data["credit_note"],
                invoice=invoice,
                amount=form.cleaned_data["amount"],
                on=form.cleaned_data["on"],
                by=request.user,
            ),
        )
        if done is not None:
            return _leave(request, invoice, done)
    return show_form(
        request,
        form,
        title=_("Set a credit note against %(invoice)s") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Set against it"),
    )


@allocation_view("royalties.delete_allocation", WRITE)
def remove(request: UserRequest, allocation: Any) -> HttpResponse:
    """Take an allocation back."""
    try:
        invoice = remove_allocation(allocation=allocation, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back: %(invoice)s owes it again.") % {"invoice": invoice.code})
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("royalties:invoice", pk=allocation.invoice_id)


def _leave(request: UserRequest, invoice: Invoice, done: Allocation) -> HttpResponse:
    told = _("%(amount)s of %(invoice)s are settled.")
    amount = format_amount(done.amount, invoice.currency)
    return leave_form(request, invoice.get_absolute_url(), told % {"amount": amount, "invoice": invoice.code})
