"""The page of a plant."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from plants.enums import MilestoneKind
from plants.models import MilestoneForecast, Plant, PlantFact
from tests.companies.factories import SourcedFactFactory
from tests.deals.factories import DealFactory
from tests.plants.builders import plant_with_everything
from tests.plants.factories import (
    PlantFactory,
    PlantMilestoneFactory,
    PlantPhaseFactory,
    RampScenarioFactory,
)

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("rows", [1, 3])
def test_plant_page_takes_a_fixed_number_of_queries(client, bd, rows, fetch_raise, django_assert_num_queries):
    plant = plant_with_everything()
    for row in range(1, rows):
        PlantPhaseFactory(plant=plant, number=row + 1)
        RampScenarioFactory(plant=plant, number=row + 1)
        milestone = PlantMilestoneFactory(plant=plant, kind=MilestoneKind.values[row])
        MilestoneForecast.objects.create(milestone=milestone, forecast_on=dt.date(2028, 3, 1), by=bd)
        PlantFact.objects.create(plant=plant, fact=SourcedFactFactory(company=None))
        DealFactory(company=plant.company).plants.add(plant)
    client.get(plant.get_absolute_url())

    with django_assert_num_queries(11):
        response = client.get(plant.get_absolute_url())

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": LONG}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"nameplate_gwh": "-3"}, "nameplate_gwh"),
        ({"nameplate_gwh": "NaN"}, "nameplate_gwh"),
        ({"nameplate_gwh": "1e9"}, "nameplate_gwh"),
        ({"latitude": "91", "longitude": "1"}, "latitude"),
        ({"latitude": "1", "longitude": "-181"}, "longitude"),
        ({"latitude": "1"}, "__all__"),
        ({"country": "XX"}, "country"),
        ({"chemistry": "gold"}, "chemistry"),
        ({"company": "9" * 40}, "company"),
    ],
)
def test_create_plant_names_the_field_that_is_wrong(client, bd, data, field):
    response = client.post(reverse("plants:new"), {"name": "Right", "status": "planned", **data})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Plant.objects.exists()


@pytest.mark.parametrize("name", ["مصنع", "宁德工厂", "Plant 🔋", "<b>Plant</b>"])
def test_create_plant_takes_any_script_and_shows_it_escaped(client, bd, name):
    response = client.post(reverse("plants:new"), {"name": name, "status": "planned"}, follow=True)

    assert response.context["plant"].name == name
    assert b"<b>Plant" not in response.content


def test_key_fact_is_edited_in_its_place(client, bd):
    plant = PlantFactory()
    address = reverse("plants:edit_fact", args=[plant.pk, "position"])

    form = client.get(address, headers=HTMX)
    wrong = client.post(address, {"latitude": "91", "longitude": "1", "version": plant.version}, headers=HTMX)
    saved = client.post(address, {"latitude": "42.26", "longitude": "-85", "version": plant.version}, headers=HTMX)

    assert b"<html" not in form.content
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["latitude"])
    assert b"42.26, -85" in saved.content
    assert client.get(address + "?cancel", headers=HTMX).status_code == 200
    assert client.get(address).status_code == 200


def test_key_fact_without_scripts_leads_back_to_the_page(client, bd):
    plant = PlantFactory()

    response = client.post(
        reverse("plants:edit_fact", args=[plant.pk, "status"]), {"status": "operating", "version": plant.version}
    )

    assert response.url == plant.get_absolute_url()
    plant.refresh_from_db()
    assert plant.status == "operating"


def test_stale_key_fact_shows_both_versions(client, bd):
    plant = PlantFactory(nameplate_gwh=Decimal(35))
    Plant.objects.update(nameplate_gwh=Decimal(20))

    response = client.post(
        reverse("plants:edit_fact", args=[plant.pk, "nameplate"]),
        {"nameplate_gwh": "30", "version": plant.version},
        headers=HTMX,
    )

    assert response.status_code == 422
    assert [(one.stored, one.typed) for one in response.context["form"].differences] == [("20", "30")]


def test_archive_and_restore_plant(client, bd):
    plant = PlantFactory()

    client.post(reverse("plants:archive", args=[plant.pk]))
    assert list(client.get(reverse("plants:list")).context["page"]) == []
    client.post(reverse("plants:restore", args=[plant.pk]))
    assert list(client.get(reverse("plants:list")).context["page"]) == [plant]


def test_recent_changes_name_milestones_and_facts(client, bd):
    plant = PlantFactory()
    client.post(reverse("plants:milestone_new", args=[plant.pk]), {"kind": "permits"})
    client.post(
        reverse("plants:fact_new", args=[plant.pk]),
        {"metric": "Jobs", "value": "10", "source": "Press", "as_of": "2024-01-31"},
    )

    entries = client.get(plant.get_absolute_url()).context["entries"]

    words = " ".join(line.text for entry in entries for line in entry.lines)
    assert "Permits" in words
    assert "Jobs" in words


def test_plant_without_a_visible_name_is_refused_at_the_field(client, bd):
    form = client.post(reverse("plants:new"), {"name": "\u200b", "status": "planned"}).context["form"]

    assert form.errors["name"] == ["These characters are invisible. Write something that can be seen."]
    assert not Plant.objects.exists()
