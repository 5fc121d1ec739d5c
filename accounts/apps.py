"""Configuration of the accounts app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, roles and API tokens."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Keep the role groups in step with their permissions after every migration."""
        from accounts.domain.roles import sync_roles

        post_migrate.connect(sync_roles, dispatch_uid="accounts.sync_roles")
