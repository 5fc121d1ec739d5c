"""Addresses of the chats that rules may use."""

from django.urls import path

from reminders.views import chats

urlpatterns = [
    path("settings/chats/", chats.list_chats, name="chats"),
    path("settings/chats/new/", chats.add, name="chat_new"),
    path("settings/chats/<int:pk>/", chats.edit, name="chat"),
    path("settings/chats/<int:pk>/test/", chats.try_out, name="chat_test"),
    path("settings/chats/<int:pk>/archive/", chats.archive, name="chat_archive"),
]
