"""Kinds of company, regions and how contacts are reached."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CompanyKind(models.TextChoices):
    """What a company is to the licensor."""

    OEM = "oem", _("Car maker (OEM)")
    JOINT_VENTURE = "joint_venture", _("Joint venture")
    PLANT_ENTITY = "plant_entity", _("Plant entity")
    CELL_MAKER = "cell_maker", _("Cell maker")
    AGENCY = "agency", _("Agency")
    BANK = "bank", _("Bank")
    OTHER = "other", _("Other")


class Region(models.TextChoices):
    """Where a plant is to stand, as the desk divides the world."""

    NORTH_AMERICA = "north_america", _("North America")
    SOUTH_AMERICA = "south_america", _("South America")
    EUROPE = "europe", _("Europe")
    MIDDLE_EAST_AFRICA = "middle_east_africa", _("Middle East & Africa")
    SOUTH_ASIA = "south_asia", _("South Asia")
    SOUTHEAST_ASIA = "southeast_asia", _("Southeast Asia")
    EAST_ASIA = "east_asia", _("East Asia")
    OCEANIA = "oceania", _("Oceania")
