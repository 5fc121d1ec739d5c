"""The work on deals in the admin: tasks, notes, documents, approvals, people, plants, ticks, saved views."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from deals.domain.gates import tick_gate, untick_gate
from deals.models import (
    Approval,
    DealContact,
    DealPlant,
    DealTeamMember,
    Document,
    GateCheck,
    Note,
    SavedView,
    Task,
)
from lrs_tracker.visible_admin import VisibleAdmin


class DealPartAdmin(VisibleAdmin):
    """Rows that belong to a deal, and stay with it."""

    autocomplete_fields: tuple[str, ...] = ("deal",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a row with its deal."""
        return tuple(self.readonly_fields) if obj is None else ("deal", *self.readonly_fields)


@admin.register(DealTeamMember)
class DealTeamMemberAdmin(DealPartAdmin):
    """Who works on which deal."""

    list_display = ("deal", "user", "created_at")
    list_select_related = ("deal", "user")
    search_fields = ("deal__title", "deal__company__name", "user__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "user")


@admin.register(DealPlant)
class DealPlantAdmin(DealPartAdmin):
    """Which deal is about which plant."""

    list_display = ("deal", "plant", "created_at")
    list_select_related = ("deal", "plant")
    search_fields = ("deal__title", "deal__company__name", "plant__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "plant")


@admin.register(DealContact)
class DealContactAdmin(DealPartAdmin):
    """Contacts and their roles."""

    list_display = ("deal", "contact", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("deal", "contact")
    search_fields = ("deal__title", "deal__company__name", "contact__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "contact")


@admin.register(GateCheck)
class GateCheckAdmin(DealPartAdmin):
    """Ticked checklist items: ticked and taken back, never edited."""

    list_display = ("deal", "gate", "by", "at", "note")
    list_select_related = ("deal", "gate", "by")
    search_fields = ("deal__title", "deal__company__name", "gate__label")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
    autocomplete_fields = ("deal", "gate")
    fields = ("deal", "gate", "note", "by", "at")
    readonly_fields = ("by", "at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def save_model(self, request: HttpRequest, obj: GateCheck, form: Any, change: bool) -> None:
        """Tick the item."""
        check = tick_gate(deal=obj.deal, gate=obj.gate, note=obj.note, by=request.user, at=timezone.now())
        obj.pk = check.pk

    def delete_model(self, request: HttpRequest, obj: GateCheck) -> None:
        """Take the tick back."""
        untick_gate(deal=obj.deal, gate=obj.gate, by=request.user)


@admin.register(Task)
class TaskAdmin(DealPartAdmin):
    """Next steps."""

    list_display = ("title", "deal", "assignee", "due_on", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    list_select_related = ("deal", "assignee")
    search_fields = ("title", "deal__title", "deal__company__name")
    ordering = ("due_on", "pk")
    date_hierarchy = "due_on"
    autocomplete_fields = ("deal", "assignee")
    readonly_fields = ("done_at", "done_by")


@admin.register(Note)
class NoteAdmin(DealPartAdmin):
    """What was said or decided."""

    list_display = ("deal", "kind", "author", "happened_on", "created_at")
    list_display_links = ("kind",)
    list_filter = ("kind",)
    list_select_related = ("deal", "author")
    search_fields = ("body", "deal__title", "deal__company__name")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    fields = ("deal", "kind", "body", "happened_on", "author")
    readonly_fields = ("author",)

    def save_model(self, request: HttpRequest, obj: Note, form: Any, change: bool) -> None:
        """Name the author of a new note."""
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)


@admin.register(Document)
class DocumentAdmin(DealPartAdmin):
    """Documents. Files come in by the deal's page, which checks them, and go out by the checked download."""

    list_display = ("title", "deal", "kind", "number", "expires_on", "audience", "uploaded_by", "created_at")
    list_filter = ("kind", "audience")
    list_select_related = ("deal", "uploaded_by")
    search_fields = ("title", "deal__title", "deal__company__name", "=sha256")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    _facts = ("kind", "title", "number", "download", "size_bytes", "sha256", "uploaded_by", "created_at")
    fields = ("deal", *_facts, "expires_on", "audience")
    readonly_fields = _facts

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    @admin.display(description=_("file"))
    def download(self, document: Document) -> str:
        """Return the checked download."""
        url = reverse("deals:document_download", args=[document.deal.code, document.pk])
        return format_html('<a href="{}">{}</a>', url, document.file_name)


@admin.register(Approval)
class ApprovalAdmin(DealPartAdmin):
    """Regulators' decisions."""

    list_display = ("regime", "deal", "authority", "jurisdiction", "status", "filed_on", "decision_due_on")
    list_filter = ("status", "jurisdiction")
    list_select_related = ("deal",)
    search_fields = ("regime", "authority", "deal__title", "deal__company__name")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "filed_on"
    autocomplete_fields = ("deal", "document")


@admin.register(SavedView)
class SavedViewAdmin(VisibleAdmin):
    """One's own saved views, and those that others share."""

    list_display = ("name", "owner", "page", "pipeline_slug", "is_shared", "is_pinned")
    list_filter = ("page", "is_shared")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__name")
    ordering = ("name", "pk")
    readonly_fields = ("owner",)

    def has_change_permission(self, request: HttpRequest, obj: SavedView | None = None) -> bool:
        """Let people change their own views only."""
        return super().has_change_permission(request, obj) and (obj is None or obj.owner_id == request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: SavedView | None = None) -> bool:
        """Let people delete their own views only."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.owner_id == request.user.pk)

    def save_model(self, request: HttpRequest, obj: SavedView, form: Any, change: bool) -> None:
        """Give a new view to its maker."""
        if not change:
            obj.owner = request.user
        super().save_model(request, obj, form, change)
