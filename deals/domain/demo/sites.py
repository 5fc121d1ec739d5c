"""Creating the plant of a deal of the demonstration desk."""

import datetime as dt
from decimal import Decimal

from deals.domain.demo.desk import Site
from deals.enums import StageType
from deals.models import Deal, DealPlant
from plants.enums import CellFormat, MilestoneKind, PlantStatus
from plants.models import MilestoneForecast, Plant, PlantMilestone, RampScenario

# Days from a milestone to the start of production.
_MILESTONE_DAYS_TO_SOP = {
    MilestoneKind.SITE_SELECTED: 980,
    MilestoneKind.INCENTIVES_AGREED: 900,
    MilestoneKind.PERMITS: 800,
    MilestoneKind.INVESTMENT_DECISION: 760,
    MilestoneKind.GROUND_BREAKING: 700,
    MilestoneKind.STRUCTURE_COMPLETE: 380,
    MilestoneKind.EQUIPMENT_ACCEPTED: 300,
    MilestoneKind.EQUIPMENT_INSTALLED: 200,
    MilestoneKind.COMMISSIONING: 110,
    MilestoneKind.SAMPLE_SIGN_OFF: 60,
    MilestoneKind.START_OF_PRODUCTION: 0,
    MilestoneKind.RAMP_HALF: -270,
    MilestoneKind.NAMEPLATE: -540,
}


def create_site(site: Site, deal: Deal, at: dt.datetime) -> None:
    """Create the plant of a deal with its milestones, forecast moves and ramp."""
    today = at.date()
    under_way = deal.stage.type in {StageType.DELIVERY, StageType.EARNING}
    status = PlantStatus.OPERATING if site.sop_days < 0 else PlantStatus.PLANNED
    if under_way and status == PlantStatus.PLANNED and site.sop_days < 600:
        status = PlantStatus.CONSTRUCTION
    plant = Plant.objects.create(
        name=site.name,
        company=deal.company,
        status=status,
        locality=site.locality,
        country=site.country,
        region=deal.region,
        latitude=Decimal(site.latitude),
        longitude=Decimal(site.longitude),
        chemistry=deal.chemistry,
        cell_format=CellFormat.PRISMATIC,
        nameplate_gwh=Decimal(site.nameplate_gwh),
        is_fictional=True,
    )
    DealPlant.objects.create(deal=deal, plant=plant)
    RampScenario.objects.create(
        plant=plant,
        number=1,
        label="Base case",
        sop_on=today + dt.timedelta(days=site.sop_days + site.slip_days),
        months_to_nameplate=18,
    )
    for kind, days in _MILESTONE_DAYS_TO_SOP.items():
        baseline = today + dt.timedelta(days=site.sop_days - days)
        forecast = baseline + dt.timedelta(days=site.slip_days)
        reached = forecast <= today and (under_way or kind == MilestoneKind.SITE_SELECTED)
        if not reached and forecast <= today:
            forecast = today + dt.timedelta(days=60)
        milestone = PlantMilestone.objects.create(
            plant=plant, kind=kind, baseline_on=baseline, forecast_on=forecast, actual_on=forecast if reached else None
        )
        if forecast != baseline:
            MilestoneForecast.objects.create(
                milestone=milestone,
                previous_on=baseline,
                forecast_on=forecast,
                by=deal.owner,
                reason="Equipment delivery and permits",
                at=at - dt.timedelta(days=30),
            )
