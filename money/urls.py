"""Addresses of the money app."""

from django.urls import path

from money import views

app_name = "money"
urlpatterns = [
    path("settings/fx-rates/", views.list_rates, name="rates"),
    path("settings/fx-rates/new/", views.add, name="rate_new"),
    path("settings/fx-rates/import/", views.import_ecb_file, name="rates_import"),
    path("settings/fx-rates/<int:pk>/edit/", views.edit, name="rate_edit"),
]
