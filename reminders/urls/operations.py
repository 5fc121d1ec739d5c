"""Addresses of the operations pages and of monitoring."""

from django.urls import path

from reminders.views import metrics, operations

urlpatterns = [
    path("metrics", metrics.show_metrics, name="metrics"),
    path("settings/operations/", operations.show_state, name="operations"),
    path("settings/operations/ledger/", operations.show_ledger, name="ledger"),
    path("settings/operations/resend/", operations.resend_all, name="resend_all"),
    path("settings/operations/messages/<int:pk>/resend/", operations.resend, name="resend"),
]
