"""Configuration of the sync app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    """The change log and what stays in step with it."""

    name = "sync"
    verbose_name = _("Sync")

    def ready(self) -> None:
        """Register users, whose app knows no change log."""
        from accounts.models import User
        from sync import registry

        registry.register_synced("user", User)
