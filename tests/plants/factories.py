"""Plants and milestones for tests."""

import datetime as dt
from decimal import Decimal

import factory

from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone, PlantPhase, RampScenario
from tests.companies.factories import CompanyFactory


class PlantFactory(factory.django.DjangoModelFactory):
    """A planned plant."""

    class Meta:
        model = Plant

    name = factory.Sequence(lambda n: f"Plant {n}")
    company = factory.SubFactory(CompanyFactory)


class PlantMilestoneFactory(factory.django.DjangoModelFactory):
    """The start of production, with a baseline."""

    class Meta:
        model = PlantMilestone

    plant = factory.SubFactory(PlantFactory)
    kind = MilestoneKind.START_OF_PRODUCTION
    baseline_on = dt.date(2028, 1, 15)


class PlantPhaseFactory(factory.django.DjangoModelFactory):
    """The first phase of a plant."""

    class Meta:
        model = PlantPhase

    plant = factory.SubFactory(PlantFactory)
    number = 1
    nameplate_gwh = Decimal(10)


class RampScenarioFactory(factory.django.DjangoModelFactory):
    """Two years from SOP to nameplate."""

    class Meta:
        model = RampScenario

    plant = factory.SubFactory(PlantFactory)
    number = 1
    sop_on = dt.date(2028, 7, 1)
    months_to_nameplate = 24
