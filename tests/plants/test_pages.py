import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from companies.models import SourcedFact
from plants.domain.facts import add_plant_fact
from plants.enums import MilestoneKind
from plants.models import MilestoneForecast, Plant, PlantFact, PlantPhase, RampScenario
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, SourcedFactFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, PlantPhaseFactory, RampScenarioFactory

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bd(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def viewer(client):
    user = UserFactory(role=Role.READ_ONLY)
    client.force_login(user)
    return user


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


def plant_with_everything(company=None):
    plant = PlantFactory(
        company=company or CompanyFactory(),
        latitude=Decimal(42),
        longitude=Decimal(-85),
        nameplate_gwh=Decimal(35),
        country="US",
    )
    milestone = PlantMilestoneFactory(plant=plant, forecast_on=dt.date(2028, 3, 1))
    MilestoneForecast.objects.create(milestone=milestone, forecast_on=dt.date(2028, 3, 1), by=UserFactory())
    PlantPhaseFactory(plant=plant)
    RampScenarioFactory(plant=plant)
    PlantFact.objects.create(plant=plant, fact=SourcedFactFactory(company=None))
    DealFactory(company=plant.company).plants.add(plant)
    return plant


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


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("view", "queries"), [("table", 5), ("timeline", 5), ("map", 4)])
def test_list_takes_a_fixed_number_of_queries(client, bd, rows, view, queries, fetch_raise, django_assert_num_queries):
    for _row in range(rows):
        plant_with_everything()
    client.get(reverse("plants:list"))

    with django_assert_num_queries(queries):
        client.get(reverse("plants:list"), {"view": view})


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

    with django_assert_num_queries(10):
        response = client.get(plant.get_absolute_url())

    assert response.status_code == 200


def test_list_filters_and_searches(client, bd):
    company = CompanyFactory(name="Norvik Motors")
    wanted = PlantFactory(name="Olofshamn", company=company, status="operating", chemistry="lfp", region="europe")
    PlantFactory(name="Elsewhere")

    for query in ({"q": "norvik"}, {"status": "operating"}, {"chemistry": "lfp"}, {"company": company.pk}):
        assert list(client.get(reverse("plants:list"), query).context["page"]) == [wanted]


def test_list_counts_only_deals_that_the_reader_may_see(client, bd):
    secret, shown = PlantFactory(), PlantFactory()
    DealFactory(is_confidential=True).plants.add(secret)
    DealFactory().plants.add(shown)

    page = client.get(reverse("plants:list"))

    assert page.context["counts"]["deals"] == {shown.pk: 1}
    assert list(client.get(reverse("plants:list"), {"has": "deals"}).context["page"]) == [shown]
    assert client.get(secret.get_absolute_url()).context["panels"][0].context["deals"] == []


@pytest.mark.parametrize("query", ["?view=evil", "?status=bogus&q=%00", f"?q={LONG}", "?company=x", "?company=999"])
def test_list_answers_nonsense_filters_calmly(client, bd, query):
    PlantFactory()

    assert client.get(reverse("plants:list") + query).status_code == 200


def test_export_holds_the_filtered_list(client, bd):
    PlantFactory(name="Harlan Ridge", nameplate_gwh=Decimal("17.5"))
    PlantFactory(name="Other")

    response = client.get(reverse("plants:list"), {"q": "harlan", "export": "csv"})

    rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "17.5" in rows[1]


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
