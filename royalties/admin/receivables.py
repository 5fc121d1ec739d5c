"""Receivables in the admin: to be read there, and changed on their pages, which keep their sums right."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from royalties.models import Allocation, BankImport, CreditNote, Invoice, Payment, WithholdingCertificate


@admin.register(Invoice)
class InvoiceAdmin(RecordAdmin):
    """Invoices of statements and of late interest."""

    list_display = ("code", "agreement", "kind", "status", "issued_on", "due_on", "currency", "amount")
    list_filter = ("kind", "status", "currency", "dunning_level")
    list_select_related = ("agreement", "licensor")
    search_fields = ("number", "agreement__title", "agreement__licensee__name")
    ordering = ("-issued_on", "-pk")
    date_hierarchy = "issued_on"


@admin.register(CreditNote)
class CreditNoteAdmin(RecordAdmin):
    """Credit notes of statements and cancellations."""

    list_display = ("code", "agreement", "issued_on", "currency", "amount", "repaid_amount", "reason")
    list_filter = ("currency",)
    list_select_related = ("agreement", "licensor")
    search_fields = ("number", "agreement__title", "agreement__licensee__name", "reason")
    ordering = ("-issued_on", "-pk")


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    """Money that arrived."""

    list_display = ("received_on", "payer", "payer_name", "currency", "amount", "source", "is_ignored")
    list_filter = ("source", "currency", "is_ignored")
    list_select_related = ("payer",)
    search_fields = ("payer__name", "payer_name", "reference", "bank_reference")
    ordering = ("-received_on", "-pk")
    date_hierarchy = "received_on"


@admin.register(Allocation)
class AllocationAdmin(RecordAdmin):
    """What settles what."""

    list_display = ("invoice", "kind", "on", "amount", "source_amount", "fx_gain", "by")
    list_filter = ("kind",)
    list_select_related = ("invoice", "by")
    search_fields = ("invoice__agreement__title", "note")
    ordering = ("-on", "-pk")


@admin.register(WithholdingCertificate)
class WithholdingCertificateAdmin(RecordAdmin):
    """Certificates of withheld tax."""

    list_display = ("number", "agreement", "statement", "issued_on", "currency", "amount")
    list_filter = ("currency",)
    list_select_related = ("agreement", "statement")
    search_fields = ("number", "agreement__title")
    ordering = ("-issued_on", "-pk")


@admin.register(BankImport)
class BankImportAdmin(RecordAdmin):
    """Bank files that were taken in."""

    list_display = ("file_name", "licensor", "source", "row_count", "new_count", "created_by", "created_at")
    list_filter = ("source",)
    list_select_related = ("licensor", "created_by")
    search_fields = ("file_name",)
    ordering = ("-created_at", "-pk")
