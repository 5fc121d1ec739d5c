"""Plants and milestones for tests."""

import datetime as dt

import factory

from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone
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
