"""Companies and their hierarchy."""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.enums import CompanyKind
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.countries import validate_country
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet


class CompanyNameKey(models.Func):
    """A name in small letters without spaces and punctuation: “GTX-Pro AG” → “gtxproag”."""

    function = "regexp_replace"
    template = "lower(%(function)s(%(expressions)s, '[^[:alnum:]]+', '', 'g'))"
    output_field = models.CharField()


class Company(VersionedModel):
    """An OEM, joint venture, plant entity, cell maker, agency or bank."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=CompanyKind, default=CompanyKind.OEM)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent company"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    country = models.CharField(_("country"), max_length=2, blank=True, validators=[validate_country])
    website = models.URLField(_("website"), max_length=300, blank=True)
    about = models.TextField(_("about"), max_length=4000, blank=True)
    is_fictional = models.BooleanField(_("fictional"), default=False, help_text=_("Made up for demonstration."))
    is_placeholder = models.BooleanField(
        _("placeholder"), default=False, help_text=_("Stands in for a company that an import did not name.")
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            # Also serves the import's match by normalised name.
            models.UniqueConstraint(
                CompanyNameKey("name"),
                "country",
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a company of this name in this country already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
            models.CheckConstraint(
                condition=models.Q(kind__in=CompanyKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(country="") | models.Q(country__regex=r"^[A-Z]{2}$"),
                name="%(app_label)s_%(class)s_country_code",
            ),
        ]
        indexes = [
            # The directory, in order of names.
            models.Index(Lower("name"), "id", name="companies_company_by_name"),
            # Text search in names.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="companies_company_name_text"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("company"),
            pgtrigger.Trigger(
                name="no_cycle",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id"),
                condition=pgtrigger.Q(new__parent__isnull=False),
                func="""
                    IF EXISTS (
                        WITH RECURSIVE above(id) AS (
                            SELECT NEW.parent_id
                            UNION
                            SELECT c.parent_id FROM companies_company c JOIN above ON c.id = above.id
                        )
                        SELECT 1 FROM above WHERE id = NEW.id
                    ) THEN
                        RAISE EXCEPTION USING ERRCODE = 'check_violation',
                            CONSTRAINT = 'companies_company_no_cycle',
                            MESSAGE = 'A company cannot be its own parent, directly or through others.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the company's page."""
        return reverse("companies:detail", args=[self.pk])
