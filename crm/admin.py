"""CRMs in the admin, to read: connections are changed on their pages, and their secrets are shown nowhere."""

from django.contrib import admin

from crm.models import (
    ConnectionState,
    CrmConnection,
    FieldMapping,
    PairSuggestion,
    RecordState,
    StageMapping,
    SyncRecord,
    SyncRun,
)
from lrs_tracker.visible_admin import RecordAdmin


@admin.register(CrmConnection)
class CrmConnectionAdmin(RecordAdmin):
    """The accounts of CRMs."""

    list_display = ("name", "kind", "is_enabled", "acting_user", "conflict_rule", "updated_at")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("acting_user",)
    search_fields = ("name",)
    exclude = ("sealed_secret", "consumer_key")
    ordering = ("name", "pk")


@admin.register(FieldMapping)
class FieldMappingAdmin(RecordAdmin):
    """Which of their fields stands for which of ours."""

    list_display = ("connection", "resource", "our_field", "their_field")
    list_filter = ("connection", "resource")
    list_select_related = ("connection",)
    search_fields = ("our_field", "their_field")
    ordering = ("connection", "resource", "pk")


@admin.register(StageMapping)
class StageMappingAdmin(RecordAdmin):
    """Which of their stages stands for which of ours."""

    list_display = ("connection", "stage", "their_stage")
    list_filter = ("connection",)
    list_select_related = ("connection", "stage")
    search_fields = ("stage__name", "their_stage")
    ordering = ("connection", "pk")


@admin.register(ConnectionState)
class ConnectionStateAdmin(RecordAdmin):
    """How far each connection has read."""

    list_display = ("connection", "last_run_at", "paused_until", "schema_read_at", "schema_problem")
    list_select_related = ("connection",)
    search_fields = ("connection__name",)
    exclude = ("schema",)
    ordering = ("pk",)


@admin.register(RecordState)
class RecordStateAdmin(RecordAdmin):
    """What both sides last agreed on."""

    list_display = ("connection", "resource", "object_id", "external_id", "needs_retry", "problem", "updated_at")
    list_filter = ("connection", "resource", "needs_retry", "is_gone_there")
    list_select_related = ("connection",)
    search_fields = ("=object_id", "=external_id", "problem")
    ordering = ("-pk",)


@admin.register(PairSuggestion)
class PairSuggestionAdmin(RecordAdmin):
    """Records that may be the same one."""

    list_display = ("connection", "resource", "our_label", "their_label", "likeness", "is_refused", "created_at")
    list_filter = ("connection", "resource", "is_refused")
    list_select_related = ("connection",)
    search_fields = ("our_label", "their_label")
    ordering = ("-pk",)


@admin.register(SyncRun)
class SyncRunAdmin(RecordAdmin):
    """The runs."""

    list_display = ("pk", "connection", "is_dry", "cause", "by", "status", "started_at", "ended_at")
    list_filter = ("connection", "is_dry", "cause", "status")
    list_select_related = ("connection", "by")
    search_fields = ("problem",)
    ordering = ("-pk",)


@admin.register(SyncRecord)
class SyncRecordAdmin(RecordAdmin):
    """What became of each record."""

    list_display = ("at", "run", "resource", "label", "way", "outcome", "note")
    list_filter = ("outcome", "resource", "way")
    list_select_related = ("run",)
    search_fields = ("label", "=external_id")
    ordering = ("-pk",)
