"""Facts with their sources."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from companies.models.companies import Company
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet


class SourcedFact(VersionedModel):
    """What a public source says about a company or plant, or about a licence between others.

    Two facts that contradict each other are both kept. A fact about a plant is linked from the plant;
    one about neither a company nor a plant names its `topic`.
    """

    company = models.ForeignKey(
        Company, verbose_name=_("company"), null=True, blank=True, on_delete=models.PROTECT, related_name="facts"
    )
    topic = models.CharField(_("topic"), max_length=200, blank=True)
    metric = models.CharField(_("metric"), max_length=120)
    period = models.CharField(_("period"), max_length=40, blank=True)
    value = models.CharField(_("value"), max_length=200)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=200)
    source_url = models.URLField(_("link to the source"), max_length=500, blank=True)
    as_of = models.DateField(_("as of"), validators=[validate_plausible_date])
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("sourced fact")
        verbose_name_plural = _("sourced facts")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(metric="") & ~models.Q(value="") & ~models.Q(source=""),
                name="%(app_label)s_%(class)s_complete",
            ),
            models.CheckConstraint(condition=plausible_dates("as_of"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        triggers = [bump_version(), ChangeTrigger("fact", parent=("company", "company_id"))]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value} {self.unit}".strip()
