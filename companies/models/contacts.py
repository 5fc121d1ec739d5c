"""Contacts."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from companies.models.companies import Company
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet


class Contact(VersionedModel):
    """A person at a company. Their role in a deal is kept on the deal."""

    company = models.ForeignKey(Company, verbose_name=_("company"), on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    about = models.TextField(_("about"), max_length=2000, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                "company",
                Lower("email"),
                condition=~models.Q(email=""),
                name="%(app_label)s_%(class)s_email_unique",
                violation_error_message=_("This company has a contact with this e-mail address already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
        ]
        triggers = [bump_version(), ChangeTrigger("contact", parent=("company", "company_id"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the contact's place on the company's page."""
        return f"{self.company.get_absolute_url()}#contact-{self.pk}"
