"""Addresses: invoices, credit notes and payments."""

from django.urls import path

from royalties.views import (
    allocations,
    bank_files,
    certificates,
    credit_notes,
    invoice_actions,
    invoices,
    payments,
    receivables,
    reconcile,
)

urlpatterns = [
    path("royalties/receivables/", receivables.show_receivables, name="receivables"),
    path("royalties/invoices/<int:pk>/", invoices.show_invoice, name="invoice"),
    path("royalties/invoices/<int:pk>/letter/", invoices.show_letter, name="invoice_letter"),
    path("royalties/invoices/<int:pk>/settle/", allocations.settle, name="invoice_settle"),
    path("royalties/invoices/<int:pk>/deduct/", allocations.add_deduction, name="invoice_deduct"),
    path("royalties/invoices/<int:pk>/credit/", allocations.use_credit_note, name="invoice_credit"),
    path("royalties/invoices/<int:pk>/dispute/", invoice_actions.dispute, name="invoice_dispute"),
    path("royalties/invoices/<int:pk>/reopen/", invoice_actions.reopen, name="invoice_reopen"),
    path("royalties/invoices/<int:pk>/cancel/", invoice_actions.cancel, name="invoice_cancel"),
    path("royalties/invoices/<int:pk>/interest/", invoice_actions.charge, name="invoice_interest"),
    path("royalties/invoices/<int:pk>/reminder/", invoice_actions.remind, name="invoice_reminder"),
    path("royalties/invoices/<int:pk>/rates/", invoice_actions.fill_rates, name="invoice_rates"),
    path("royalties/allocations/<int:pk>/remove/", allocations.remove, name="allocation_remove"),
    path("royalties/allocations/<int:pk>/certificate/", certificates.add_for_allocation, name="allocation_certificate"),
    path("royalties/statements/<int:pk>/certificate/", certificates.add_for_statement, name="statement_certificate"),
    path("royalties/credit-notes/<int:pk>/", credit_notes.show_credit_note, name="credit_note"),
    path("royalties/credit-notes/<int:pk>/repay/", credit_notes.repay, name="credit_note_repay"),
    path("royalties/credit-notes/<int:pk>/take-back/", credit_notes.take_back, name="credit_note_take_back"),
    path("royalties/payments/", payments.list_payments, name="payments"),
    path("royalties/payments/new/", payments.add, name="payment_new"),
    path("royalties/payments/import/", bank_files.upload, name="bank_file"),
    path("royalties/payments/import/<str:token>/", bank_files.check, name="bank_file_check"),
    path("royalties/payments/<int:pk>/", payments.show_payment, name="payment"),
    path("royalties/payments/<int:pk>/edit/", payments.edit, name="payment_edit"),
    path("royalties/payments/<int:pk>/allocate/", payments.allocate, name="payment_allocate"),
    path("royalties/payments/<int:pk>/ignore/", payments.ignore, name="payment_ignore"),
    path("royalties/reconcile/", reconcile.show_reconcile, name="reconcile"),
]
