"""The agreements in the workspace of a deal: what applies today, the latest statement, what is open."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.requests import UserRequest
from deals.models import Deal
from deals.workspace_tabs import WorkspaceTab, register_tab
from lrs_tracker.visibility import Viewer
from royalties.domain.glance import ShownTerm, shown_terms, terms_on
from royalties.enums import InvoiceStatus, StatementStatus
from royalties.models import Agreement, Invoice, Statement


@dataclass(slots=True)
class DealAgreement:
    """An agreement as a deal shows it; what is open is in the agreement's currency."""

    agreement: Agreement
    terms: list[ShownTerm] = field(default_factory=list)
    latest: Statement | None = None
    open_amount: Decimal = Decimal(0)
    overdue_amount: Decimal = Decimal(0)


def register_deal_tab() -> None:
    """Add the tab to the workspace of deals."""
    register_tab(
        WorkspaceTab(
            key="agreements",
            label=_("Agreements"),
            template="royalties/deal_tab.html",
            context=_context,
            rows=_rows,
        )
    )


def _rows(user: Viewer) -> QuerySet[Agreement]:
    """Return every agreement: who sees a deal sees its agreements."""
    return Agreement.objects.all() if user.has_perm("royalties.view_agreement") else Agreement.objects.none()


def _context(request: UserRequest, deal: Deal) -> dict[str, Any]:
    rows = Agreement.objects.visible_to(request.user).filter(deal=deal).select_related("licensee", "licensor")
    shown = {agreement.pk: DealAgreement(agreement) for agreement in rows.order_by("number", "pk")}
    agreements = {pk: one.agreement for pk, one in shown.items()}
    terms = terms_on(request.today).filter(agreement__in=shown)
    for term in shown_terms(terms, agreements=agreements, on=request.today):
        shown[term.term.agreement_id].terms.append(term)
    issued = Statement.objects.exclude(status=StatementStatus.DRAFT).filter(agreement__in=shown)
    for statement in issued.order_by("agreement", "-number").distinct("agreement"):
        shown[statement.agreement_id].latest = statement
    invoices = Invoice.objects.exclude(status=InvoiceStatus.CANCELLED).filter(agreement__in=shown)
    for invoice in invoices.with_balance().filter(outstanding__gt=0):
        one = shown[invoice.agreement_id]
        if invoice.currency != one.agreement.currency:
            continue
        one.open_amount += invoice.outstanding
        if invoice.due_on < request.today:
            one.overdue_amount += invoice.outstanding
    return {"agreements": list(shown.values())}
