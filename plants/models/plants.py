"""Plants, their phases and facts."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.enums import Region
from companies.models import Company, SourcedFact
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.countries import validate_country
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet
from plants.enums import CellFormat, Chemistry, PlantStatus

MAX_NAMEPLATE_GWH = Decimal(1000)


class Plant(VersionedModel):
    """A site where licensed cells are, or are to be, made. Nameplate in GWh a year."""

    name = models.CharField(_("name"), max_length=200)
    company = models.ForeignKey(
        Company, verbose_name=_("operated by"), null=True, blank=True, on_delete=models.PROTECT, related_name="plants"
    )
    status = models.CharField(_("status"), max_length=16, choices=PlantStatus, default=PlantStatus.PLANNED)
    locality = models.CharField(_("place"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, validators=[validate_country])
    region = models.CharField(_("region"), max_length=24, choices=Region, blank=True)
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    chemistry = models.CharField(_("chemistry"), max_length=16, choices=Chemistry, blank=True)
    cell_format = models.CharField(_("cell format"), max_length=16, choices=CellFormat, blank=True)
    nameplate_gwh = models.DecimalField(
        _("nameplate, GWh a year"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_NAMEPLATE_GWH)],
    )
    about = models.TextField(_("about"), max_length=4000, blank=True)
    is_fictional = models.BooleanField(_("fictional"), default=False, help_text=_("Made up for demonstration."))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    facts = models.ManyToManyField(
        SourcedFact, verbose_name=_("facts"), through="PlantFact", related_name="plants", blank=True
    )

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant")
        verbose_name_plural = _("plants")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a plant of this name already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="%(app_label)s_%(class)s_name_not_blank"),
            models.CheckConstraint(
                condition=models.Q(status__in=PlantStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(nameplate_gwh__isnull=True) | models.Q(nameplate_gwh__range=(0, MAX_NAMEPLATE_GWH)),
                name="%(app_label)s_%(class)s_nameplate_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                # Without “not null”, half a position would make the check null, which passes.
                | models.Q(latitude__isnull=False, latitude__range=(-90, 90))
                & models.Q(longitude__isnull=False, longitude__range=(-180, 180)),
                name="%(app_label)s_%(class)s_coordinates_whole",
                violation_error_message=_("Give both latitude and longitude, or neither."),
            ),
            models.CheckConstraint(
                condition=models.Q(country="") | models.Q(country__regex=r"^[A-Z]{2}$"),
                name="%(app_label)s_%(class)s_country_code",
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("plant")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the plant's page."""
        return reverse("plants:detail", args=[self.pk])


class PlantPhase(VersionedModel):
    """One building phase of a plant, with its share of the nameplate in GWh a year."""

    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField(_("phase"), validators=[MinValueValidator(1)])
    label = models.CharField(_("label"), max_length=120, blank=True)
    nameplate_gwh = models.DecimalField(
        _("nameplate, GWh a year"),
        max_digits=9,
        decimal_places=3,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_NAMEPLATE_GWH)],
    )

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant phase")
        verbose_name_plural = _("plant phases")
        constraints = [
            models.UniqueConstraint(fields=["plant", "number"], name="%(app_label)s_%(class)s_unique"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="%(app_label)s_%(class)s_number_from_1"),
            models.CheckConstraint(
                condition=models.Q(nameplate_gwh__range=(0, MAX_NAMEPLATE_GWH)),
                name="%(app_label)s_%(class)s_nameplate_plausible",
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("plant-phase", parent=("plant", "plant_id"))]

    def __str__(self) -> str:
        return self.label or f"{self.number}"


class PlantFact(models.Model):
    """The link of a sourced fact to the plant that it is about."""

    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.CASCADE, related_name="plant_facts")
    fact = models.ForeignKey(SourcedFact, verbose_name=_("fact"), on_delete=models.CASCADE, related_name="plant_facts")

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact of a plant")
        verbose_name_plural = _("facts of plants")
        constraints = [models.UniqueConstraint(fields=["plant", "fact"], name="%(app_label)s_%(class)s_unique")]
        triggers = [ChangeTrigger("plant-fact", parent=("plant", "plant_id"))]

    def __str__(self) -> str:
        return f"{self.plant_id}:{self.fact_id}"
