"""Plants and their milestones over the API."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role, TokenScope
from plants.models import MilestoneForecast, Plant, PlantMilestone
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, PlantPhaseFactory

pytestmark = pytest.mark.django_db


def ids(response):
    assert response.status_code == 200, response.content
    return [int(one["id"]) for one in response.json()["results"]]


def test_plant_is_created_read_and_changed(bd):
    company = CompanyFactory()
    body = {
        "name": "Erfurt 1",
        "company": str(company.pk),
        "country": "DE",
        "latitude": "50.97800",
        "longitude": "11.02900",
        "chemistry": "lfp",
        "nameplate_gwh": "14.500",
        "refs": [{"system": "crm", "external_id": "p1"}],
    }
    made = bd.post("plants", body)
    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in body} == body
    PlantPhaseFactory(plant_id=made.json()["id"], nameplate_gwh=Decimal(10))

    changed = bd.patch(f"plants/{made.json()['id']}", {"status": "operating"}, If_Match=made["ETag"])

    assert (changed.json()["status"], changed.json()["version"]) == ("operating", 2)
    assert changed.json()["phases"] == [{"number": 1, "label": "", "nameplate_gwh": "10.000"}]
    assert bd.get("plants/by-ref/crm/p1").json() == changed.json()
    assert bd.delete(f"plants/{made.json()['id']}").status_code == 405


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": "ERFURT"}, [(None, "invalid")]),
        ({"name": "X", "latitude": "50.1"}, [(None, "invalid")]),
        ({"name": "X", "nameplate_gwh": "1001"}, [("nameplate_gwh", "max_value")]),
        ({"name": "X", "nameplate_gwh": 5}, [("nameplate_gwh", "not_text")]),
        ({"name": "X", "nameplate_gwh": "NaN"}, [("nameplate_gwh", "invalid")]),
        ({"name": "X", "country": "ZZ"}, [("country", "unknown_country")]),
        ({"name": "X", "archived_at": None}, [("archived_at", "unknown_field")]),
    ],
)
def test_plant_that_cannot_be_is_refused(bd, body, errors):
    PlantFactory(name="Erfurt")
    assert problem(bd.post("plants", body), 400) == errors
    assert Plant.objects.count() == 1


def test_plant_is_archived_once_and_restored(bd):
    plant = PlantFactory()
    archived = bd.post(f"plants/{plant.pk}/archive", {}).json()
    assert archived["archived_at"] is not None
    assert bd.post(f"plants/{plant.pk}/archive", {}).json() == archived
    assert problem(bd.post(f"plants/{plant.pk}/archive", {"why": "x"}), 400) == [("why", "unknown_field")]
    assert problem(bd.post(f"plants/{plant.pk}/restore", {}, If_Match='"1"'), 412) == []
    assert bd.call("POST", f"plants/{plant.pk}/restore").json()["archived_at"] is None


def test_action_is_done_once_for_its_key(bd):
    plant = PlantFactory()
    first = bd.post(f"plants/{plant.pk}/archive", {}, Idempotency_Key="a")
    bd.post(f"plants/{plant.pk}/restore", {})
    again = bd.post(f"plants/{plant.pk}/archive", {}, Idempotency_Key="a")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert Plant.objects.get().archived_at is None


def test_plants_are_filtered(bd):
    company = CompanyFactory(name="Nordwind")
    first = PlantFactory(
        name="Erfurt", company=company, status="operating", region="europe", chemistry="lfp", locality="Thüringen"
    )
    second = PlantFactory(name="Reno")
    for query in ["q=thür", "q=nordw", f"company={company.pk}", "status=operating", "region=europe", "chemistry=lfp"]:
        assert ids(bd.get(f"plants?{query}")) == [first.pk]
    bd.post(f"plants/{second.pk}/archive", {})
    assert ids(bd.get("plants?archived=true")) == [second.pk]
    assert ids(bd.get("plants?archived=false")) == [first.pk]
    assert ids(bd.get("plants?has=deals")) == []


def test_reading_tokens_and_roles_archive_nothing(caller_of):
    plant = PlantFactory()
    assert problem(caller_of(scope=TokenScope.READ).post(f"plants/{plant.pk}/archive", {}), 403) == []
    assert problem(caller_of(Role.READ_ONLY).post(f"plants/{plant.pk}/archive", {}), 403) == []
    assert problem(caller_of(Role.FINANCE).post("plants", {"name": "X"}), 403) == []


def test_milestone_keeps_its_baseline_and_remembers_its_forecasts(bd):
    plant = PlantFactory()
    body = {"plant": str(plant.pk), "kind": "start_of_production", "baseline_on": "2028-01-15"}
    made = bd.post("plant-milestones", body)
    assert made.status_code == 201, made.content
    address = f"plant-milestones/{made.json()['id']}"

    moved = bd.patch(address, {"forecast_on": "2028-03-01", "reason": "Permits"})

    assert (moved.json()["baseline_on"], moved.json()["forecast_on"]) == ("2028-01-15", "2028-03-01")
    forecast = MilestoneForecast.objects.get()
    assert (forecast.forecast_on, forecast.reason, forecast.by) == (dt.date(2028, 3, 1), "Permits", bd.user)
    refused = bd.patch(address, {"baseline_on": "2028-02-01"})
    assert problem(refused, 400) == [("baseline_on", "baseline-kept")]
    assert problem(bd.patch(address, {"actual_on": "2999-01-01"}), 400) == [("actual_on", "implausible_date")]
    assert problem(bd.patch(address, {"plant": str(plant.pk)}), 400) == [("plant", "unknown_field")]
    assert problem(bd.post("plant-milestones", body), 400) == [("kind", "invalid")]
    assert bd.get(address).json() == moved.json()


def test_milestone_of_tomorrow_is_not_reached(bd):
    milestone = PlantMilestoneFactory()
    tomorrow = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)).isoformat()
    assert problem(bd.patch(f"plant-milestones/{milestone.pk}", {"actual_on": tomorrow}), 400) == [
        ("actual_on", "invalid")
    ]


def test_milestones_are_filtered(bd):
    first = PlantMilestoneFactory(note="Delayed by permits", actual_on=dt.date(2026, 1, 5))
    second = PlantMilestoneFactory(kind="permits")
    for query in [
        f"plant={first.plant_id}",
        f"company={first.plant.company_id}",
        "kind=start_of_production",
        "reached=true",
        "q=delayed",
        f"q={first.plant.name.replace(' ', '%20')}",
    ]:
        assert ids(bd.get(f"plant-milestones?{query}")) == [first.pk]
    assert ids(bd.get("plant-milestones?reached=false")) == [second.pk]
    assert ids(bd.get("plant-milestones?kind=permits&kind=start_of_production")) == [first.pk, second.pk]
    assert PlantMilestone.objects.count() == 2
