"""Addresses of the crm app."""

from django.urls import path

from crm.views import connections, mapping, runs

app_name = "crm"
urlpatterns = [
    path("settings/crm/", connections.list_connections, name="connections"),
    path("settings/crm/new/<slug:kind>/", connections.add, name="connection_new"),
    path("settings/crm/<int:pk>/", connections.show, name="connection"),
    path("settings/crm/<int:pk>/edit/", connections.edit, name="connection_edit"),
    path("settings/crm/<int:pk>/switch/", connections.switch, name="connection_switch"),
    path("settings/crm/<int:pk>/remove/", connections.remove, name="connection_remove"),
    path("settings/crm/<int:pk>/mapping/", mapping.show_mapping, name="mapping"),
    path("settings/crm/<int:pk>/mapping/fields/<slug:resource>/", mapping.map_fields, name="map_fields"),
    path("settings/crm/<int:pk>/mapping/stages/", mapping.map_stages, name="map_stages"),
    path("settings/crm/<int:pk>/mapping/read/", mapping.read_again, name="read_again"),
    path("settings/crm/<int:pk>/run/", runs.start, name="run_start"),
    path("settings/crm/runs/<int:run_pk>/", runs.show_run, name="run"),
    path("settings/crm/suggestions/<int:suggestion_pk>/", runs.decide, name="decide"),
]
