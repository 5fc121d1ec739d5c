"""Addresses: term sheets of a deal, and the calculator."""

from django.urls import path

from deals.urls import converters  # noqa: F401  # registers <deal:…>
from royalties.views import calculator, sandbox, term_sheets

_DEAL = "royalties/sandbox/<deal:pk>"
_SHEET = f"{_DEAL}/<int:sheet_pk>"

urlpatterns = [
    path("royalties/calculator/", calculator.show_calculator, name="calculator"),
    path(f"{_DEAL}/", sandbox.show_sandbox, name="sandbox"),
    path(f"{_DEAL}/new/", term_sheets.add, name="sheet_new"),
    path(f"{_SHEET}/edit/", term_sheets.edit, name="sheet_edit"),
    path(f"{_SHEET}/rename/", term_sheets.rename, name="sheet_rename"),
    path(f"{_SHEET}/duplicate/", term_sheets.duplicate, name="sheet_duplicate"),
    path(f"{_SHEET}/move/", term_sheets.move, name="sheet_move"),
    path(f"{_SHEET}/delete/", term_sheets.delete, name="sheet_delete"),
    path(f"{_SHEET}/draft/", term_sheets.save_draft, name="sheet_draft"),
    path(f"{_SHEET}/quantities/", term_sheets.try_quantities, name="sheet_quantities"),
]
