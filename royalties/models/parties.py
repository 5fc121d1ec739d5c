"""The licensor: who signs, invoices and is paid."""

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.constraints import currency_code, not_blank
from lrs_tracker.countries import validate_country
from lrs_tracker.currencies import validate_currency
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet


class Licensor(VersionedModel):
    """One of our own legal entities, as it stands on the letterhead.

    Invoices and credit notes are numbered without gaps per licensor. Gains and losses of exchange are
    kept in `reporting_currency`; business days are those of `country`.
    """

    name = models.CharField(_("name"), max_length=200)
    address = models.TextField(_("address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, validators=[validate_country])
    tax_number = models.CharField(_("tax number"), max_length=60, blank=True)
    bank_details = models.TextField(_("bank details"), max_length=500, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    reporting_currency = models.CharField(_("reporting currency"), max_length=3, validators=[validate_currency])
    invoice_prefix = models.CharField(
        _("prefix of invoice numbers"),
        max_length=12,
        default="INV",
        validators=[RegexValidator(r"^[A-Z0-9-]+$", _("Use capital letters, digits and hyphens."))],
    )
    is_fictional = models.BooleanField(_("fictional"), default=False, help_text=_("Made up for demonstration."))

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("licensor")
        verbose_name_plural = _("licensors")
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a licensor of this name already."),
            ),
            models.UniqueConstraint(
                fields=["invoice_prefix"],
                name="%(app_label)s_%(class)s_prefix_unique",
                violation_error_message=_("Another licensor uses this prefix."),
            ),
            not_blank("name"),
            not_blank("invoice_prefix"),
            currency_code("reporting_currency"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("licensor", hidden=("bank_details",)),
            TellTrigger(
                "tell_papers",
                {
                    "agreement": "SELECT id FROM royalties_agreement WHERE licensor_id = NEW.id",
                    "invoice": "SELECT id FROM royalties_invoice WHERE licensor_id = NEW.id",
                    "credit-note": "SELECT id FROM royalties_creditnote WHERE licensor_id = NEW.id",
                    "payment": "SELECT id FROM royalties_payment WHERE licensor_id = NEW.id",
                },
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("name", "invoice_prefix"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
