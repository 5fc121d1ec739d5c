"""Milestones and companies in the admin."""

import datetime as dt

import pytest

from accounts.enums import Role
from companies.models import SourcedFact
from plants.models import MilestoneForecast, PlantFact, PlantMilestone, RampScenario
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, SourcedFactFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, RampScenarioFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


def test_new_forecast_is_remembered_with_its_reason(client, admin):
    milestone = PlantMilestoneFactory()

    client.post(
        f"/admin/plants/plantmilestone/{milestone.pk}/change/",
        {"forecast_on": "2028-04-15", "reason": "Grid slipped", "actual_on": "", "note": "See letter"},
    )

    milestone.refresh_from_db()
    moved = MilestoneForecast.objects.get()
    assert (milestone.forecast_on, milestone.note) == (dt.date(2028, 4, 15), "See letter")
    assert (moved.forecast_on, moved.reason, moved.by) == (dt.date(2028, 4, 15), "Grid slipped", admin)


def test_milestone_is_added_with_its_dates(client, admin):
    client.post(
        "/admin/plants/plantmilestone/add/",
        {"plant": PlantFactory().pk, "kind": "permits", "baseline_on": "2027-05-01", "forecast_on": "2027-06-01"},
    )

    milestone = PlantMilestone.objects.get()
    assert (milestone.baseline_on, milestone.forecast_on) == (dt.date(2027, 5, 1), dt.date(2027, 6, 1))
    assert MilestoneForecast.objects.count() == 1


def test_milestone_reached_in_the_future_is_refused_beside_the_form(client, admin):
    milestone = PlantMilestoneFactory()

    response = client.post(
        f"/admin/plants/plantmilestone/{milestone.pk}/change/", {"actual_on": "2090-01-01", "note": "Kept?"}
    )

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    milestone.refresh_from_db()
    assert (milestone.actual_on, milestone.note) == (None, "")


def test_rule_that_only_the_database_knows_is_an_error_of_the_form(client, admin):
    parent = CompanyFactory()
    child = CompanyFactory(parent=parent)

    response = client.post(
        f"/admin/companies/company/{parent.pk}/change/", {"name": parent.name, "kind": "oem", "parent": child.pk}
    )

    assert response.status_code == 200
    assert "A company cannot be its own parent" in str(response.context["adminform"].form.errors)


def test_baseline_of_another_is_kept_and_a_second_milestone_of_a_kind_refused(client, admin):
    milestone = PlantMilestoneFactory(kind="permits", baseline_on=dt.date(2027, 5, 1))

    client.post(f"/admin/plants/plantmilestone/{milestone.pk}/change/", {"baseline_on": "2029-01-01", "note": "Later"})
    second = client.post("/admin/plants/plantmilestone/add/", {"plant": milestone.plant_id, "kind": "permits"})

    milestone.refresh_from_db()
    assert (milestone.baseline_on, milestone.note) == (dt.date(2027, 5, 1), "Later")
    assert second.status_code == 200
    assert second.context["adminform"].form.errors


def test_ramp_is_added_as_the_next_version_and_never_edited(client, admin):
    first = RampScenarioFactory(number=1)
    given = {"sop_on": "2028-01-01", "months_to_nameplate": "24", "utilisation_percent": "85", "yield_percent": "95"}

    client.post("/admin/plants/rampscenario/add/", given | {"plant": first.plant_id})

    assert list(RampScenario.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert client.post(f"/admin/plants/rampscenario/{first.pk}/change/", given).status_code == 403


def test_fact_leaves_with_its_last_plant(client, admin):
    links = [
        PlantFact.objects.create(plant=PlantFactory(), fact=SourcedFactFactory(company=company))
        for company in (None, CompanyFactory())
    ]

    for link in links:
        client.post(f"/admin/plants/plantfact/{link.pk}/delete/", {"post": "yes"})

    assert PlantFact.objects.count() == 0
    assert list(SourcedFact.objects.all()) == [links[1].fact]
