"""Addresses of the royalties app, by what they are about."""

from royalties.urls import agreements, forecast, parties, rates, receivables, reports, sandbox, statements

app_name = "royalties"
urlpatterns = [
    *agreements.urlpatterns,
    *parties.urlpatterns,
    *reports.urlpatterns,
    *statements.urlpatterns,
    *receivables.urlpatterns,
    *sandbox.urlpatterns,
    *forecast.urlpatterns,
    *rates.urlpatterns,
]
