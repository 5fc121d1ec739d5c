"""The change log and external ids in the admin, to read."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from sync.models import Change, ExternalRef


@admin.register(Change)
class ChangeAdmin(RecordAdmin):
    """What changed, by whom, through what."""

    list_display = ("at", "resource", "object_id", "operation", "actor", "channel", "request_id")
    list_filter = ("resource", "operation", "channel")
    list_select_related = ("actor",)
    search_fields = ("=object_id", "=request_id", "actor__name")
    ordering = ("-pk",)
    date_hierarchy = "at"


@admin.register(ExternalRef)
class ExternalRefAdmin(RecordAdmin):
    """What other systems call our objects."""

    list_display = ("system", "external_id", "resource", "object_id", "created_at")
    list_filter = ("system", "resource")
    search_fields = ("external_id", "=object_id")
    ordering = ("-pk",)
    date_hierarchy = "created_at"
