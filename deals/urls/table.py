"""Addresses of the table of deals."""

from django.urls import path

from deals.views import bulk_edit, table

urlpatterns = [
    path("deals/", table.show_table, name="table"),
    path("deals/edit/", bulk_edit.edit_deals, name="bulk_edit"),
    path("deals/edit/undo/", bulk_edit.undo_edit, name="bulk_undo"),
]
