"""Statements and accrued lines in the admin: to be read there, and made on their pages."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from royalties.models import EarnedLine, Statement, StatementLine


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    """What agreements owe by period."""

    list_display = ("agreement", "number", "period_end", "status", "currency", "payable", "due_on")
    list_display_links = ("agreement", "number")
    list_filter = ("status", "currency")
    list_select_related = ("agreement",)
    search_fields = ("agreement__title", "agreement__licensee__name")
    ordering = ("-period_end", "-pk")
    date_hierarchy = "period_end"


@admin.register(StatementLine)
class StatementLineAdmin(RecordAdmin):
    """Lines of statements, with their traces."""

    list_display = ("statement", "position", "kind", "label", "period_end", "quantity", "amount")
    list_display_links = ("statement", "position")
    list_filter = ("kind", "is_adjustment")
    list_select_related = ("statement",)
    search_fields = ("label", "statement__agreement__title")
    ordering = ("-statement", "position")


@admin.register(EarnedLine)
class EarnedLineAdmin(RecordAdmin):
    """What agreements have earned to date."""

    list_display = ("agreement", "kind", "period_end", "quantity", "amount", "currency", "calculated_at")
    list_display_links = ("agreement", "kind")
    list_filter = ("kind", "currency")
    list_select_related = ("agreement",)
    search_fields = ("agreement__title",)
    ordering = ("-period_end", "-pk")
