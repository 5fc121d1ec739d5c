"""Addresses: the royalty forecast."""

from django.urls import path

from royalties.views import forecast

urlpatterns = [
    path("insights/forecast/", forecast.show_forecast, name="forecast"),
    path("insights/forecast/<deal:pk>/", forecast.show_deal, name="forecast_deal"),
]
