"""Certificates of tax that licensees withheld, and those that are still to come."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import DecimalField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visibility import Viewer
from royalties.domain.payments import check_amount
from royalties.domain.settlement import lock_invoices
from royalties.enums import AllocationKind, StatementStatus
from royalties.models import Agreement, Allocation, Statement, WithholdingCertificate

_AMOUNT = DecimalField(max_digits=20, decimal_places=3)


@dataclass(frozen=True, slots=True)
class OutstandingCertificate:
    """Withheld tax that no certificate covers yet: by a statement, or by the payer of an invoice."""

    agreement: Agreement
    about: Statement | Allocation
    on: dt.date | None
    currency: str
    withheld: Decimal
    certified: Decimal

    @property
    def missing(self) -> Decimal:
        """What is still to be certified."""
        return self.withheld - self.certified


@transaction.atomic
def add_certificate(
    *, values: Mapping[str, Any], allocation: Allocation | None = None, by: User
) -> WithholdingCertificate:
    """Keep a certificate, for a statement's withholding or for tax that a payer withheld (`allocation`).

    Raise DomainError for a number that was entered before, another currency or agreement, and less than
    the payer withheld.
    """
    require_permission(by, "royalties.add_withholdingcertificate")
    certificate = WithholdingCertificate(**values)
    check_amount(certificate.amount, certificate.currency)
    statement = certificate.statement
    if statement is not None and (statement.agreement_id, statement.currency) != (
        certificate.agreement_id,
        certificate.currency,
    ):
        raise DomainError(_("This statement is of another agreement or currency."), field="statement")
    with constraints_in_words(WithholdingCertificate):
        certificate.save()
    if allocation is not None:
        attach_certificate(certificate=certificate, allocation=allocation, by=by)
    return certificate


@transaction.atomic
def attach_certificate(*, certificate: WithholdingCertificate, allocation: Allocation, by: User) -> Allocation:
    """Say that a certificate covers tax that a payer withheld."""
    require_permission(by, "royalties.change_allocation")
    certificate = lock_row(certificate)
    invoice = lock_invoices([allocation.invoice_id])[allocation.invoice_id]
    allocation = lock_row(allocation)
    if allocation.kind != AllocationKind.WITHHOLDING or allocation.certificate_id is not None:
        raise DomainError(_("This is not withheld tax that waits for a certificate."))
    if (certificate.agreement_id, certificate.currency) != (invoice.agreement_id, invoice.currency):
        raise DomainError(_("This certificate is of another agreement or currency."), field="certificate")
    used = certificate.allocations.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    if used + allocation.amount > certificate.amount:
        raise DomainError(_("The certificate is over less tax than was withheld."), field="amount")
    return write_changes(allocation, {"certificate": certificate})


def outstanding_certificates(user: Viewer) -> list[OutstandingCertificate]:
    """Return the withheld tax that no certificate covers yet, the oldest first, in two queries."""
    covered = (
        WithholdingCertificate.objects.filter(statement=OuterRef("pk"))
        .order_by()
        .values("statement")
        .values(total=Sum("amount"))
    )
    statements = (
        Statement.objects.visible_to(user)
        .exclude(status=StatementStatus.DRAFT)
        .annotate(certified=Coalesce(Subquery(covered), Value(Decimal(0)), output_field=_AMOUNT))
        .filter(withheld__gt=F("certified"))
        .select_related("agreement__licensee")
        .order_by("issued_on", "pk")
    )
    allocations = (
        Allocation.objects.visible_to(user)
        .filter(kind=AllocationKind.WITHHOLDING, certificate__isnull=True)
        .select_related("invoice__agreement__licensee", "invoice__licensor")
        .order_by("on", "pk")
    )
    return [
        OutstandingCertificate(each.agreement, each, each.issued_on, each.currency, each.withheld, each.certified)
        for each in statements
    ] + [
        OutstandingCertificate(each.invoice.agreement, each, each.on, each.invoice.currency, each.amount, Decimal(0))
        for each in allocations
    ]
