"""Reports of licensees in the admin: read there, and written by the pages alone."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from royalties.models import ProductionReport, ReportFiling, ReportLink, ReportMapping


@admin.register(ReportFiling)
class ReportFilingAdmin(RecordAdmin):
    """What licensees reported at once."""

    list_display = ("agreement", "period_start", "period_end", "status", "channel", "submitted_at", "decided_by")
    list_filter = ("status", "channel", "agreement__currency")
    list_select_related = ("agreement", "decided_by")
    search_fields = ("agreement__title", "agreement__licensee__name", "sender")
    ordering = ("-period_end", "-pk")
    date_hierarchy = "period_end"


@admin.register(ProductionReport)
class ProductionReportAdmin(RecordAdmin):
    """The lines of reports in all their versions."""

    list_display = ("agreement", "plant", "month", "chemistry", "field", "number", "status", "energy_sold_kwh")
    list_filter = ("status", "chemistry", "field", "is_estimate", "is_nil")
    list_select_related = ("agreement", "plant")
    search_fields = ("agreement__title", "plant__name")
    ordering = ("-month", "-pk")
    date_hierarchy = "month"


@admin.register(ReportLink)
class ReportLinkAdmin(RecordAdmin):
    """Private links; what opens them is not kept."""

    exclude = ("token_hash",)
    list_display = ("agreement", "period_start", "period_end", "recipient", "expires_at", "used_at", "revoked_at")
    list_select_related = ("agreement",)
    search_fields = ("agreement__title", "recipient")
    ordering = ("-pk",)


@admin.register(ReportMapping)
class ReportMappingAdmin(RecordAdmin):
    """How licensees' own files are read."""

    list_display = ("agreement", "name", "updated_at")
    list_select_related = ("agreement",)
    search_fields = ("agreement__title", "name")
    ordering = ("agreement", "name", "pk")
