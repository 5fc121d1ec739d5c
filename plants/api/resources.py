"""Plants and their milestones as resources."""

from companies.enums import Region
from lrs_tracker.api.actions import action
from lrs_tracker.api.reading import choice, date, flag, ids, instant, integer, key, link, number, objects, text
from lrs_tracker.api.refs import Refs, refs_of
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Text, Writer
from lrs_tracker.domain_functions import DomainFunctions
from plants.domain.milestones import add_dated_milestone, set_dates
from plants.domain.plants import archive_plant, change_plant, create_plant, restore_plant
from plants.enums import CellFormat, Chemistry, MilestoneKind, PlantStatus
from plants.filters import PlantFilter, PlantMilestoneFilter
from plants.models import Plant, PlantFact, PlantMilestone, PlantPhase


class PlantWriter(Writer):
    """What may be written of a plant."""

    refs = Refs(required=False)

    class Meta:
        model = Plant
        fields = [
            "name",
            "company",
            "status",
            "locality",
            "country",
            "region",
            "latitude",
            "longitude",
            "chemistry",
            "cell_format",
            "nameplate_gwh",
            "about",
            "is_fictional",
            "refs",
        ]


@register
class Plants(Resource):
    """Sites where licensed cells are, or are to be, made."""

    name = "plants"
    singular = "plant"
    title = "Plants"
    description = "A site where licensed cells are, or are to be, made. Nameplate in GWh a year, with its phases."
    model = Plant
    members = versioned(
        {
            "name": text("name"),
            "company": link("company_id"),
            "status": choice("status", PlantStatus),
            "locality": text("locality"),
            "country": text("country"),
            "region": choice("region", Region, blank=True),
            "latitude": number("latitude"),
            "longitude": number("longitude"),
            "chemistry": choice("chemistry", Chemistry, blank=True),
            "cell_format": choice("cell_format", CellFormat, blank=True),
            "nameplate_gwh": number("nameplate_gwh"),
            "phases": objects(
                PlantPhase.objects.all(),
                of="plant_id",
                members={
                    "number": integer("number"),
                    "label": text("label"),
                    "nameplate_gwh": number("nameplate_gwh"),
                },
                order="number",
            ),
            "facts": ids(PlantFact.objects.all(), of="plant_id", column="fact_id"),
            "about": text("about"),
            "is_fictional": flag("is_fictional"),
            "archived_at": instant("archived_at"),
            "refs": refs_of("plant"),
        }
    )
    filters = PlantFilter
    orders = {"name": "name", "created_at": "created_at"}
    includes = {"company": Include("company", "companies"), "facts": Include("facts", "facts")}
    creator = PlantWriter
    changer = PlantWriter
    domain = DomainFunctions(create=create_plant, change=change_plant)
    has_refs = True
    actions = {
        "archive": action("archive", archive_plant, "Archive a plant"),
        "restore": action("restore", restore_plant, "Restore an archived plant"),
    }


class _MilestoneFacts(Writer):
    """The dates of a milestone."""

    reason = Text(
        max_length=500, required=False, allow_blank=True, help_text="Why the forecast moves: kept with the move."
    )


class PlantMilestoneCreator(_MilestoneFacts):
    """A milestone that a plant lacks."""

    class Meta:
        model = PlantMilestone
        fields = ["plant", "kind", "baseline_on", "forecast_on", "actual_on", "note", "reason"]


class PlantMilestoneChanger(_MilestoneFacts):
    """Dates of a milestone, each by its own rule."""

    class Meta:
        model = PlantMilestone
        fields = ["baseline_on", "forecast_on", "actual_on", "note", "reason"]


@register
class PlantMilestones(Resource):
    """Dated steps of plants."""

    name = "plant-milestones"
    singular = "plant-milestone"
    title = "Milestones of plants"
    description = (
        "A dated step of a plant: a baseline that is set once and kept, a forecast that moves, the actual day."
    )
    model = PlantMilestone
    members = versioned(
        {
            "plant": key("plant_id"),
            "kind": choice("kind", MilestoneKind),
            "baseline_on": date("baseline_on"),
            "forecast_on": date("forecast_on"),
            "actual_on": date("actual_on"),
            "note": text("note"),
        }
    )
    filters = PlantMilestoneFilter
    orders = {"kind": "kind", "created_at": "created_at"}
    includes = {"plant": Include("plant", "plants")}
    creator = PlantMilestoneCreator
    changer = PlantMilestoneChanger
    domain = DomainFunctions(create=add_dated_milestone, change=set_dates)
