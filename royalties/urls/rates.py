"""Addresses: exchange rates and index values that royalties need."""

from django.urls import path

from royalties.views import rate_entry, rates

urlpatterns = [
    path("royalties/rates/", rates.list_rates, name="rates"),
    path("royalties/rates/count/", rates.count_missing, name="rates_count"),
    path("royalties/rates/enter/", rate_entry.enter, name="rate_enter"),
    path("royalties/rates/fill-in/", rates.fill_in, name="rates_fill_in"),
    path("royalties/rates/index-value/", rate_entry.enter_index_value, name="index_value_enter"),
]
