"""Kinds of exchange rate."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RateKind(models.TextChoices):
    """What a rate stands for on its date."""

    REFERENCE = "reference", _("Reference rate of the day")
    PERIOD_END = "period_end", _("Period end")
    PERIOD_AVERAGE = "period_average", _("Period average")
