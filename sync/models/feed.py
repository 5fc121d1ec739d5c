"""What is kept of the change log for those that follow it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import StaffQuerySet


class FeedState(models.Model):
    """The one row that says up to which change the log was pruned."""

    pruned_transaction = models.BigIntegerField(_("pruned up to transaction"), default=0)
    pruned_row = models.BigIntegerField(_("and row"), default=0)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of the feed")
        verbose_name_plural = _("state of the feed")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="%(app_label)s_%(class)s_one")]

    def __str__(self) -> str:
        return f"{self.pruned_transaction}.{self.pruned_row}"
