"""The change log, what is kept of it, external ids and webhooks in the admin, to read."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from sync.models import Change, ExternalRef, FeedState, IdempotentAnswer, WebhookDelivery, WebhookEndpoint


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


@admin.register(FeedState)
class FeedStateAdmin(RecordAdmin):
    """Up to which change the log was pruned."""

    list_display = ("pruned_transaction", "pruned_row")
    search_fields = ("=pruned_transaction",)
    ordering = ("pk",)


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(RecordAdmin):
    """One's own answers that are given again; what they say is not shown."""

    list_display = ("created_at", "key", "status")
    search_fields = ("key",)
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    exclude = ("body",)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    """The own webhooks and those of the organisation, kept on their pages; no secrets."""

    list_display = ("name", "owner", "failing_since", "disabled_at", "disabled_reason")
    list_filter = ("disabled_reason",)
    list_select_related = ("owner",)
    search_fields = ("name",)
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    exclude = ("url", "secret", "old_secret")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin):
    """What was sent to them; what it said is on the page of each, while its reader may know of it."""

    list_display = ("type", "object_id", "endpoint", "status", "attempts", "response_status", "created_at")
    list_filter = ("status",)
    list_select_related = ("endpoint",)
    search_fields = ("=object_id", "=uid")
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    exclude = ("body", "response_head")
