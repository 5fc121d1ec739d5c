"""Configuration of the crm app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    """Companies, contacts and deals kept in step with other systems."""

    name = "crm"
    verbose_name = _("CRM")
