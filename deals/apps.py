"""Configuration of the deals app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    """Pipelines, deals and the work on them."""

    name = "deals"
    verbose_name = _("Deals")

    def ready(self) -> None:
        """Register the resources of the change log, the facts that gates can ask for, and what is handed over."""
        from deals import panels
        from deals.domain import gate_facts, hand_over, timeline_words
        from deals.models import (
            Approval,
            Deal,
            Document,
            Gate,
            Note,
            Pipeline,
            Stage,
            StageTransition,
            Task,
            Waiver,
        )
        from sync import registry

        registry.register("deal", label=_("Deal"), visible_to=Deal.objects.visible_to)
        registry.register("pipeline", label=_("Pipeline"), visible_to=Pipeline.objects.visible_to)

        registry.register_synced(
            "deal",
            Deal,
            parts=("deal-team-member", "deal-plant", "deal-contact", "external-ref"),
            secrecy=registry.Secrecy(
                flag="is_confidential",
                owner="owner_id",
                member_part="deal-team-member",
                member="user_id",
                sees_all="deals.see_confidential_deal",
            ),
        )
        for name, model in {
            "pipeline": Pipeline,
            "stage": Stage,
            "gate": Gate,
            "transition": StageTransition,
            "waiver": Waiver,
            "approval": Approval,
            "task": Task,
            "note": Note,
        }.items():
            registry.register_synced(name, model)
        registry.register_synced(
            "document", Document, readers=registry.Readers("readers", sees_all="deals.see_confidential_deal")
        )
        gate_facts.register_own_sources()
        timeline_words.register_deal_words()
        hand_over.register_deal_work()
        panels.register_panels()
