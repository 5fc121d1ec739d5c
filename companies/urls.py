"""Addresses of the companies app."""

from django.urls import path

from companies.views import companies, contacts, directory, facts

app_name = "companies"
urlpatterns = [
    path("companies/", directory.list_companies, name="list"),
    path("companies/similar/", directory.suggest_similar, name="similar"),
    path("companies/new/", companies.add_company, name="new"),
    path("companies/<int:pk>/", companies.show_company, name="detail"),
    path("companies/<int:pk>/edit/", companies.edit_company, name="edit"),
    path("companies/<int:pk>/archive/", companies.archive, name="archive"),
    path("companies/<int:pk>/restore/", companies.restore, name="restore"),
    path("companies/<int:pk>/contacts/new/", contacts.add, name="contact_new"),
    path("companies/<int:pk>/contacts/<int:contact_pk>/edit/", contacts.edit, name="contact_edit"),
    path("companies/<int:pk>/contacts/<int:contact_pk>/archive/", contacts.archive, name="contact_archive"),
    path("companies/<int:pk>/contacts/<int:contact_pk>/restore/", contacts.restore, name="contact_restore"),
    path("companies/<int:pk>/facts/new/", facts.add, name="fact_new"),
    path("companies/<int:pk>/facts/<int:fact_pk>/edit/", facts.edit, name="fact_edit"),
    path("companies/<int:pk>/facts/<int:fact_pk>/delete/", facts.delete, name="fact_delete"),
]
