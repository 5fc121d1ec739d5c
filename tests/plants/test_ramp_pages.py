"""The ramps of a plant."""

from decimal import Decimal

import pytest
from django.urls import reverse

from plants.models import RampScenario
from tests.plants.factories import PlantFactory, RampScenarioFactory

pytestmark = pytest.mark.django_db


def test_ramp_is_added_as_a_version_and_old_ones_stay_to_be_seen(client, bd):
    plant = PlantFactory(nameplate_gwh=Decimal(35))
    RampScenarioFactory(plant=plant, months_to_nameplate=18)
    data = {"sop_on": "2029-01-01", "months_to_nameplate": "24", "utilisation_percent": "90", "yield_percent": "95"}

    client.post(reverse("plants:ramp_new", args=[plant.pk]), data)

    assert client.get(plant.get_absolute_url()).context["ramp"].months_to_nameplate == 24
    old = client.get(plant.get_absolute_url(), {"ramp": "1"})
    assert old.context["ramp"].months_to_nameplate == 18
    assert old.context["years"][-1].output_gwh == Decimal("29.925")
    assert client.get(reverse("plants:ramp_new", args=[plant.pk])).context["form"].initial["months_to_nameplate"] == 24


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"months_to_nameplate": "0"}, "months_to_nameplate"),
        ({"months_to_nameplate": "9999999999"}, "months_to_nameplate"),
        ({"utilisation_percent": "101"}, "utilisation_percent"),
        ({"yield_percent": "-1"}, "yield_percent"),
        ({"sop_on": "2100-01-01"}, "sop_on"),
    ],
)
def test_ramp_form_names_the_field_that_is_wrong(client, bd, changes, field):
    data = {"sop_on": "2029-01-01", "months_to_nameplate": "24", "utilisation_percent": "90", "yield_percent": "95"}

    response = client.post(reverse("plants:ramp_new", args=[PlantFactory().pk]), {**data, **changes})

    assert list(response.context["form"].errors) == [field]
    assert not RampScenario.objects.exists()


def test_ramp_without_a_nameplate_says_what_is_missing(client, bd):
    ramp = RampScenarioFactory()

    assert b"nameplate, or its phases" in client.get(ramp.plant.get_absolute_url()).content
