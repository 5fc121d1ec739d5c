"""Addresses of the inbox."""

from django.urls import path

from reminders.views import inbox

urlpatterns = [
    path("inbox/", inbox.show_inbox, name="inbox"),
    path("inbox/count/", inbox.count, name="inbox_count"),
    path("inbox/act/", inbox.act, name="inbox_act"),
    path("inbox/<int:pk>/open/", inbox.open_reminder, name="inbox_open"),
]
