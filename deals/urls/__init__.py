"""Addresses of the deals app."""

from deals.urls import board, imports, my_day, settings, table, workspace

app_name = "deals"
# The workspace comes last: its /deals/<code>/ would swallow /deals/new/ and the like.
urlpatterns = [
    *my_day.urlpatterns,
    *board.urlpatterns,
    *table.urlpatterns,
    *imports.urlpatterns,
    *settings.urlpatterns,
    *workspace.urlpatterns,
]
