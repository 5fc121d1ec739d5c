"""Reminders in the admin: records are read there, and own settings changed on their page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import RecordAdmin, RefusableForm, VisibleAdmin
from reminders.domain.chat_endpoints import add_chat, change_chat
from reminders.domain.rules import FIELDS, add_rule, change_rule
from reminders.enums import Channel, RecipientKind
from reminders.models import (
    CalendarEntry,
    CalendarFeed,
    ChatEndpoint,
    KindPreference,
    MessageTotal,
    Mute,
    Notification,
    NotificationItem,
    Preference,
    Reminder,
    ReminderRule,
    Scan,
    ScanState,
    UsedLink,
)


class ChatEndpointForm(RefusableForm):
    """A chat endpoint, whose address is taken and never shown."""

    class Meta:
        model = ChatEndpoint
        fields = ("name", "format", "url")
        widgets = {"url": forms.PasswordInput({"autocomplete": "off", "size": 60})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "url" in self.fields:
            self.fields["url"].required = False
            self.fields["url"].help_text = _("One is kept, and not shown. Paste another to replace it.")

    def clean_url(self) -> str:
        """Keep the address that is stored when none is typed."""
        return self.cleaned_data["url"] or self.instance.url


@admin.register(ChatEndpoint)
class ChatEndpointAdmin(VisibleAdmin):
    """The chats of everyone, and one's own."""

    form = ChatEndpointForm
    domain = DomainFunctions(create=add_chat, change=change_chat)
    readonly_fields = ("owner",)
    list_display = ("name", "format", "owner", "archived_at")
    list_filter = ("format", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__name")
    ordering = ("name", "pk")

    def get_fields(self, request: HttpRequest, obj: ChatEndpoint | None = None) -> tuple[str, ...]:
        """Show no address to those who may only look."""
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return ("name", "format", "url", "owner") if may_write else ("name", "format", "owner")


class ReminderRuleForm(RefusableForm):
    """A rule, with whom it tells and by which ways as boxes to tick."""

    recipients = forms.MultipleChoiceField(
        label=_("Who is told"), choices=RecipientKind, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label=_("Besides the inbox"), choices=Channel, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ReminderRule
        fields = FIELDS


@admin.register(ReminderRule)
class ReminderRuleAdmin(VisibleAdmin):
    """Rules. Their own page shows what they would send, and switches and retires them."""

    form = ReminderRuleForm
    domain = DomainFunctions(create=add_rule, change=change_rule)
    autocomplete_fields = ("person", "chat_endpoint")
    list_display = ("name", "kind", "offsets", "day_count", "is_urgent", "is_enabled", "archived_at")
    list_filter = ("is_enabled", "kind", "is_urgent", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "title")
    ordering = ("name", "pk")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a rule is retired, and what it told stays in the ledger."""
        return False


@admin.register(Reminder)
class ReminderAdmin(RecordAdmin):
    """The ledger: who was told of what, when, or why not."""

    list_display = (
        "__str__",
        "kind",
        "recipient",
        "deal",
        "due_on",
        "status",
        "reason",
        "send_at",
        "told_at",
        "done_at",
    )
    list_filter = ("status", "reason", "kind", ("done_at", admin.EmptyFieldListFilter))
    list_select_related = ("recipient", "deal__company")
    search_fields = ("title", "recipient__name", "recipient__email", "deal__title", "deal__company__name")
    ordering = ("-send_at", "-pk")
    date_hierarchy = "send_at"


@admin.register(Mute)
class MuteAdmin(RecordAdmin):
    """One's own mutes."""

    list_display = ("rule", "deal", "user", "created_at")
    list_filter = ("rule",)
    list_select_related = ("rule", "deal__company", "user")
    search_fields = ("rule__name", "deal__title", "deal__company__name")
    ordering = ("-created_at", "-pk")


@admin.register(Notification)
class NotificationAdmin(RecordAdmin):
    """Messages and what became of them."""

    list_display = (
        "uid",
        "channel",
        "kind",
        "recipient",
        "contact",
        "status",
        "attempts",
        "next_attempt_at",
        "sent_at",
    )
    list_filter = ("status", "channel", "kind")
    list_select_related = ("recipient", "contact")
    search_fields = ("=uid", "recipient__name", "recipient__email", "address", "last_error")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"


@admin.register(NotificationItem)
class NotificationItemAdmin(RecordAdmin):
    """Which message carried which reminder."""

    list_display = ("notification", "reminder")
    list_select_related = ("notification", "reminder")
    search_fields = ("reminder__title", "=notification__uid")
    ordering = ("-pk",)


@admin.register(UsedLink)
class UsedLinkAdmin(RecordAdmin):
    """Links of mails that were used."""

    list_display = ("reminder", "action", "at")
    list_display_links = ("action",)
    list_filter = ("action",)
    list_select_related = ("reminder",)
    search_fields = ("reminder__title",)
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
    fields = ("reminder", "action", "at")


@admin.register(Preference)
class PreferenceAdmin(RecordAdmin):
    """One's own settings."""

    list_display = ("user", "send_time", "working_days", "wants_digest", "away_from", "away_until", "delegate")
    list_filter = ("wants_digest",)
    list_select_related = ("user", "delegate")
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "pk")


@admin.register(KindPreference)
class KindPreferenceAdmin(RecordAdmin):
    """By which ways one is told of what."""

    list_display = ("user", "kind", "by_email", "by_chat")
    list_filter = ("kind", "by_email", "by_chat")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "kind", "pk")


@admin.register(CalendarFeed)
class CalendarFeedAdmin(RecordAdmin):
    """One's own calendar addresses; what they are made of is not shown."""

    list_display = ("user", "created_at", "last_fetched_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("-created_at", "-pk")
    fields = ("user", "created_at", "last_fetched_at", "revoked_at")


@admin.register(CalendarEntry)
class CalendarEntryAdmin(RecordAdmin):
    """What one's calendars were given."""

    list_display = ("key", "user", "on", "sequence", "changed_at", "cancelled_at")
    list_filter = (("cancelled_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("key", "user__name")
    ordering = ("-changed_at", "-pk")
    date_hierarchy = "on"


@admin.register(MessageTotal)
class MessageTotalAdmin(RecordAdmin):
    """How many messages ever came to what, by way."""

    list_display = ("channel", "outcome", "slot", "count")
    list_filter = ("channel", "outcome")
    ordering = ("channel", "outcome", "slot")


@admin.register(Scan)
class ScanAdmin(RecordAdmin):
    """What scans saw and made."""

    list_display = ("at", "took_ms", "seen", "created", "held", "skipped", "errors")
    search_fields = ("errors",)
    ordering = ("-at", "-pk")
    date_hierarchy = "at"


@admin.register(ScanState)
class ScanStateAdmin(RecordAdmin):
    """How far scans have come."""

    list_display = ("scanned_at", "scanned_through", "cursor")
    search_fields = ("cursor",)
    ordering = ("pk",)
