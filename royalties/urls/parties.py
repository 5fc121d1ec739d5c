"""Addresses: licensors and price indices."""

from django.urls import path

from royalties.views import licensors, price_indices

urlpatterns = [
    path("settings/licensors/", licensors.list_licensors, name="licensors"),
    path("settings/licensors/new/", licensors.add, name="licensor_new"),
    path("settings/licensors/<int:pk>/edit/", licensors.edit, name="licensor_edit"),
    path("royalties/indices/", price_indices.list_indices, name="indices"),
    path("royalties/indices/new/", price_indices.add, name="index_new"),
    path("royalties/indices/<int:pk>/edit/", price_indices.edit, name="index_edit"),
]
