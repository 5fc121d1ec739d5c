"""What every resource does alike, tried on companies, contacts and deals."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.enums import Role, TokenScope
from companies.models import Company
from deals.models import Deal, Document, Gate
from lrs_tracker.api.changing import change
from lrs_tracker.api.exceptions import Stale
from lrs_tracker.api.resources import resource
from sync.models import ExternalRef
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import TODAY, DealFactory, DocumentFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def problem(response, status):
    """Return the fields and codes that a refusal names."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    return [(error["field"], error["code"]) for error in response.json().get("errors", [])]


def test_company_is_created_read_changed_and_listed(bd):
    made = bd.post(
        "companies", {"name": "Nordwind Motors", "country": "DE", "refs": [{"system": "crm", "external_id": "7"}]}
    )
    assert made.status_code == 201, made.content
    company = made.json()
    assert made["Location"].endswith(f"/api/v1/companies/{company['id']}")
    assert (company["name"], company["version"], company["refs"]) == (
        "Nordwind Motors",
        1,
        [{"system": "crm", "external_id": "7"}],
    )

    read = bd.get(f"companies/{company['id']}")
    assert read.json() == company
    assert read["ETag"] == made["ETag"]

    changed = bd.patch(f"companies/{company['id']}", {"website": "https://nordwind.example"}, If_Match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.json()["website"], changed.json()["version"]) == ("https://nordwind.example", 2)
    assert bd.get("companies").json() == {"results": [changed.json()], "next": None}


def test_list_goes_through_pages_by_key_in_both_directions(bd):
    names = [CompanyFactory(name=f"Company {number:02}").name for number in range(7)]

    def walk(address):
        found = []
        while address:
            page = bd.get(address).json()
            found += [one["name"] for one in page["results"]]
            address = page["next"]
        return found

    assert walk("companies?limit=3") == names
    assert walk("companies?limit=2&ordering=-name") == names[::-1]
    assert walk("companies?limit=2&ordering=-updated_at&fields=name") == names[::-1]


def test_rows_written_while_a_list_is_read_shift_no_page(bd):
    for number in range(4):
        CompanyFactory(name=f"Company {number}")
    first = bd.get("companies?limit=2&ordering=name").json()
    CompanyFactory(name="A new one in front")
    Company.objects.filter(name="Company 0").delete()

    second = bd.get(first["next"]).json()

    assert [one["name"] for one in second["results"]] == ["Company 2", "Company 3"]


def test_fields_trim_and_include_embeds(bd):
    parent = CompanyFactory(name="Parent")
    company = CompanyFactory(name="Child", parent=parent)

    found = bd.get(f"companies/{company.pk}?fields=name&include=parent").json()

    assert set(found) == {"name", "embedded"}
    assert found["embedded"]["parent"]["name"] == "Parent"
    assert bd.get(f"companies/{parent.pk}?include=parent").json()["embedded"] == {"parent": None}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "invalid"),
        ("limit=501", "limit", "invalid"),
        ("limit=٣", "limit", "invalid"),
        ("cursor=forged", "cursor", "cursor"),
        ("ordering=secret", "ordering", "invalid"),
        ("fields=password", "fields", "invalid"),
        ("include=deals", "include", "invalid"),
        ("kind=nothing", "kind", "invalid_choice"),
        ("kind=", "kind", "empty"),
        ("archived=maybe", "archived", "invalid"),
        ("updated_since=2026-01-01T00:00:00", "updated_since", "invalid"),
        ("updated_since=0001-01-01T00:00:00%2B14:00", "updated_since", "invalid"),
        ("snapshot=yes", "snapshot", "invalid"),
        ("colour=red", "colour", "unknown_parameter"),
        ("q=%00", "q", "null_characters_not_allowed"),
    ],
)
def test_parameters_that_are_not_known_are_refused(bd, query, field, code):
    assert problem(bd.get(f"companies?{query}"), 400) == [(field, code)]


def test_cursor_of_another_list_is_refused(bd):
    CompanyFactory.create_batch(2)
    cursor = parse_qs(urlsplit(bd.get("companies?limit=1").json()["next"]).query)["cursor"][0]
    assert bd.get(f"companies?cursor={cursor}").status_code == 200
    assert problem(bd.get(f"deals?cursor={cursor}"), 400) == [("cursor", "cursor")]


def test_cursor_of_another_ordering_is_refused(bd):
    CompanyFactory.create_batch(3)
    following = bd.get("companies?limit=1&ordering=name").json()["next"]
    assert problem(bd.get(following.replace("ordering=name", "ordering=-name")), 400) == [("cursor", "cursor")]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("name", "required")]),
        ({"name": "X", "colour": "red"}, [("colour", "unknown_field")]),
        ({"name": 5}, [("name", "not_text")]),
        ({"name": "X", "country": "ZZ"}, [("country", "unknown_country")]),
        ({"name": "X", "is_fictional": "yes"}, [("is_fictional", "invalid")]),
        ({"name": "X", "parent": 5}, [("parent", "invalid")]),
        ({"name": "X", "parent": "5"}, [("parent", "unknown")]),
        ({"name": "X", "parent": "9" * 19}, [("parent", "unknown")]),
        ({"name": "X", "kind": "sect"}, [("kind", "invalid_choice")]),
        ({"name": "X", "refs": [{"system": "a b", "external_id": "1"}]}, [("refs[0].system", "invalid")]),
        ([], [(None, "invalid")]),
    ],
)
def test_bodies_that_are_not_known_are_refused(bd, body, errors):
    assert problem(bd.post("companies", body), 400) == errors
    assert Company.objects.count() == 0


def test_stale_and_foreign_entity_tags(bd):
    company = CompanyFactory()
    tag = bd.get(f"companies/{company.pk}")["ETag"]
    assert bd.patch(f"companies/{company.pk}", {"about": "One"}, If_Match=tag).status_code == 200

    assert problem(bd.patch(f"companies/{company.pk}", {"about": "Two"}, If_Match=tag), 412) == []
    assert problem(bd.patch(f"companies/{company.pk}", {"about": "Two"}, If_Match="W/x"), 400)
    assert Company.objects.get(pk=company.pk).about == "One"


def test_answer_that_the_caller_has_is_not_sent_again(bd):
    company = CompanyFactory()
    for address in (f"companies/{company.pk}", "companies"):
        tag = bd.get(address)["ETag"]
        again = bd.get(address, If_None_Match=tag)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        ExternalRef.objects.create(resource="company", object_id=company.pk, system="crm", external_id=address)
        assert bd.get(address, If_None_Match=tag).status_code == 200


def test_reading_tokens_and_roles_write_nothing(caller_of):
    body = {"name": "Nordwind"}
    assert problem(caller_of(scope=TokenScope.READ).post("companies", body), 403) == []
    assert problem(caller_of(Role.READ_ONLY).post("companies", body), 403) == []
    assert Company.objects.count() == 0


def test_object_is_put_by_the_id_of_another_system(bd):
    body = {"company": str(CompanyFactory().pk), "name": "Ada"}
    made = bd.put("contacts/by-ref/crm/c%2F1", body)
    assert made.status_code == 201, made.content

    again = bd.put("contacts/by-ref/crm/c%2F1", {**body, "name": "Ada L."}, If_Match=made["ETag"])
    assert again.status_code == 200, again.content
    assert (again.json()["id"], again.json()["name"]) == (made.json()["id"], "Ada L.")
    assert bd.get("contacts/by-ref/crm/c%2F1").json() == again.json()

    elsewhere = bd.put("contacts/by-ref/crm/c%2F1", {**body, "company": str(CompanyFactory().pk)})
    assert problem(elsewhere, 400) == [("company", "fixed")]
    assert problem(bd.put("contacts/by-ref/crm/none", {"name": "Ada"}), 400) == [("company", "required")]
    assert problem(bd.put("contacts/by-ref/a b/none", body), 400) == [("ref", "invalid")]


def test_what_is_put_with_other_refs_is_found_again(bd):
    refs = [{"system": "other", "external_id": "A1"}]
    body = {"name": "Larkspur Motors", "country": "US", "refs": refs}

    answers = [bd.put("companies/by-ref/mycrm/8812", {**body, "refs": some}) for some in (refs, refs, [], refs)]

    assert [one.status_code for one in answers] == [201, 200, 200, 200]
    assert len({one.json()["id"] for one in answers}) == 1
    assert answers[-1].json()["refs"] == [{"system": "mycrm", "external_id": "8812"}, *refs]


def test_deal_begins_with_all_that_it_can_be_changed_to(bd):
    stage = StageFactory(pipeline=PipelineFactory())
    body = {
        "company": str(CompanyFactory().pk),
        "stage": str(stage.pk),
        "probability_percent": 40,
        "plant_concept": "Two lines",
        "opened_on": "2025-03-01",
        "expected_effective_on": "2027-01-31",
        "signed_on": "2026-01-31",
        "effective_on": "2026-02-28",
        "expected_sop_on": "2028-01-31",
        "royalty_start_on": "2028-03-31",
    }

    answers = [bd.put("deals/by-ref/mycrm/D1", body) for _time in range(2)]

    assert [one.status_code for one in answers] == [201, 200]
    for one in answers:
        assert {name: one.json()[name] for name in body} == body


def test_two_objects_never_hold_the_same_ref(bd):
    ref = [{"system": "crm", "external_id": "1"}]
    first = bd.post("companies", {"name": "First", "refs": ref})
    second = bd.post("companies", {"name": "Second", "refs": ref})
    assert first.status_code == 201
    assert problem(second, 409) == []
    assert second.json()["type"].endswith(":ref-taken")
    assert list(Company.objects.values_list("name", flat=True)) == ["First"]


def test_deal_moves_through_its_gates(bd):
    pipeline = PipelineFactory()
    first = StageFactory(pipeline=pipeline, position=1)
    second = StageFactory(pipeline=pipeline, position=2)
    GateFactory(stage=first, kind="field", requirement="region", label="Region")
    made = bd.post("deals", {"company": str(CompanyFactory().pk), "stage": str(first.pk), "title": "Line 2"})
    assert made.status_code == 201, made.content
    deal = made.json()

    refused = bd.post(f"deals/{deal['id']}/move", {"stage": str(second.pk)})
    assert problem(refused, 409) == []
    assert refused.json()["type"].endswith(":gate-unmet")
    assert [one["label"] for one in refused.json()["missing"]] == ["Region"]

    changed = bd.patch(
        f"deals/{deal['id']}",
        {"region": "europe", "annual_royalty": {"amount": "1250000.50", "currency": "EUR"}, "capacity_gwh": "12.5"},
    )
    assert changed.status_code == 200, changed.content
    stale = bd.post(f"deals/{deal['id']}/move", {"stage": str(second.pk)}, If_Match=made["ETag"])
    assert problem(stale, 412) == []
    moved = bd.post(f"deals/{deal['id']}/move", {"stage": str(second.pk)}, If_Match=changed["ETag"])
    assert moved.status_code == 200, moved.content
    assert (moved.json()["stage"], moved.json()["annual_royalty"], moved.json()["capacity_gwh"]) == (
        str(second.pk),
        {"amount": "1250000.50", "currency": "EUR"},
        "12.500",
    )


def test_confidential_deal_does_not_exist_for_outsiders(bd, administrator):
    deal = DealFactory(is_confidential=True)
    ExternalRef.objects.create(resource="deal", object_id=deal.pk, system="crm", external_id="1")
    nothing = bd.get("deals/999999")
    for method, path, body in [
        ("GET", f"deals/{deal.pk}", None),
        ("PATCH", f"deals/{deal.pk}", {"title": "X"}),
        ("POST", f"deals/{deal.pk}/move", {"stage": str(deal.stage_id)}),
        ("GET", "deals/by-ref/crm/1", None),
    ]:
        response = bd.call(method, path, body)
        assert response.status_code == 404
        assert {**response.json(), "instance": ""} == {**nothing.json(), "instance": ""}
    held, free = (bd.put(f"deals/by-ref/crm/{number}", {"title": "X"}) for number in (1, 2))
    assert held.status_code == free.status_code == 400
    assert {**held.json(), "instance": ""} == {**free.json(), "instance": ""}
    assert bd.get("deals").json()["results"] == []
    assert administrator.get("deals").json()["results"][0]["id"] == str(deal.pk)
    assert Deal.objects.get(pk=deal.pk).title == deal.title


@pytest.mark.parametrize("pk", ["0", "-1", "x", "٣", "9" * 30, "1%00", "1.0"])
def test_ids_that_cannot_be_are_not_found(bd, pk):
    assert problem(bd.get(f"companies/{pk}"), 404) == []


def test_list_of_many_deals_takes_few_queries(bd, django_assert_max_num_queries):
    deals = DealFactory.create_batch(30)
    for deal in deals:
        deal.team.add(bd.user)
        deal.contacts.add(ContactFactory())
    with django_assert_max_num_queries(6):
        assert len(bd.get("deals?include=company").json()["results"]) == 30


def test_filter_that_is_not_asked_for_hides_nothing(bd):
    CompanyFactory(name="Kept", archived_at=timezone.now())
    assert [one["name"] for one in bd.get("companies?q=kept").json()["results"]] == ["Kept"]
    assert bd.get("companies?q=kept&archived=false").json()["results"] == []


@pytest.mark.parametrize("query", ["kind=oem&kind=bank", "limit=1&limit=2", "q=a&q=b"])
def test_parameter_given_twice_is_refused_where_only_one_would_count(bd, query):
    assert problem(bd.get(f"companies?{query}"), 400) == [(query.split("=")[0], "repeated")]


def test_filter_of_several_values_keeps_any_of_them(bd):
    first, second, _third = ContactFactory.create_batch(3)
    found = bd.get(f"contacts?company={first.company_id}&company={second.company_id}").json()["results"]
    assert [one["id"] for one in found] == [str(first.pk), str(second.pk)]


def test_what_is_needed_inside_a_member_is_needed_by_a_change_too(bd):
    company = CompanyFactory()
    refused = bd.patch(f"companies/{company.pk}", {"refs": [{"system": "crm"}]})
    assert problem(refused, 400) == [("refs[0].external_id", "required")]


def test_name_that_it_has_already_is_no_other_ones(administrator):
    pipeline = PipelineFactory(name="Licences")
    assert administrator.patch(f"pipelines/{pipeline.pk}", {"name": "Licences"}).status_code == 200


def test_change_of_one_member_takes_back_no_other(administrator):
    gate = GateFactory(label="Fit", help="Old")
    read_before = Gate.objects.get()
    administrator.patch(f"gates/{gate.pk}", {"help": "New"})
    request = Request(APIRequestFactory().patch(""))
    request.user, request._request.today = administrator.user, TODAY

    change(resource("gates"), request, read_before, {"label": "Fit report"}, expected=None)

    stored = Gate.objects.get()
    assert (stored.label, stored.help) == ("Fit report", "New")
    with pytest.raises(Stale):
        change(resource("gates"), request, read_before, {"label": "X"}, expected=2)


def test_change_of_what_takes_no_version_is_made_to_what_is_stored(bd, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    document = DocumentFactory()
    read_before = Document.objects.get()
    bd.patch(f"documents/{document.pk}", {"expires_on": "2030-01-31"})
    request = Request(APIRequestFactory().patch(""))
    request.user, request._request.today = bd.user, TODAY
    document.deal.team.add(bd.user)

    change(resource("documents"), request, read_before, {"audience": "team"}, expected=None)

    stored = Document.objects.get()
    assert (stored.audience, stored.expires_on) == ("team", dt.date(2030, 1, 31))


def test_export_is_given_whatever_type_is_asked_for(bd):
    CompanyFactory(name="Nordwind")
    exported = bd.get("companies/export?format=csv&fields=name", Accept="text/csv")
    assert exported.getvalue().decode().splitlines() == ["name", "Nordwind"]
    assert problem(bd.get("companies", Accept="text/csv"), 406) == []
