"""The admin site: our own models only, under our name."""

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _


class AdminSite(admin.AdminSite):
    """Every record, for administrators."""

    site_header = _("LRS Tracker: every record")
    site_title = _("LRS Tracker")
    index_title = _("Every record")
    # The frame has its own way back.
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Each row is deleted by its own rules.
        self.disable_action("delete_selected")


class AdminConfig(SimpleAdminConfig):
    """Register the models of our apps.

    Those of packages stay out: groups follow docs/roles.md, and second factors hold secrets.
    """

    default = False
    default_site = "lrs_tracker.admin_site.AdminSite"

    def ready(self) -> None:
        """Load the `admin` module of each app."""
        super().ready()
        for app in settings.LOCAL_APPS:
            if module_has_submodule(import_module(app), "admin"):
                import_module(f"{app}.admin")
