"""Addresses of the deals app."""

from django.urls import path

from deals.urls import board, imports, my_day, settings, table, workspace
from deals.views import moves

app_name = "deals"
# The workspace comes last: its /deals/<code>/ would swallow /deals/new/ and the like.
urlpatterns = [
    *my_day.urlpatterns,
    *board.urlpatterns,
    *table.urlpatterns,
    *imports.urlpatterns,
    *settings.urlpatterns,
    *workspace.urlpatterns,
    path("deals/<deal:pk>/", moves.move, name="workspace"),
]
