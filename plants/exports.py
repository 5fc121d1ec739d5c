"""The columns of the list of plants as a file."""

from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from lrs_tracker.countries import country_name
from lrs_tracker.exports import Column
from plants.models import Plant

COLUMNS = [
    Column[Plant](_("Plant"), lambda plant: plant.name),
    Column[Plant](_("Operated by"), lambda plant: plant.company.name if plant.company else ""),
    Column[Plant](_("Status"), lambda plant: plant.get_status_display()),
    Column[Plant](_("Place"), lambda plant: plant.locality),
    Column[Plant](_("Country"), lambda plant: country_name(plant.country)),
    Column[Plant](_("Region"), lambda plant: plant.get_region_display()),
    Column[Plant](_("Latitude"), lambda plant: plant.latitude),
    Column[Plant](_("Longitude"), lambda plant: plant.longitude),
    Column[Plant](_("Chemistry"), lambda plant: plant.get_chemistry_display()),
    Column[Plant](_("Cell format"), lambda plant: plant.get_cell_format_display()),
    Column[Plant](_("Nameplate, GWh a year"), lambda plant: plant.nameplate_gwh),
    Column[Plant](_("SOP baseline"), attrgetter("sop_baseline_on")),
    Column[Plant](_("SOP expected"), attrgetter("sop_on")),
    Column[Plant](_("Fictional"), lambda plant: plant.is_fictional),
    Column[Plant](_("Changed"), lambda plant: plant.updated_at),
]
