"""Configuration of the money app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MoneyConfig(AppConfig):
    """Amounts, currencies and exchange rates."""

    name = "money"
    verbose_name = _("Money")
