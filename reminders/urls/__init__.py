"""Addresses of the reminders app; each module holds those of one part."""

from reminders.urls import calendars, chats, inbox, mails, operations, preferences, rules

app_name = "reminders"
urlpatterns = [
    *calendars.urlpatterns,
    *inbox.urlpatterns,
    *mails.urlpatterns,
    *preferences.urlpatterns,
    *rules.urlpatterns,
    *chats.urlpatterns,
    *operations.urlpatterns,
]
