"""Who reaches the pages of plants."""

import pytest
from django.urls import reverse

from plants.models import PlantFact
from tests.companies.factories import SourcedFactFactory
from tests.plants.builders import plant_with_everything
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, PlantPhaseFactory

pytestmark = pytest.mark.django_db


def writing_addresses():
    plant = PlantFactory()
    fact, phase = SourcedFactFactory(company=None), PlantPhaseFactory(plant=plant)
    PlantFact.objects.create(plant=plant, fact=fact)
    milestone = PlantMilestoneFactory(plant=plant)
    return [
        reverse("plants:new"),
        reverse("plants:edit", args=[plant.pk]),
        reverse("plants:edit_fact", args=[plant.pk, "status"]),
        reverse("plants:archive", args=[plant.pk]),
        reverse("plants:restore", args=[plant.pk]),
        reverse("plants:phase_new", args=[plant.pk]),
        reverse("plants:phase_edit", args=[plant.pk, phase.pk]),
        reverse("plants:phase_remove", args=[plant.pk, phase.pk]),
        reverse("plants:milestone_defaults", args=[plant.pk]),
        reverse("plants:milestone_new", args=[plant.pk]),
        reverse("plants:milestone_edit", args=[plant.pk, milestone.pk]),
        reverse("plants:ramp_new", args=[plant.pk]),
        reverse("plants:fact_new", args=[plant.pk]),
        reverse("plants:fact_edit", args=[plant.pk, fact.pk]),
        reverse("plants:fact_delete", args=[plant.pk, fact.pk]),
    ]


def test_stranger_is_sent_to_the_sign_in_page(client):
    for address in (reverse("plants:list"), PlantFactory().get_absolute_url()):
        assert client.get(address).url.startswith("/accounts/login/")


@pytest.mark.parametrize("view", ["table", "timeline", "map"])
def test_viewer_reads_every_view_without_controls(client, viewer, view):
    plant = plant_with_everything()

    pages = [client.get(reverse("plants:list"), {"view": view}), client.get(plant.get_absolute_url())]

    for page in pages:
        assert page.status_code == 200
        assert plant.name.encode() in page.content
        assert b"/edit/" not in page.content
        assert b"/new/" not in page.content
        assert b"style=" not in page.content


def test_viewer_may_not_write(client, viewer):
    assert [client.post(address).status_code for address in writing_addresses()] == [403] * 15


def test_actions_refuse_get(client, bd):
    actions = [address for address in writing_addresses() if address.split("/")[-2] in POST_ONLY]

    assert [client.get(address).status_code for address in actions] == [405] * 5


POST_ONLY = {"archive", "restore", "remove", "defaults", "delete"}


@pytest.mark.parametrize("pk", [0, 999, 10**30])
def test_missing_plant_is_404(client, bd, pk):
    assert client.get(f"/plants/{pk}/").status_code == 404
    assert client.post(f"/plants/{pk}/archive/").status_code == 404


def test_parts_of_another_plant_are_404(client, bd):
    plant, other = PlantFactory(), plant_with_everything()

    addresses = [
        reverse("plants:milestone_edit", args=[plant.pk, other.milestones.get().pk]),
        reverse("plants:phase_edit", args=[plant.pk, other.phases.get().pk]),
        reverse("plants:fact_edit", args=[plant.pk, other.facts.get().pk]),
        reverse("plants:edit_fact", args=[plant.pk, "secrets"]),
    ]

    assert [client.get(address).status_code for address in addresses] == [404] * 4
