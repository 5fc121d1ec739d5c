"""What finance does with an invoice besides settling it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError
from royalties.domain.dunning import next_level, record_dunning
from royalties.domain.exchange_gains import take_rates
from royalties.domain.interest import charge_interest, preview_interest
from royalties.domain.invoices import cancel_invoice, dispute_invoice, reopen_invoice
from royalties.enums import DunningLevel
from royalties.forms.receivables import DisputeForm, InterestForm, ReasonForm, ReminderForm
from royalties.views.receivable_pages import FORM, WRITE, invoice_view


@invoice_view("royalties.change_invoice", FORM)
def dispute(request: UserRequest, invoice: Any) -> HttpResponse:
    """Mark an invoice as disputed."""
    form = DisputeForm(request.POST or None, initial={"note": invoice.note})
    if request.method == "POST":
        disputed = submit(
            form, lambda: dispute_invoice(invoice=invoice, note=form.cleaned_data["note"], by=request.user)
        )
        if disputed is not None:
            told = _("%(invoice)s is disputed: no reminder goes out until that ends.")
            return leave_form(request, invoice.get_absolute_url(), told % {"invoice": invoice.code})
    return show_form(
        request,
        form,
        title=_("Dispute about %(invoice)s") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Mark as disputed"),
    )


@invoice_view("royalties.change_invoice", WRITE)
def reopen(request: UserRequest, invoice: Any) -> HttpResponse:
    """End the dispute about an invoice."""
    try:
        reopen_invoice(invoice=invoice, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The dispute about %(invoice)s is over.") % {"invoice": invoice.code})
    return redirect(invoice)


@invoice_view("royalties.add_creditnote", FORM)
def cancel(request: UserRequest, invoice: Any) -> HttpResponse:
    """Cancel an invoice by a credit note."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        note = submit(
            form,
            lambda: cancel_invoice(
                invoice=invoice, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            ),
        )
        if note is not None:
            told = _("%(invoice)s is cancelled by credit note %(note)s.")
            return leave_form(request, invoice.get_absolute_url(), told % {"invoice": invoice.code, "note": note.code})
    return show_form(
        request,
        form,
        title=_("Cancel %(invoice)s by a credit note") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Cancel invoice"),
    )


@invoice_view("royalties.add_invoice", FORM)
def charge(request: UserRequest, invoice: Any) -> HttpResponse:
    """Charge late interest through a day; shows what it comes to."""
    form = InterestForm(request.POST or None, initial={"through": request.today})
    if request.method == "POST":
        charged = submit(
            form,
            lambda: charge_interest(
                invoice=invoice, through=form.cleaned_data["through"], by=request.user, at=timezone.now()
            ),
        )
        if charged is not None:
            return leave_form(
                request, charged.get_absolute_url(), _("Invoice %(invoice)s charges it.") % {"invoice": charged.code}
            )
    through = form.cleaned_data.get("through") if form.is_bound and form.is_valid() else None
    return show_form(
        request,
        form,
        title=_("Charge late interest on %(invoice)s") % {"invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Charge interest"),
        template="royalties/interest_form",
        context={
            "invoice": invoice,
            "interest": preview_interest(invoice, through=min(through or request.today, request.today)),
        },
    )


@invoice_view("royalties.change_invoice", FORM)
def remind(request: UserRequest, invoice: Any) -> HttpResponse:
    """Note that the next reminder was sent."""
    level = next_level(invoice) or DunningLevel.FINAL_NOTICE
    form = ReminderForm(request.POST or None, initial={"on": request.today})
    if request.method == "POST":
        reminded = submit(
            form,
            lambda: record_dunning(
                invoice=invoice, level=level, on=form.cleaned_data["on"], by=request.user, today=request.today
            ),
        )
        if reminded is not None:
            told = _("%(level)s for %(invoice)s is noted.") % {"level": level.label, "invoice": invoice.code}
            return leave_form(request, invoice.get_absolute_url(), told)
    return show_form(
        request,
        form,
        title=_("%(level)s for %(invoice)s") % {"level": level.label, "invoice": invoice.code},
        back=invoice.get_absolute_url(),
        submit_label=_("Note as sent"),
    )


@invoice_view("royalties.change_invoice", WRITE)
def fill_rates(request: UserRequest, invoice: Any) -> HttpResponse:
    """Fill in what was left empty for want of a rate."""
    try:
        take_rates(invoice=invoice, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The rates are taken."))
    return redirect(invoice)
