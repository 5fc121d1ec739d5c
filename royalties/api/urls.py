"""Addresses of royalties in the API, under `/api/v1/royalties/`."""

from django.urls import path

from royalties.api.views import CalculateView

urlpatterns = [
    path("calculate", CalculateView.as_view(), name="royalties_calculate"),
]
