"""A plant as full as one can be."""

import datetime as dt
from decimal import Decimal

from plants.models import MilestoneForecast, PlantFact
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, SourcedFactFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, PlantPhaseFactory, RampScenarioFactory


def plant_with_everything(company=None):
    plant = PlantFactory(
        company=company or CompanyFactory(),
        latitude=Decimal(42),
        longitude=Decimal(-85),
        nameplate_gwh=Decimal(35),
        country="US",
    )
    milestone = PlantMilestoneFactory(plant=plant, forecast_on=dt.date(2028, 3, 1))
    MilestoneForecast.objects.create(milestone=milestone, forecast_on=dt.date(2028, 3, 1), by=UserFactory())
    PlantPhaseFactory(plant=plant)
    RampScenarioFactory(plant=plant)
    PlantFact.objects.create(plant=plant, fact=SourcedFactFactory(company=None))
    DealFactory(company=plant.company).plants.add(plant)
    return plant
