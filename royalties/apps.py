"""Configuration of the royalties app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoyaltiesConfig(AppConfig):
    """Agreements, reports, statements and receivables."""

    name = "royalties"
    verbose_name = _("Royalties")

    def ready(self) -> None:
        """Register what royalties add to the change log, to other pages, to gates and to the demonstration desk."""
        from deals.domain.demo.parts import register_part
        from money.models import FxRate
        from royalties import deal_tab, gates, panels, paper_search, search, timeline_names
        from royalties.models import (
            Agreement,
            CreditNote,
            Fee,
            Invoice,
            Payment,
            ProductionReport,
            RoyaltyTerm,
            Statement,
        )
        from sync import registry

        registry.register("agreement", label=_("Agreement"), visible_to=Agreement.objects.visible_to)
        registry.register("statement", label=_("Statement"), visible_to=Statement.objects.visible_to)
        registry.register("invoice", label=_("Invoice"), visible_to=Invoice.objects.visible_to)

        registry.register_synced(
            "agreement", Agreement, parts=("agreement-plant", "amendment", "minimum", "cap", "external-ref")
        )
        registry.register_synced("royalty-term", RoyaltyTerm, parts=("tier", "royalty-term-plant"))
        registry.register_synced("fee", Fee)
        registry.register_synced("production-report", ProductionReport)
        registry.register_synced("statement", Statement)
        registry.register_synced("invoice", Invoice, parts=("allocation",))
        registry.register_synced("credit-note", CreditNote, parts=("allocation",))
        registry.register_synced(
            "payment",
            Payment,
            parts=("allocation",),
            # It belongs to no deal of its own, and to several.
            readers=registry.Readers("readers", sees_all="deals.see_confidential_deal"),
        )
        # Money, which knows no change log, is registered by the app that needs it most.
        registry.register_synced("fx-rate", FxRate)

        register_part("royalties.domain.demo.load.load_royalties")
        deal_tab.register_deal_tab()
        gates.register_gates()
        panels.register_panels()
        search.register_search()
        paper_search.register_paper_search()
        timeline_names.register_names()
