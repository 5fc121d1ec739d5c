"""Exchange rates in the admin."""

from django.contrib import admin

from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visible_admin import VisibleAdmin
from money.domain.rates import add_rate, change_rate
from money.models import FxRate


@admin.register(FxRate)
class FxRateAdmin(VisibleAdmin):
    """Published rates."""

    domain = DomainFunctions(create=add_rate, change=change_rate)
    list_display = ("on", "base", "quote", "rate", "kind", "source")
    list_filter = ("kind", "base", "source")
    search_fields = ("base", "quote", "source")
    ordering = ("-on", "base", "quote", "pk")
    date_hierarchy = "on"
