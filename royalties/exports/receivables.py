"""The columns of receivables and payments as files."""

import datetime as dt
from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from lrs_tracker.exports import Column
from royalties.domain.ageing import BUCKET_LABELS, AgeingRow, Bucket
from royalties.domain.certificates import OutstandingCertificate
from royalties.domain.invoice_states import days_overdue
from royalties.enums import InvoiceState
from royalties.models import CreditNote, Invoice, Payment


def invoice_columns(today: dt.date) -> list[Column[Invoice]]:
    """Return the columns of the list of invoices, as it is on a day."""
    return [
        Column[Invoice](_("Invoice"), lambda invoice: invoice.code),
        Column[Invoice](_("Type"), lambda invoice: invoice.get_kind_display()),
        Column[Invoice](_("Licensee"), lambda invoice: invoice.agreement.licensee.name),
        Column[Invoice](_("Agreement"), lambda invoice: invoice.agreement.code),
        Column[Invoice](_("Licensor"), lambda invoice: invoice.licensor.name),
        Column[Invoice](_("Date"), lambda invoice: invoice.issued_on),
        Column[Invoice](_("Due"), lambda invoice: invoice.due_on),
        Column[Invoice](_("State"), lambda invoice: InvoiceState(attrgetter("state")(invoice)).label),
        Column[Invoice](
            _("Days overdue"),
            lambda invoice: days_overdue(invoice, outstanding=attrgetter("outstanding")(invoice), today=today),
        ),
        Column[Invoice](_("Currency"), lambda invoice: invoice.currency),
        Column[Invoice](_("Amount"), lambda invoice: invoice.amount),
        Column[Invoice](_("Settled"), attrgetter("settled")),
        Column[Invoice](_("Outstanding"), attrgetter("outstanding")),
        Column[Invoice](_("Reminded"), lambda invoice: invoice.get_dunning_level_display()),
        Column[Invoice](_("Last reminded"), lambda invoice: invoice.dunned_on),
    ]


AGEING_COLUMNS = [
    Column[AgeingRow](_("Licensee"), lambda row: row.licensee),
    Column[AgeingRow](_("Currency"), lambda row: row.currency),
    *(
        Column[AgeingRow](BUCKET_LABELS[bucket], lambda row, bucket=bucket: row.buckets[bucket])  # type: ignore[misc]
        for bucket in Bucket
    ),
    Column[AgeingRow](_("Total"), lambda row: row.total),
    Column[AgeingRow](_("Invoices"), lambda row: row.invoices),
]
CREDIT_NOTE_COLUMNS = [
    Column[CreditNote](_("Credit note"), lambda note: note.code),
    Column[CreditNote](_("Licensee"), lambda note: note.agreement.licensee.name),
    Column[CreditNote](_("Agreement"), lambda note: note.agreement.code),
    Column[CreditNote](_("Date"), lambda note: note.issued_on),
    Column[CreditNote](_("Currency"), lambda note: note.currency),
    Column[CreditNote](_("Amount"), lambda note: note.amount),
    Column[CreditNote](_("Left"), attrgetter("left")),
    Column[CreditNote](_("Reason"), lambda note: note.reason),
]
CERTIFICATE_COLUMNS = [
    Column[OutstandingCertificate](_("Licensee"), lambda each: each.agreement.licensee.name),
    Column[OutstandingCertificate](_("Agreement"), lambda each: each.agreement.code),
    Column[OutstandingCertificate](_("Date"), lambda each: each.on),
    Column[OutstandingCertificate](_("Currency"), lambda each: each.currency),
    Column[OutstandingCertificate](_("Tax withheld"), lambda each: each.withheld),
    Column[OutstandingCertificate](_("Missing"), lambda each: each.missing),
]
PAYMENT_COLUMNS = [
    Column[Payment](_("Received"), lambda payment: payment.received_on),
    Column[Payment](_("Payer"), lambda payment: payment.payer.name if payment.payer else payment.payer_name),
    Column[Payment](_("Remittance text"), lambda payment: payment.reference),
    Column[Payment](_("Bank's reference"), lambda payment: payment.bank_reference),
    Column[Payment](_("Source"), lambda payment: payment.get_source_display()),
    Column[Payment](_("Licensor"), lambda payment: payment.licensor.name),
    Column[Payment](_("Currency"), lambda payment: payment.currency),
    Column[Payment](_("Amount"), lambda payment: payment.amount),
    Column[Payment](_("Left"), attrgetter("left")),
    Column[Payment](_("Not about royalties"), lambda payment: payment.is_ignored),
]
