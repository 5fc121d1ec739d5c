"""A credit note: what it credits, and where it went."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError
from royalties.domain.credit_notes import repay_credit_note, take_back_repayment
from royalties.forms.receivables import RepayForm, plain
from royalties.models import Invoice
from royalties.views.receivable_pages import FORM, READ, WRITE, credit_note_view

MOST_INVOICES = 20


@credit_note_view("royalties.view_creditnote", READ)
def show_credit_note(request: UserRequest, note: Any) -> HttpResponse:
    """Show a credit note."""
    allocations = note.allocations.select_related("invoice__licensor", "by").order_by("on", "pk")
    trail = [{"label": _("Receivables"), "url": f"{reverse('royalties:receivables')}?view=credit-notes"}]
    context = {
        "credit_note": note,
        "allocations": allocations,
        "open_invoices": _open_invoices(request, note) if note.left else [],
        "trail": trail,
    }
    return render(request, "royalties/credit_note.html", context)


def _open_invoices(request: UserRequest, note: Any) -> Any:
    """Return the invoices of the licensee that the note can be set against, what falls due first in front."""
    invoices = Invoice.objects.visible_to(request.user).filter(
        licensor=note.licensor_id, currency=note.currency, agreement__licensee=note.agreement.licensee_id
    )
    owed = invoices.with_balance().filter(outstanding__gt=0).select_related("licensor")
    return owed.order_by("due_on", "pk")[:MOST_INVOICES]


@credit_note_view("royalties.change_creditnote", FORM)
def repay(request: UserRequest, note: Any) -> HttpResponse:
    """Note that a credit note was paid back."""
    form = RepayForm(request.POST or None, initial={"amount": plain(note.left), "on": request.today})
    if request.method == "POST":
        repaid = submit(
            form,
            lambda: repay_credit_note(
                credit_note=note, amount=form.cleaned_data["amount"], on=form.cleaned_data["on"], by=request.user
            ),
        )
        if repaid is not None:
            return leave_form(request, note.get_absolute_url(), _("The repayment is noted."))
    return show_form(
        request,
        form,
        title=_("Repayment of %(note)s") % {"note": note.code},
        back=note.get_absolute_url(),
        submit_label=_("Note repayment"),
    )


@credit_note_view("royalties.change_creditnote", WRITE)
def take_back(request: UserRequest, note: Any) -> HttpResponse:
    """Take a repayment back that was noted by mistake."""
    try:
        take_back_repayment(credit_note=note, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The repayment is taken back."))
    return redirect(note)
