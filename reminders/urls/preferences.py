"""Addresses of a person's own settings of reminders."""

from django.urls import path

from reminders.views import preferences

urlpatterns = [
    path("settings/reminders/", preferences.show_preferences, name="preferences"),
    path("settings/reminders/hours/", preferences.change_hours, name="preferences_hours"),
    path("settings/reminders/channels/", preferences.choose_channels, name="preferences_channels"),
    path("settings/reminders/chat/", preferences.set_chat, name="preferences_chat"),
    path("settings/reminders/chat/remove/", preferences.remove_chat, name="preferences_chat_remove"),
    path("settings/reminders/absence/", preferences.set_absence, name="preferences_absence"),
    path("settings/mutes/<int:pk>/remove/", preferences.take_back_mute, name="preferences_unmute"),
]
