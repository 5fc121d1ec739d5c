"""Term sheets that a deal compares before it signs."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deals.models import Deal
from deals.models.deals import DealPartQuerySet
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import not_blank
from lrs_tracker.versioned import VersionedModel
from royalties.models.agreements import Agreement


class TermSheet(VersionedModel):
    """A version of the terms under negotiation, in the shape of the what-if interface (agreement, terms, fees)."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="term_sheets")
    position = models.PositiveSmallIntegerField(_("version"), validators=[MinValueValidator(1), MaxValueValidator(4)])
    name = models.CharField(_("name"), max_length=80)
    terms = models.JSONField(_("terms"), default=dict)
    agreement = models.ForeignKey(
        Agreement,
        verbose_name=_("saved as"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="term_sheets",
        editable=False,
    )

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("term sheet")
        verbose_name_plural = _("term sheets")
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "position"],
                name="%(app_label)s_%(class)s_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(position__range=(1, 4)), name="%(app_label)s_%(class)s_at_most_four"
            ),
            not_blank("name"),
        ]
        triggers = [bump_version(), ChangeTrigger("term-sheet", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return self.name
