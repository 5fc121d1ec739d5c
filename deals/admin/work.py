"""The work on deals in the admin: tasks, notes, documents, approvals, people, plants, ticks, saved views."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.approvals import add_approval, change_approval
from deals.domain.contacts import add_deal_contact, remove_deal_contact
from deals.domain.documents import add_document, change_document, delete_document
from deals.domain.gates import tick_gate, untick_gate
from deals.domain.notes import add_note, delete_note, edit_note
from deals.domain.plants import link_plant, unlink_plant
from deals.domain.saved_views import delete_view, save_view
from deals.domain.tasks import add_task, change_task, delete_task
from deals.domain.team import add_member, remove_member
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
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import VisibleAdmin


class DealPartAdmin(VisibleAdmin):
    """Rows that belong to a deal, and stay with it."""

    autocomplete_fields: ClassVar[tuple[str, ...]] = ("deal",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a row with its deal."""
        return tuple(self.readonly_fields) if obj is None else ("deal", *self.readonly_fields)


class DealLinkAdmin(DealPartAdmin):
    """Rows that join something to a deal: added and taken away, never edited."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(DealTeamMember)
class DealTeamMemberAdmin(DealLinkAdmin):
    """Who works on which deal."""

    domain = DomainFunctions(create=add_member, delete=remove_member)
    list_display = ("deal", "user", "created_at")
    list_select_related = ("deal", "user")
    search_fields = ("deal__title", "deal__company__name", "user__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "user")


@admin.register(DealPlant)
class DealPlantAdmin(DealLinkAdmin):
    """Which deal is about which plant."""

    domain = DomainFunctions(create=link_plant, delete=unlink_plant)
    list_display = ("deal", "plant", "created_at")
    list_select_related = ("deal", "plant")
    search_fields = ("deal__title", "deal__company__name", "plant__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "plant")


@admin.register(DealContact)
class DealContactAdmin(DealLinkAdmin):
    """Contacts and their roles."""

    domain = DomainFunctions(create=add_deal_contact, delete=remove_deal_contact)
    list_display = ("deal", "contact", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("deal", "contact")
    search_fields = ("deal__title", "deal__company__name", "contact__name")
    ordering = ("-pk",)
    autocomplete_fields = ("deal", "contact")


@admin.register(GateCheck)
class GateCheckAdmin(DealLinkAdmin):
    """Ticked checklist items."""

    domain = DomainFunctions(create=tick_gate, delete=untick_gate)
    list_display = ("deal", "gate", "by", "at", "note")
    list_select_related = ("deal", "gate", "by")
    search_fields = ("deal__title", "deal__company__name", "gate__label")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
    autocomplete_fields = ("deal", "gate")
    fields = ("deal", "gate", "note", "by", "at")
    readonly_fields = ("by", "at")


@admin.register(Task)
class TaskAdmin(DealPartAdmin):
    """Next steps."""

    domain = DomainFunctions(create=add_task, change=change_task, delete=delete_task)
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

    domain = DomainFunctions(create=add_note, change=edit_note, delete=delete_note)
    list_display = ("deal", "kind", "author", "happened_on", "created_at")
    list_display_links = ("kind",)
    list_filter = ("kind",)
    list_select_related = ("deal", "author")
    search_fields = ("body", "deal__title", "deal__company__name")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    fields = ("deal", "kind", "body", "happened_on", "author")
    readonly_fields = ("author",)


def _add_document(*, file: UploadedFile, by: User, **others: Any) -> Document:
    return add_document(upload=file, by=by, **others)


@admin.register(Document)
class DocumentAdmin(DealPartAdmin):
    """Documents, checked when they come in and each time they go out."""

    domain = DomainFunctions(create=_add_document, change=change_document, delete=delete_document)
    list_display = ("title", "deal", "kind", "number", "expires_on", "audience", "uploaded_by", "created_at")
    list_filter = ("kind", "audience")
    list_select_related = ("deal", "uploaded_by")
    search_fields = ("title", "deal__title", "deal__company__name", "=sha256")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "created_at"
    _kept = ("kind", "title", "number", "download", "size_bytes", "sha256", "uploaded_by", "created_at")
    fields = ("deal", *_kept, "expires_on", "audience")
    readonly_fields = _kept

    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> tuple[str, ...]:
        """Ask for the file once."""
        return ("deal", "kind", "title", "file", "expires_on", "audience") if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> tuple[str, ...]:
        """Keep what a version is."""
        return () if obj is None else super().get_readonly_fields(request, obj)

    @admin.display(description=_("file"))
    def download(self, document: Document) -> str:
        """Return the checked download."""
        url = reverse("deals:document_download", args=[document.deal.code, document.pk])
        return format_html('<a href="{}">{}</a>', url, document.file_name)


@admin.register(Approval)
class ApprovalAdmin(DealPartAdmin):
    """Regulators' decisions."""

    domain = DomainFunctions(create=add_approval, change=change_approval)
    list_display = (
        "regime",
        "deal",
        "authority",
        "jurisdiction",
        "status",
        "file_by_on",
        "filed_on",
        "decision_due_on",
    )
    list_filter = ("status", "jurisdiction")
    list_select_related = ("deal",)
    search_fields = ("regime", "authority", "deal__title", "deal__company__name")
    ordering = ("-created_at", "-pk")
    date_hierarchy = "filed_on"
    autocomplete_fields = ("deal", "document")


@admin.register(SavedView)
class SavedViewAdmin(VisibleAdmin):
    """One's own saved views, and those that others share."""

    domain = DomainFunctions(create=save_view, change=save_view, delete=delete_view)
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

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Give a new view to its maker."""
        view: Any = super().save_form(request, form, change)
        if not change:
            view.owner_id = request.user.pk
        return view
