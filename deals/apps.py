"""Configuration of the deals app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    """Pipelines, deals and the work on them."""

    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        """Register the resources of the change log and the facts that gates can ask for."""
        from deals import panels
        from deals.domain import gate_facts, timeline_words
        from deals.models import Deal, Pipeline
        from sync import registry

        registry.register("deal", label=_("Deal"), visible_to=Deal.objects.visible_to)
        registry.register("pipeline", label=_("Pipeline"), visible_to=Pipeline.objects.visible_to)
        gate_facts.register_own_sources()
        timeline_words.register_deal_words()
        panels.register_panels()
