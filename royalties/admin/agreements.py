"""Agreements and what belongs to them in the admin: to read here, to change on the agreement's page."""

from django.contrib import admin

from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import RecordAdmin, VisibleAdmin
from royalties.domain.licensors import change_licensor, create_licensor
from royalties.models import (
    Agreement,
    AgreementPlant,
    Amendment,
    Cap,
    Fee,
    Licensor,
    Minimum,
    PriceIndex,
    PriceIndexValue,
    RoyaltyTerm,
    RoyaltyTermPlant,
    ServiceTerm,
    Tier,
)


@admin.register(Licensor)
class LicensorAdmin(VisibleAdmin):
    """Our own legal entities."""

    domain = DomainFunctions(create=create_licensor, change=change_licensor)
    list_display = ("name", "country", "reporting_currency", "invoice_prefix")
    list_filter = ("is_fictional",)
    search_fields = ("name", "invoice_prefix")
    ordering = ("name", "pk")


@admin.register(Agreement)
class AgreementAdmin(RecordAdmin):
    """Contracts of deals."""

    list_display = ("code", "title", "licensee", "status", "currency", "effective_on", "expires_on")
    list_filter = ("status", "type", "reporting_period")
    list_select_related = ("licensee",)
    search_fields = ("title", "licensee__name", "deal__title")
    ordering = ("-deal_id", "-number", "pk")
    date_hierarchy = "effective_on"


@admin.register(AgreementPlant)
class AgreementPlantAdmin(RecordAdmin):
    """Plants that agreements cover."""

    list_display = ("agreement", "plant")
    list_select_related = ("agreement", "plant")
    search_fields = ("agreement__title", "plant__name")
    ordering = ("agreement_id", "plant__name", "pk")


@admin.register(Amendment)
class AmendmentAdmin(RecordAdmin):
    """Signed changes of agreements."""

    list_display = ("title", "agreement", "number", "signed_on", "effective_on")
    list_select_related = ("agreement",)
    search_fields = ("title", "agreement__title")
    ordering = ("-effective_on", "-pk")
    date_hierarchy = "effective_on"


@admin.register(Minimum, Cap)
class YearAmountAdmin(RecordAdmin):
    """Minimums and caps from a contract year on."""

    list_display = ("agreement", "contract_year", "amount", "amendment")
    list_select_related = ("agreement", "amendment")
    search_fields = ("agreement__title",)
    ordering = ("agreement_id", "contract_year", "pk")


@admin.register(RoyaltyTerm)
class RoyaltyTermAdmin(RecordAdmin):
    """Royalties in tiers."""

    list_display = ("label", "agreement", "basis", "mode", "window", "effective_from", "effective_to")
    list_filter = ("basis", "mode", "window")
    list_select_related = ("agreement",)
    search_fields = ("label", "clause", "agreement__title")
    ordering = ("agreement_id", "effective_from", "pk")
    date_hierarchy = "effective_from"


@admin.register(RoyaltyTermPlant)
class RoyaltyTermPlantAdmin(RecordAdmin):
    """Plants in the scope of terms."""

    list_display = ("term", "plant")
    list_select_related = ("term", "plant")
    search_fields = ("term__label", "plant__name")
    ordering = ("term_id", "plant__name", "pk")


@admin.register(Tier)
class TierAdmin(RecordAdmin):
    """Steps of terms."""

    list_display = ("term", "position", "up_to", "rate")
    list_select_related = ("term",)
    search_fields = ("term__label",)
    ordering = ("term_id", "position", "pk")


@admin.register(Fee)
class FeeAdmin(RecordAdmin):
    """Amounts that fall due once."""

    list_display = ("label", "agreement", "kind", "trigger", "due_on", "amount")
    list_filter = ("kind", "trigger")
    list_select_related = ("agreement",)
    search_fields = ("label", "clause", "agreement__title")
    ordering = ("agreement_id", "due_on", "pk")
    date_hierarchy = "due_on"


@admin.register(ServiceTerm)
class ServiceTermAdmin(RecordAdmin):
    """Services by rate."""

    list_display = ("label", "agreement", "unit", "rate", "included_units")
    list_filter = ("unit",)
    list_select_related = ("agreement",)
    search_fields = ("label", "agreement__title")
    ordering = ("agreement_id", "label", "pk")


@admin.register(PriceIndex)
class PriceIndexAdmin(RecordAdmin):
    """Published indices."""

    list_display = ("name", "source")
    search_fields = ("name", "source")
    ordering = ("name", "pk")


@admin.register(PriceIndexValue)
class PriceIndexValueAdmin(RecordAdmin):
    """Values of indices by year."""

    list_display = ("index", "year", "value")
    list_select_related = ("index",)
    search_fields = ("index__name",)
    ordering = ("index__name", "-year", "pk")
