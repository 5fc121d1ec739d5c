"""The milestones and phases of a plant."""

import pytest
from django.urls import reverse

from plants.models import PlantPhase
from tests.plants.factories import PlantFactory, PlantMilestoneFactory

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000


def test_phase_is_added_changed_and_removed(client, bd):
    plant = PlantFactory()
    client.post(reverse("plants:phase_new", args=[plant.pk]), {"number": "1", "nameplate_gwh": "10"})
    twin = client.post(reverse("plants:phase_new", args=[plant.pk]), {"number": "1", "nameplate_gwh": "10"})
    phase = PlantPhase.objects.get()

    client.post(
        reverse("plants:phase_edit", args=[plant.pk, phase.pk]),
        {"number": "1", "nameplate_gwh": "12", "version": phase.version},
    )
    phase.refresh_from_db()
    client.post(reverse("plants:phase_remove", args=[plant.pk, phase.pk]))

    assert twin.context["form"].errors["number"] == ["This plant has a phase of this number already."]
    assert phase.nameplate_gwh == 12
    assert not PlantPhase.objects.exists()


def test_default_milestones_are_added_and_one_more_has_nothing_to_choose(client, bd):
    plant = PlantFactory()

    client.post(reverse("plants:milestone_defaults", args=[plant.pk]))
    more = client.post(reverse("plants:milestone_new", args=[plant.pk]), {"kind": "permits"})

    assert plant.milestones.count() == 13
    assert more.status_code == 422


def test_single_milestone_is_added(client, bd):
    plant = PlantFactory()

    client.post(reverse("plants:milestone_new", args=[plant.pk]), {"kind": "permits"})

    assert plant.milestones.get().kind == "permits"


def milestone_form(milestone, **changes):
    return {
        "baseline_on": milestone.baseline_on or "",
        "forecast_on": milestone.forecast_on or "",
        "actual_on": milestone.actual_on or "",
        "version": milestone.version,
        **changes,
    }


def test_milestone_form_moves_the_forecast_and_shows_the_history(client, bd):
    milestone = PlantMilestoneFactory()
    address = reverse("plants:milestone_edit", args=[milestone.plant_id, milestone.pk])

    client.post(address, milestone_form(milestone, forecast_on="2028-03-01", reason="Grid late"))

    page = client.get(address)
    assert b"Grid late" in page.content
    assert b"46" in client.get(milestone.plant.get_absolute_url()).content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"baseline_on": "2028-02-01"}, "baseline_on"),
        ({"baseline_on": ""}, "baseline_on"),
        ({"forecast_on": "2100-01-01"}, "forecast_on"),
        ({"forecast_on": "1900-01-01"}, "forecast_on"),
        ({"forecast_on": "soon"}, "forecast_on"),
        ({"actual_on": "2099-01-01"}, "actual_on"),
        ({"reason": LONG}, "reason"),
        ({"note": "a\0b"}, "note"),
    ],
)
def test_milestone_form_names_the_field_that_is_wrong(client, bd, changes, field):
    milestone = PlantMilestoneFactory()

    response = client.post(
        reverse("plants:milestone_edit", args=[milestone.plant_id, milestone.pk]), milestone_form(milestone, **changes)
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    milestone.refresh_from_db()
    assert milestone.version == 1
