"""Configuration of the reminders app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    """Rules, reminders and the messages that carry them."""

    name = "reminders"
    verbose_name = _("Reminders")

    def ready(self) -> None:
        """Register what reminders add to pages of deals and people, to handing over someone's work and to the demo."""
        from deals.domain.demo.parts import register_part
        from reminders import day_panel, deal_link
        from reminders.domain import follow_ups

        day_panel.register_day_panel()
        deal_link.register_deal_link()
        follow_ups.register_follow_ups()
        register_part("reminders.domain.demo.load_reminders")
