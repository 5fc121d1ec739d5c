"""An invoice: what it claims, what settles it, its interest and its reminders."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from royalties.domain.dunning import next_level, sent_reminders
from royalties.domain.interest import bears_interest, described_interest, preview_interest
from royalties.domain.invoice_states import days_overdue
from royalties.domain.line_differences import signed_amount
from royalties.enums import DunningLevel, InvoiceState, LineKind
from royalties.models import Allocation, Statement, StatementLine
from royalties.views.receivable_pages import READ, invoice_view
from sync.domain.timeline import timeline_of

SHOWN_CHANGES = 8


@invoice_view("royalties.view_invoice", READ)
def show_invoice(request: UserRequest, invoice: Any) -> HttpResponse:
    """Show an invoice."""
    interest = preview_interest(invoice, through=request.today)
    allocations = Allocation.objects.filter(invoice=invoice).select_related(
        "payment__payer", "credit_note__licensor", "certificate", "by"
    )
    gains = [each.fx_gain for each in allocations if each.fx_gain is not None]
    return render(
        request,
        "royalties/invoice.html",
        {
            "invoice": invoice,
            "state": InvoiceState(invoice.state),
            "days_overdue": days_overdue(invoice, outstanding=invoice.outstanding, today=request.today),
            "lines": _lines(invoice.statement) if invoice.statement else [],
            "allocations": sorted(allocations, key=lambda each: (each.on, each.pk)),
            "gain": sum(gains) if gains else None,
            "bears_interest": bears_interest(invoice) and invoice.agreement.interest_percent > 0,
            "interest": interest,
            "trace": invoice.interest_trace or described_interest(interest),
            "charged": invoice.interest.select_related("licensor").order_by("pk"),
            "reminders": sent_reminders(invoice),
            "next_level": next_level(invoice),
            "entries": timeline_of("invoice", invoice.pk, viewer=request.user, size=SHOWN_CHANGES).entries,
            "trail": [{"label": _("Receivables"), "url": f"{reverse('royalties:receivables')}?view=invoices"}],
        },
    )


@invoice_view("royalties.view_invoice", READ)
def show_letter(request: UserRequest, invoice: Any) -> HttpResponse:
    """Show the letter of an overdue invoice's next reminder, to print or copy."""
    level = next_level(invoice) or DunningLevel.FINAL_NOTICE
    overdue = days_overdue(invoice, outstanding=invoice.outstanding, today=request.today)
    if not overdue:
        raise Http404
    context = {
        "invoice": invoice,
        "level": level,
        "is_final": level == DunningLevel.FINAL_NOTICE,
        "days_overdue": overdue,
        "interest": preview_interest(invoice, through=request.today),
        "trail": [
            {"label": _("Receivables"), "url": reverse("royalties:receivables")},
            {"label": invoice.code, "url": invoice.get_absolute_url()},
        ],
    }
    return render(request, "royalties/letter.html", context)


def _lines(statement: Statement) -> list[tuple[StatementLine, Decimal]]:
    """Return the lines of a statement that make its payable, with the sign they have in it."""
    shown = statement.lines.exclude(amount=0).order_by("position")
    if statement.is_grossed_up:
        shown = shown.exclude(kind=LineKind.WITHHOLDING)
    return [(line, signed_amount(line)) for line in shown]
