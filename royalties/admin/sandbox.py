"""Term sheets in the admin: to be read there, and compared on their page."""

from django.contrib import admin

from lrs_tracker.visible_admin import RecordAdmin
from royalties.models import TermSheet


@admin.register(TermSheet)
class TermSheetAdmin(RecordAdmin):
    """Versions of terms under negotiation."""

    list_display = ("name", "deal", "position", "agreement")
    list_select_related = ("deal", "agreement")
    search_fields = ("name", "deal__title", "deal__company__name")
    ordering = ("-deal", "position", "pk")
