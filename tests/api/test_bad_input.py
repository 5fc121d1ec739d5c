"""What no client should send: refused in words, by name of the field, and nothing is written."""

from urllib.parse import quote

import pytest
from django.test import Client
from django_filters import DateFilter, ModelChoiceFilter, ModelMultipleChoiceFilter, NumberFilter
from rest_framework import serializers

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from deals.enums import Scope
from deals.models import Stage
from lrs_tracker.api.resources import resource, resources
from lrs_tracker.api.writing import ExactNumber, Money
from sync.models import Change, IdempotentAnswer
from tests.api.test_every_resource import CHANGED, MADE_BY, make
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, TaskFactory
from tests.plants.factories import PlantFactory
from tests.sync.webhooks.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db
NAMES = [one.name for one in resources()]
CREATED = [one.name for one in resources() if one.creator is not None and one.name != "documents"]
WITH_REFS = [one.name for one in resources() if one.has_refs]
WRITES = ["create", "change", "put", "bulk", "move", "action"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.API_REQUESTS_PER_MINUTE = 10**9


@pytest.fixture
def address_of():
    """Where each kind of write goes, with its method."""
    company, deal, task = CompanyFactory(), DealFactory(), TaskFactory()
    return {
        "create": ("POST", "companies"),
        "change": ("PATCH", f"companies/{company.pk}"),
        "put": ("PUT", "plants/by-ref/crm/1"),
        "bulk": ("POST", "tasks/bulk"),
        "move": ("POST", f"deals/{deal.pk}/move"),
        "action": ("POST", f"tasks/{task.pk}/done"),
    }


@pytest.fixture
def nothing_written():
    """Count what was written since the test arranged its rows; asked for after `address_of`."""

    def count():
        return Change.objects.count(), IdempotentAnswer.objects.count()

    before = []

    def check():
        if before:
            assert count() == before[0]
        before[:] = [count()]

    return check


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": NaN}',
        b'{"name": -Infinity}',
        b'{"name": 1e999}',
        b'{"name": ' + b"9" * 5_000 + b"}",
        b'{"name": "A", "name": "B"}',
        b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name": "\xff"}',
        rb'{"name": "\ud83d"}',
    ],
    ids=["broken", "nan", "infinity", "too-large", "too-long", "twice", "deep", "not-utf-8", "half-a-pair"],
)
def test_what_is_no_json_is_refused_by_every_write(administrator, address_of, nothing_written, write, body):
    nothing_written()
    response = administrator.call(*address_of[write], body)
    assert problem(response, 400) == []
    assert response.json()["type"].endswith(":parse-error")
    nothing_written()


@pytest.mark.parametrize("write", WRITES)
def test_body_of_100_mb_is_refused_by_every_write(administrator, address_of, nothing_written, write):
    nothing_written()
    body = b'{"name": "' + b"x" * 100_000_000 + b'"}'
    assert problem(administrator.call(*address_of[write], body), 413) == []
    nothing_written()


@pytest.mark.parametrize("write", WRITES)
def test_what_is_not_known_is_named_by_every_write(administrator, address_of, nothing_written, write):
    nothing_written()
    method, address = address_of[write]
    assert ("colour", "unknown_field") in problem(administrator.call(method, address, {"colour": "red"}), 400)
    refused = administrator.call(method, f"{address}?colour=red", {})
    assert problem(refused, 400) == [("colour", "unknown_parameter")]
    nothing_written()


@pytest.mark.parametrize("write", ["create", "change", "put", "bulk", "move"])
@pytest.mark.parametrize("body", [[], "text", 5, True, None, [{}]])
def test_body_that_is_no_object_is_refused(administrator, address_of, nothing_written, write, body):
    nothing_written()
    assert administrator.call(*address_of[write], "null" if body is None else body).status_code == 400
    nothing_written()


# No member of any body is an object with this, and none a number as large.
WRONG = [{"a": 1}, 10**30, [[]]]


@pytest.mark.parametrize("name", CREATED)
@pytest.mark.parametrize("wrong", WRONG, ids=["object", "huge", "list"])
def test_wrong_type_of_any_member_of_a_new_object_is_named(administrator, nothing_written, name, wrong):
    nothing_written()
    for member in resource(name).creator().fields:
        named = [field or "" for field, _code in problem(administrator.post(name, {member: wrong}), 400)]
        assert any(field.startswith(member) for field in named), (member, named)
        bulk = {"operations": [{"op": "create", "data": {member: wrong}}]}
        if resource(name).bulk_operations:
            (result,) = administrator.post(f"{name}/bulk", bulk).json()["results"]
            assert result["status"] == 400
            assert any((one["field"] or "").startswith(member) for one in result["problem"]["errors"])
    nothing_written()


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("wrong", WRONG, ids=["object", "huge", "list"])
def test_wrong_type_of_any_member_of_a_change_is_named(administrator, nothing_written, name, wrong):
    MADE_BY[name][0]()
    pk = resource(name).visible(administrator.user).latest("pk").pk
    nothing_written()
    for member in resource(name).changer().fields:
        named = [field or "" for field, _code in problem(administrator.patch(f"{name}/{pk}", {member: wrong}), 400)]
        assert any(field.startswith(member) for field in named), (member, named)
    nothing_written()


NOT_WRITTEN_SO = {
    "date": [
        "20260101",
        "2026-W01-1",
        "2026-1-1",
        "2026-02-30",
        " 2026-01-01",
        "2026-01-01T00:00:00Z",
        "٢",
        "",
        1,
    ],
    "number": ["1_000", "٣", "1e5", " 5 ", "5\n", "+5", ".5", "5.", "", "0x1", 5],
    "list": [["x", "x"]],
}
NOT_WRITTEN_SO["money"] = [{"amount": amount, "currency": "EUR"} for amount in NOT_WRITTEN_SO["number"]]


def kind_of(field):
    """Return which of the lists above is about a field, or None."""
    kinds = {Money: "money", ExactNumber: "number", serializers.DateField: "date", serializers.ListField: "list"}
    return next((kind for of, kind in kinds.items() if isinstance(field, of)), None)


@pytest.mark.parametrize("name", CREATED)
def test_dates_and_numbers_are_written_in_one_way(administrator, nothing_written, name):
    nothing_written()
    for member, field in resource(name).creator().fields.items():
        for wrong in NOT_WRITTEN_SO.get(kind_of(field), []):
            named = [found or "" for found, _code in problem(administrator.post(name, {member: wrong}), 400)]
            assert any(found.startswith(member) for found in named), (member, wrong, named)
    nothing_written()


@pytest.mark.parametrize("name", NAMES)
def test_dates_numbers_and_ids_in_filters_are_written_in_one_way(administrator, name):
    for parameter, one in resource(name).filter_fields.items():
        wrong = []
        if isinstance(one, DateFilter):
            wrong = ["20260101", "2026-W01-1", "2026-1-1", "01/31/2026", "Jan 31 2026", "2026-02-30", " 2026-01-01"]
        elif isinstance(one, NumberFilter):
            wrong = ["2_026", "٢٠٢٦", "2026.0", "2e3", " 2026 "]
        elif isinstance(one, ModelChoiceFilter | ModelMultipleChoiceFilter):
            wrong = ["1_0", "٣", " 1 ", "+1", "1.0"]
        for value in ["", " ", *wrong]:
            for address in (name, f"{name}/export"):
                if resource(name).is_exported or address == name:
                    found = problem(administrator.get(f"{address}?{parameter}={quote(value)}"), 400)
                    assert [field for field, _code in found] == [parameter], (value, found)


@pytest.mark.parametrize("write", ["create", "change"])
def test_same_thing_twice_in_a_list_is_named(administrator, write):
    deal, plant = DealFactory(), PlantFactory()
    lists = {
        "scope": [Scope.values[0]] * 2,
        "team": [str(deal.owner_id)] * 2,
        "plants": [str(plant.pk)] * 2,
    }
    needed = {"company": str(deal.company_id), "stage": str(deal.stage_id), "title": "Line 3"}
    for member, twice in lists.items():
        if write == "create":
            refused = administrator.post("deals", {**needed, member: twice})
        else:
            refused = administrator.patch(f"deals/{deal.pk}", {member: twice})
        assert problem(refused, 400) == [(member, "repeated")]


@pytest.mark.parametrize(
    "since",
    ["2026-01-01T00:00:00", "2026-01-01", "20260101T000000Z", "2026-01-01T00:00Z", "2026-W01-1T00:00:00Z", 1767225600],
)
def test_instant_without_a_zone_in_a_body_is_named(administrator, since):
    webhook = WebhookEndpointFactory(owner=None)
    assert problem(administrator.post(f"webhooks/{webhook.pk}/replay", {"since": since}), 400) == [("since", "invalid")]


def test_instant_may_have_any_zone(administrator):
    webhook = WebhookEndpointFactory(owner=None)
    for since in ("2026-01-01T00:00:00Z", "2026-01-01t00:00:00.123456789z", "2026-01-01T00:00:00+05:30"):
        assert administrator.post(f"webhooks/{webhook.pk}/replay", {"since": since}).status_code == 200
        assert administrator.get(f"deals?updated_since={quote(since)}").status_code == 200


@pytest.mark.parametrize("write", ["change", "move", "action"])
@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("x", 400),
        ('""', 400),
        ("1", 400),
        ('W/"999999999-00000000"', 412),
        ('"999999998-00000000", "999999999-00000000"', 412),
        ('"1-00000000", "x"', 400),
        ('"1-00000000",', 400),
        ('"' + "9" * 40 + '"', 400),
        ('"999999999-00000000"', 412),
    ],
)
def test_forged_entity_tags_write_nothing(administrator, address_of, nothing_written, write, tag, status):
    nothing_written()
    body = {"change": {"about": "X"}, "move": {"stage": str(Stage.objects.latest("pk").pk)}, "action": {}}[write]
    refused = administrator.call(*address_of[write], body, If_Match=tag)
    assert problem(refused, status) == ([("If-Match", "invalid")] if status == 400 else [])
    nothing_written()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cursor", ["", "x", "~", "W10~x", "a" * 5_000, quote("٣"), "%00"])
def test_forged_cursor_is_named(administrator, name, cursor):
    assert problem(administrator.get(f"{name}?cursor={cursor}"), 400) == [("cursor", "cursor")]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-2-3", "9" * 40, "-1", quote("٣"), "%00"])
def test_forged_position_of_the_feed_is_named(administrator, cursor):
    assert problem(administrator.get(f"changes?after={cursor}"), 400) == [("after", "cursor")]


NO_IDS = ["", "a\nb", "\u200b", "\x00", ".", "..", "x" * 201, 5, None, ["x"]]
NO_SYSTEMS = ["", " sp ", "sp ", "a.b", "ä", "x" * 41, "sp\n", 5, None, ["x"]]


@pytest.mark.parametrize("name", WITH_REFS)
def test_refs_in_bodies_follow_the_rule_of_the_address(administrator, nothing_written, name):
    nothing_written()
    for member, wrong in (("external_id", NO_IDS), ("system", NO_SYSTEMS)):
        for value in wrong:
            ref = {"system": "sp", "external_id": "1", member: value}
            found = problem(administrator.post(name, {"refs": [ref]}), 400)
            assert f"refs[0].{member}" in [field for field, _code in found], (value, found)
            bulk = {"operations": [{"op": "upsert", "ref": ref, "data": {}}]}
            (result,) = administrator.post(f"{name}/bulk", bulk).json()["results"]
            assert [one["field"] for one in result["problem"]["errors"]] == ["ref"]
            if isinstance(value, str) and value not in ("", ".", ".."):
                address = f"{name}/by-ref/{quote(ref['system'], safe='')}/{quote(ref['external_id'], safe='')}"
                assert administrator.put(address, {}).status_code in (400, 404)
    nothing_written()


def test_ref_is_kept_as_it_was_given(administrator):
    refs = [{"system": "Sp_-1", "external_id": one} for one in (" 1 ", "...", "a/../b", "ä ß", "x" * 200)]
    made = administrator.post("companies", {"name": "Nordwind", "refs": refs})
    assert sorted(made.json()["refs"], key=str) == sorted(refs, key=str)
    for ref in refs:
        read = administrator.get(f"companies/by-ref/{ref['system']}/{quote(ref['external_id'], safe='')}")
        assert read.json() == made.json()


def test_object_has_at_most_50_refs_each_once(administrator):
    refs = [{"system": "sp", "external_id": str(number)} for number in range(51)]
    assert problem(administrator.post("companies", {"name": "A", "refs": refs}), 400) == [("refs", "max_length")]
    assert problem(administrator.post("companies", {"name": "A", "refs": refs[:1] * 2}), 400) == [("refs", "repeated")]
    full = {"name": "A", "refs": refs[:50]}
    assert problem(administrator.put("companies/by-ref/sp/x", full), 400) == [("refs", "too-many-refs")]
    assert len(administrator.put("companies/by-ref/sp/49", full).json()["refs"]) == 50


@pytest.mark.parametrize("address", ["companies?{}", "companies/export?{}", "changes?{}", "fx-rates?{}"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=%ff", "q"),
        ("q=a%C3", "q"),
        ("cursor=%ff&limit=1", "cursor"),
        ("after=%ED%A0%80", "after"),
        ("%ff=1", "\ufffd"),
    ],
)
def test_text_that_is_not_utf_8_is_named(administrator, address, query, field):
    assert problem(administrator.get(address.format(query)), 400) == [(field, "not_utf_8")]


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("fx-rates", ["base", "quote"]),
        ("agreements", ["currency"]),
        ("invoices", ["currency"]),
        ("payments", ["currency"]),
        ("statements", ["currency"]),
    ],
)
def test_currency_that_there_is_not_is_named(administrator, address, parameters):
    for parameter in parameters:
        for code in ("NaN", "ZZZ", "US", "USDX", " USD", "XXX", quote("ınr")):
            assert problem(administrator.get(f"{address}?{parameter}={code}"), 400) == [(parameter, "unknown_currency")]
        assert administrator.get(f"{address}?{parameter}=usd").status_code == 200


@pytest.mark.parametrize(
    ("pair", "code"),
    [("EURUSD", "invalid"), ("EUR", "invalid"), ("EUR/USD/", "invalid"), ("EUR/ZZZ", "unknown_currency")],
)
def test_pair_that_there_is_not_is_named(administrator, pair, code):
    assert problem(administrator.get(f"fx-rates?pair={pair}"), 400) == [("pair", code)]
    assert administrator.get("fx-rates?pair=eur/usd").status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_ordering_without_a_name_is_named(administrator, name):
    assert problem(administrator.get(f"{name}?ordering="), 400) == [("ordering", "invalid")]


def test_cursor_of_one_list_is_no_fault_in_another(administrator):
    for name in NAMES:
        make(name, 2)
    cursors = {}
    for name in NAMES:
        for order in resource(name).order_columns:
            page = administrator.get(f"{name}?limit=1&ordering={order}").json()
            cursors.setdefault(order, set()).add(page["next"].split("cursor=")[1].split("&")[0])
    for name in NAMES:
        for order, known in cursors.items():
            for cursor in known:
                assert administrator.get(f"{name}?cursor={cursor}").status_code in (200, 400), (name, order)


@pytest.mark.parametrize("name", [name for name in NAMES if "updated_since" in resource(name).parameters])
@pytest.mark.parametrize(
    "instant", ["2026-01-01T00:00:00", "2026-01-01", "20260101T000000Z", "9999-12-31T23:59:59-14:00", "1e9"]
)
def test_instant_without_a_zone_is_named_by_every_list(administrator, name, instant):
    for address in (name, f"{name}/export"):
        if resource(name).is_exported or address == name:
            assert problem(administrator.get(f"{address}?updated_since={instant}"), 400) == [
                ("updated_since", "invalid")
            ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bomb", ["company.deals.company", "company__deals", "*", ",", "x," * 2_000])
def test_includes_that_there_are_not_are_named(administrator, name, bomb):
    for parameter in ("include", "fields"):
        assert problem(administrator.get(f"{name}?{parameter}={bomb}"), 400) == [(parameter, "invalid")]


NO_ADDRESSES = [
    "",
    "v1",
    "v1/",
    "v1/nonexistent",
    "v1/deals/",
    "v1/deals/1/x",
    "v1/changes/x",
    "v1/deals/by-ref/x/a%0Ab",
    "v1/royalties/",
    "v2/deals",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
@pytest.mark.parametrize("debug", [False, True])
def test_address_that_there_is_not_is_told_as_a_problem_to_anybody(administrator, client, settings, address, debug):
    settings.DEBUG = debug
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator.user)
    told = [administrator.call(method, f"/api/{address}") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    told += [client.get(f"/api/{address}"), strict.get(f"/api/{address}"), strict.post(f"/api/{address}")]
    for response in told:
        assert problem(response, 404) == []
        assert response.json() == told[0].json()


def test_pages_of_the_api_get_their_slash(client):
    for page in ("docs", "reference", "schema"):
        assert client.get(f"/api/{page}")["Location"] == f"/api/{page}/"


def test_include_that_is_asked_for_a_thousand_times_is_answered_once(administrator, django_assert_max_num_queries):
    DealFactory()
    with django_assert_max_num_queries(6):
        (deal,) = administrator.get(f"deals?include={','.join(['company'] * 1_000)}").json()["results"]
    assert set(deal["embedded"]) == {"company"}


def test_key_of_another_person_answers_nothing_of_theirs(administrator, caller_of):
    theirs = administrator.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1")
    for path, body in (
        ("companies", {"name": "Nordwind", "colour": "red"}),
        ("companies/bulk", {"operations": [5]}),
        (f"companies/{theirs.json()['id']}/archive", {"colour": "red"}),
    ):
        mine = caller_of().post(path, body, Idempotency_Key="k1")
        assert "Idempotency-Replayed" not in mine
        assert mine.status_code in (200, 400)
        assert mine.content != theirs.content
