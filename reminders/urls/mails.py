"""Addresses: links in mails, and the mails of development."""

from django.urls import path

from reminders.views import dev_mail, links

urlpatterns = [
    path("from-mail/<str:token>/", links.follow, name="mail_link"),
    path("dev/mail/", dev_mail.show_mails, name="dev_mails"),
    path("dev/mail/<slug:key>/", dev_mail.show_mail, name="dev_mail"),
    path("dev/mail/<slug:key>/body/", dev_mail.show_body, name="dev_mail_body"),
]
