"""What sources say of a plant."""

import datetime as dt

import pytest
from django.urls import reverse

from companies.models import SourcedFact
from plants.domain.facts import add_plant_fact
from plants.models import PlantFact
from tests.companies.factories import CompanyFactory, SourcedFactFactory
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db


def test_conflicting_facts_of_a_plant_are_both_kept(client, bd):
    plant = PlantFactory()
    for value in ("35", "20"):
        client.post(
            reverse("plants:fact_new", args=[plant.pk]),
            {"metric": "Nameplate capacity", "value": value, "source": "Press", "as_of": "2023-02-13"},
        )

    (group,) = client.get(plant.get_absolute_url()).context["groups"]

    assert sorted(fact.value for fact in group.facts) == ["20", "35"]
    assert group.is_conflict


def test_deleted_fact_stays_where_another_has_it(client, bd):
    plant, company = PlantFactory(), CompanyFactory()
    values = {"metric": "jobs", "value": "10", "source": "Press", "as_of": dt.date(2024, 1, 1)}
    own = add_plant_fact(plant=plant, values=values, by=bd)
    shared = SourcedFactFactory(company=company)
    PlantFact.objects.create(plant=plant, fact=shared)

    for fact in (own, shared):
        client.post(reverse("plants:fact_delete", args=[plant.pk, fact.pk]))

    assert list(SourcedFact.objects.all()) == [shared]
    assert not plant.facts.exists()
