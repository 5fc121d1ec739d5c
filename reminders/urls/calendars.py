"""Addresses: calendars for other programs, and the page where people make them."""

from django.urls import path

from reminders.views import calendar_files, calendars

urlpatterns = [
    path("settings/calendar/", calendars.show_calendars, name="calendars"),
    path("settings/calendar/<int:pk>/revoke/", calendars.revoke, name="calendar_revoke"),
    path("calendar/<str:token>.ics", calendar_files.feed, name="calendar_feed"),
    path("deals/<deal:pk>/calendar.ics", calendar_files.of_deal, name="deal_calendar"),
]
