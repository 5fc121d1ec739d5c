"""What happened to deals, in the admin, to read."""

from django.contrib import admin

from deals.models import ImportBatch, StageTransition, Waiver
from lrs_tracker.visible_admin import RecordAdmin


@admin.register(StageTransition)
class StageTransitionAdmin(RecordAdmin):
    """Moves between stages."""

    list_display = ("deal", "from_stage", "to_stage", "kind", "by", "at", "reason")
    list_display_links = ("at",)
    list_filter = ("kind",)
    list_select_related = ("deal", "from_stage", "to_stage", "by")
    search_fields = ("deal__title", "deal__company__name", "reason")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"


@admin.register(Waiver)
class WaiverAdmin(RecordAdmin):
    """Gates that someone let a deal pass."""

    list_display = ("label", "deal", "reason", "by", "at")
    list_select_related = ("deal", "by")
    search_fields = ("label", "reason", "deal__title", "deal__company__name")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"


@admin.register(ImportBatch)
class ImportBatchAdmin(RecordAdmin):
    """Files that were imported."""

    list_display = ("file_name", "status", "row_count", "created_by", "created_at", "applied_at", "undone_at")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    search_fields = ("file_name",)
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    exclude = ("file",)
