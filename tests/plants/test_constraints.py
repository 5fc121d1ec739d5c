import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from plants.models import MilestoneForecast, PlantFact
from tests.companies.factories import SourcedFactFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, PlantPhaseFactory, RampScenarioFactory

pytestmark = pytest.mark.django_db


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"name": ""}, "name_not_blank"),
        ({"status": "sold"}, "status_known"),
        ({"nameplate_gwh": Decimal(-1)}, "nameplate_plausible"),
        ({"nameplate_gwh": Decimal(1001)}, "nameplate_plausible"),
        ({"latitude": Decimal(91), "longitude": Decimal(0)}, "coordinates_whole"),
        ({"latitude": Decimal(0), "longitude": Decimal(-181)}, "coordinates_whole"),
        ({"latitude": Decimal(1)}, "coordinates_whole"),
        ({"country": "us"}, "country_code"),
    ],
)
def test_plant_constraint_holds_in_the_database(values, constraint):
    with refused(f"plants_plant_{constraint}"), transaction.atomic():
        PlantFactory(**values)


def test_plant_name_is_unique_in_any_letters():
    PlantFactory(name="Harlan Ridge")

    with refused("plants_plant_name_unique"), transaction.atomic():
        PlantFactory(name="HARLAN ridge")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"number": 0}, "number_from_1"),
        ({"nameplate_gwh": Decimal(-1)}, "nameplate_plausible"),
    ],
)
def test_phase_constraint_holds_in_the_database(values, constraint):
    with refused(f"plants_plantphase_{constraint}"), transaction.atomic():
        PlantPhaseFactory(**values)


def test_phase_number_is_unique_in_its_plant():
    phase = PlantPhaseFactory()

    with refused("plants_plantphase_unique"), transaction.atomic():
        PlantPhaseFactory(plant=phase.plant)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"kind": "party"}, "kind_known"),
        ({"baseline_on": dt.date(1900, 1, 1)}, "dates_plausible"),
        ({"forecast_on": dt.date(2100, 1, 1)}, "dates_plausible"),
    ],
)
def test_milestone_constraint_holds_in_the_database(values, constraint):
    with refused(f"plants_plantmilestone_{constraint}"), transaction.atomic():
        PlantMilestoneFactory(**values)


def test_milestone_is_unique_in_its_plant():
    milestone = PlantMilestoneFactory()

    with refused("plants_plantmilestone_unique"), transaction.atomic():
        PlantMilestoneFactory(plant=milestone.plant)


@pytest.mark.parametrize("baseline_on", [dt.date(2028, 1, 16), None])
def test_baseline_is_kept_by_the_database(baseline_on):
    milestone = PlantMilestoneFactory()
    milestone.baseline_on = baseline_on

    with refused("A baseline date is set once and kept"), transaction.atomic():
        milestone.save()


def test_forecast_move_dates_are_plausible():
    milestone = PlantMilestoneFactory()

    with refused("plants_milestoneforecast_dates_plausible"), transaction.atomic():
        MilestoneForecast.objects.create(milestone=milestone, forecast_on=dt.date(2100, 1, 1))


def test_fact_is_linked_to_a_plant_once():
    plant, fact = PlantFactory(), SourcedFactFactory()
    PlantFact.objects.create(plant=plant, fact=fact)

    with refused("plants_plantfact_unique"), transaction.atomic():
        PlantFact.objects.create(plant=plant, fact=fact)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"months_to_nameplate": 0}, "months_plausible"),
        ({"months_to_nameplate": 241}, "months_plausible"),
        ({"utilisation_percent": Decimal(101)}, "percents"),
        ({"yield_percent": Decimal(-1)}, "percents"),
        ({"sop_on": dt.date(2100, 1, 1)}, "date_plausible"),
    ],
)
def test_ramp_constraint_holds_in_the_database(values, constraint):
    with refused(f"plants_rampscenario_{constraint}"), transaction.atomic():
        RampScenarioFactory(**values)


def test_ramp_number_is_unique_in_its_plant():
    ramp = RampScenarioFactory()

    with refused("plants_rampscenario_unique"), transaction.atomic():
        RampScenarioFactory(plant=ramp.plant)
