"""Chemistries, cell formats, plant states and milestone kinds."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Chemistry(models.TextChoices):
    """Cell chemistry."""

    LFP = "lfp", _("LFP")
    LMFP = "lmfp", _("LMFP")
    NMC = "nmc", _("NMC")
    NCA = "nca", _("NCA")
    SODIUM_ION = "sodium_ion", _("Sodium-ion")
    SOLID_STATE = "solid_state", _("Solid-state")
    OTHER = "other", _("Other")


class CellFormat(models.TextChoices):
    """Shape of the cell."""

    PRISMATIC = "prismatic", _("Prismatic")
    POUCH = "pouch", _("Pouch")
    CYLINDRICAL = "cylindrical", _("Cylindrical")


class PlantStatus(models.TextChoices):
    """How far a plant is."""

    PLANNED = "planned", _("Planned")
    CONSTRUCTION = "construction", _("Under construction")
    PAUSED = "paused", _("Paused")
    OPERATING = "operating", _("Operating")
    CLOSED = "closed", _("Closed")


class MilestoneKind(models.TextChoices):
    """The default milestones of a plant, in the order in which they usually come."""

    SITE_SELECTED = "site_selected", _("Site selected")
    INCENTIVES_AGREED = "incentives_agreed", _("Incentives agreed")
    PERMITS = "permits", _("Permits")
    INVESTMENT_DECISION = "investment_decision", _("Final investment decision")
    GROUND_BREAKING = "ground_breaking", _("Ground-breaking")
    STRUCTURE_COMPLETE = "structure_complete", _("Structure complete")
    EQUIPMENT_ACCEPTED = "equipment_accepted", _("Equipment factory-accepted")
    EQUIPMENT_INSTALLED = "equipment_installed", _("Equipment installed")
    COMMISSIONING = "commissioning", _("Commissioning")
    SAMPLE_SIGN_OFF = "sample_sign_off", _("Cell sample sign-off")
    START_OF_PRODUCTION = "start_of_production", _("Start of production (SOP)")
    RAMP_HALF = "ramp_half", _("Ramp 50 %")
    NAMEPLATE = "nameplate", _("Nameplate")
