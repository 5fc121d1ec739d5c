"""Entering the tax office's certificates."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from royalties.domain.certificates import add_certificate
from royalties.forms.receivables import CertificateForm, plain
from royalties.models import Agreement, Allocation, Statement
from royalties.views.receivable_pages import FORM, issued_statement_view, withholding_view


@issued_statement_view("royalties.add_withholdingcertificate", FORM)
def add_for_statement(request: UserRequest, statement: Any) -> HttpResponse:
    """Enter the certificate of what a statement withheld."""
    initial = {"currency": statement.currency, "amount": plain(statement.withheld)}
    return _add(request, statement.agreement, initial, statement=statement)


@withholding_view("royalties.add_withholdingcertificate", FORM)
def add_for_allocation(request: UserRequest, allocation: Any) -> HttpResponse:
    """Enter the certificate of tax that a payer withheld from an invoice."""
    initial = {"currency": allocation.invoice.currency, "amount": plain(allocation.amount)}
    return _add(request, allocation.invoice.agreement, initial, allocation=allocation)


def _add(
    request: UserRequest,
    agreement: Agreement,
    initial: dict[str, Any],
    *,
    statement: Statement | None = None,
    allocation: Allocation | None = None,
) -> HttpResponse:
    back = f"{reverse('royalties:receivables')}?view=certificates"
    form = CertificateForm(request.POST or None, initial={"issued_on": request.today, **initial})
    if request.method == "POST":
        values = {"agreement": agreement, "statement": statement}
        kept = submit(
            form,
            lambda: add_certificate(values=form.cleaned_data | values, allocation=allocation, by=request.user),
        )
        if kept is not None:
            return leave_form(request, back, _("Certificate %(number)s is kept.") % {"number": kept})
    return show_form(
        request,
        form,
        title=_("Certificate of withheld tax, %(agreement)s") % {"agreement": agreement.code},
        back=back,
        submit_label=_("Keep certificate"),
    )
