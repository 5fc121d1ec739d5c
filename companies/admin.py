"""Companies, contacts and sourced facts in the admin."""

from django.contrib import admin

from companies.domain.companies import change_company, create_company
from companies.domain.contacts import add_contact, change_contact
from companies.domain.facts import add_fact, change_fact, delete_fact
from companies.models import Company, Contact, SourcedFact
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import VisibleAdmin


@admin.register(Company)
class CompanyAdmin(VisibleAdmin):
    """Companies and their hierarchy."""

    domain = DomainFunctions(create=create_company, change=change_company)
    list_display = ("name", "kind", "parent", "country", "is_placeholder", "archived_at")
    list_filter = ("kind", "is_placeholder", "is_fictional", "country")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    date_hierarchy = "created_at"
    autocomplete_fields = ("parent",)
    readonly_fields = ("archived_at", "created_at", "updated_at")


@admin.register(Contact)
class ContactAdmin(VisibleAdmin):
    """People at companies."""

    domain = DomainFunctions(create=add_contact, change=change_contact)
    list_display = ("name", "company", "job_title", "email", "archived_at")
    list_select_related = ("company",)
    search_fields = ("name", "email", "company__name")
    ordering = ("name", "pk")
    autocomplete_fields = ("company",)
    readonly_fields = ("archived_at", "created_at", "updated_at")


@admin.register(SourcedFact)
class SourcedFactAdmin(VisibleAdmin):
    """What public sources say."""

    domain = DomainFunctions(create=add_fact, change=change_fact, delete=delete_fact)
    list_display = ("metric", "value", "unit", "company", "topic", "source", "as_of")
    list_filter = ("metric",)
    list_select_related = ("company",)
    search_fields = ("metric", "value", "topic", "source", "company__name")
    ordering = ("-as_of", "-pk")
    date_hierarchy = "as_of"
    autocomplete_fields = ("company",)
