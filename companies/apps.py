"""Configuration of the companies app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompaniesConfig(AppConfig):
    """Companies, contacts and sourced facts."""

    name = "companies"
    verbose_name = _("Companies")

    def ready(self) -> None:
        """Register the resources of the change log."""
        from companies.models import Company, Contact, SourcedFact
        from sync import registry

        registry.register("company", label=_("Company"), visible_to=Company.objects.visible_to)
        registry.register("fact", label=_("Fact"), visible_to=SourcedFact.objects.visible_to)

        registry.register_synced("company", Company, parts=("external-ref",))
        registry.register_synced("contact", Contact, parts=("external-ref",))
        registry.register_synced("fact", SourcedFact)
