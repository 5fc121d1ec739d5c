"""Nothing that the API can be asked tells an outsider that a confidential deal is there."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework import serializers

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from accounts.enums import Role
from lrs_tracker.api.resources import resource, resources
from lrs_tracker.api.writing import Link
from reminders.domain.calendar_tokens import create_feed
from sync.domain.webhook_fan_out import fan_out
from sync.models import Change, WebhookDelivery, WebhookEndpoint
from tests.api.conftest import Caller
from tests.api.secrets import (
    HIDDEN_IDS,
    MARKER,
    MISSING,
    MODELS,
    Surroundings,
    hang_everything_on,
    hidden_ids,
    make_deal,
)
from tests.api.test_changes import settle
from tests.money.factories import FxRateFactory
from tests.sync.webhooks.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
# What each answer has of its own.
_OWN_HEADERS = frozenset({"x-request-id", "content-length"})
_CURSOR = re.compile(r'"changes_cursor":"[^"]*"')
_TAGS = ("", '"1-00000000"', '"7-00000000"')


@dataclass
class World:
    """An outsider's API, with the ids of what is hidden from them by resource, and what that is about."""

    caller: Caller
    around: Surroundings
    paths: Mapping[str, Mapping[str, Any]]
    cursor: str
    endpoint: WebhookEndpoint
    hidden: dict[str, str] = field(default_factory=dict)
    # What was answered for the id that nothing has.
    answers: dict[str, Any] = field(default_factory=dict)

    def hide(self) -> None:
        """Make the confidential deal."""
        deal = make_deal(self.around, is_confidential=True, title=f"{MARKER} deal")
        self.hidden |= hang_everything_on(deal, self.around, text=MARKER, ref=MARKER, told=self.caller.user)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.API_REQUESTS_PER_MINUTE = 10**6


@pytest.fixture(params=[Role.BUSINESS_DEVELOPMENT, Role.FINANCE])
def open_world(request, caller_of) -> Iterator[World]:
    """An open deal with everything, and a company and a plant that no deal is about yet."""
    caller = caller_of(request.param)
    first = Surroundings()
    hang_everything_on(
        make_deal(first, is_confidential=False, title="Open"), first, text="Open", ref="open", told=caller.user
    )
    FxRateFactory()
    around = Surroundings(owner=first.owner, gate=first.gate, licensor=first.licensor)
    schema = caller.call("GET", "/api/schema/", Accept="application/vnd.oai.openapi+json").json()
    if not connection.in_atomic_block:
        settle()
    endpoint = WebhookEndpointFactory(owner=caller.user)
    cursor = caller.get("deals?snapshot=true").json()["changes_cursor"]
    with hidden_ids():
        yield World(caller, around, schema["paths"], cursor, endpoint)


@pytest.fixture
def world(open_world) -> World:
    """The same with a confidential deal about that company and plant."""
    open_world.hide()
    return open_world


def answer_to(caller: Caller, address: str) -> tuple[int, str, str]:
    """Return the status, entity tag and body of an answer, without what only says when it was given."""
    response = caller.get(address)
    body = (response.getvalue() if response.streaming else response.content).decode()
    if "changes_cursor" in body:
        return response.status_code, "", _CURSOR.sub("", body)
    return response.status_code, response.headers.get("ETag", ""), body


def lists(paths: Mapping[str, Mapping[str, Any]], around: Surroundings) -> Iterator[str]:
    """Yield the addresses of all lists and exports, with each parameter of theirs."""
    rows = {
        "company": around.company,
        "licensee": around.company,
        "payer": around.company,
        "plant": around.plant,
        "plants": around.plant,
        "contact": around.contact,
        "stage": around.gate.stage,
        "from_stage": around.gate.stage,
        "to_stage": around.gate.stage,
        "pipeline": around.gate.stage.pipeline,
        "gate": around.gate,
        "licensor": around.licensor,
    }
    for path, methods in paths.items():
        if "get" not in methods or "{" in path or not is_resource(path):
            continue
        yield path
        for parameter in methods["get"]["parameters"]:
            if parameter["in"] != "query" or (path.endswith("/export") and parameter["name"] not in ("q", "deal")):
                continue
            name, schema = parameter["name"], parameter["schema"]
            inner = schema.get("items", schema)
            # The first values of a choice say no less than all of them.
            values = inner.get("enum", [])[:3] or ([True, False] if inner.get("type") == "boolean" else [])
            if name == "q":
                values = [MARKER, "81000001", "LRS-81000001", "2026", around.company.name, "a", "1"]
            elif not values and "examples" in inner:
                values = [rows[name].pk] if name in rows else [around.owner.pk]
            elif inner.get("format") == "date":
                values = ["2026-01-01", "2026-08-01", "2027-01-01"]
            elif inner.get("format") == "date-time":
                values = ["2026-01-01T00:00:00Z"]
            for value in values:
                yield f"{path}?{name}={str(value).lower() if isinstance(value, bool) else value}"
        yield f"{path}?format=csv" if path.endswith("/export") else f"{path}?limit=500"


def is_resource(path: str) -> bool:
    """Whether a path is one of a resource's own."""
    return path.split("/")[3] in {one.name for one in resources()}


def ask(world: World, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], str, int]:
    """Return all there is of an answer: status, headers, body, and how many queries it took."""
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        # That a token was used is noted once a minute.
        if 'UPDATE "accounts_apitoken"' not in sql:
            queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        response = world.caller.call(method, path, body, **{name: one for name, one in headers.items() if one})
        text = (response.getvalue() if response.streaming else response.content).decode()
    kept = {name: value for name, value in response.headers.items() if name.lower() not in _OWN_HEADERS}
    return response.status_code, kept, text, len(queries)


def refuse_difference(world: World, method: str, path: str, body: Any = None, *, of: str, **headers: str) -> None:
    """Ask with {id} as a hidden id and as one that nothing has; both answers are the same to the byte and query."""

    def asked(pk: str) -> tuple[int, str, int]:
        mine = None if body is None else json.loads(json.dumps(body).replace("{id}", pk))
        named = {name: value.replace("{id}", pk) for name, value in headers.items()}
        status, kept, text, queries = ask(world, method, path.replace("{id}", pk), mine, **named)
        if pk == of:
            refuse_traces(text.replace(of, ""), where)
        return status, json.dumps([kept, text]).replace(pk, MISSING), queries

    where = (method, path, body, headers)
    if str(where) not in world.answers:
        world.answers[str(where)] = asked(MISSING)
    hidden = asked(of)
    assert hidden == world.answers[str(where)], where
    assert hidden[0] >= 400 or method in ("GET", "HEAD") or path.endswith("/bulk"), where


def refuse_traces(text: str, where: Any) -> None:
    """Fail where a text shows anything of what is hidden."""
    assert MARKER not in text, where
    assert re.search(rf"(?<!\d){HIDDEN_IDS}(?!\d)", text) is None, where


def test_everything_that_can_hang_on_a_deal_is_there(world, administrator):
    hanging = {one.name for one in resources() if one.name in MODELS}
    assert hanging == set(MODELS) - {"allocations", "amendments", "filings"}
    for name in hanging:
        response = administrator.get(f"{name}/{world.hidden[name]}")
        assert response.status_code == 200
    # What is left belongs to no deal.
    assert {one.name for one in resources()} - hanging == {
        *("companies", "contacts", "facts", "fx-rates", "gates", "pipelines", "plant-milestones", "plants"),
        *("stages", "users", "webhooks"),
    }


def test_lists_exports_and_their_counts_are_those_of_a_world_without_it(open_world):
    addresses = list(lists(open_world.paths, open_world.around))
    before = {address: answer_to(open_world.caller, address) for address in addresses}
    assert len(before) > 500
    open_world.hide()
    for address in addresses:
        assert answer_to(open_world.caller, address) == before[address], address


def of_one(world: World) -> Iterator[tuple[str, str, str]]:
    """Yield resource, method and path of each operation on one object."""
    for path, methods in world.paths.items():
        if "{id}" in path:
            for method in {*methods, *(["head"] if "get" in methods else [])}:
                yield path.split("/")[3], method.upper(), path


def test_hidden_ids_are_read_like_those_that_nothing_has(world):
    count = 0
    for name, method, path in of_one(world):
        if method not in ("GET", "HEAD"):
            continue
        for pk in world.hidden.values() if method == "GET" else [world.hidden.get(name, world.hidden["deals"])]:
            refuse_difference(world, method, path, of=pk)
            count += 1
        if (mine := world.hidden.get(name)) is not None:
            includes = [f"?include={one}" for one in resource(name).includes]
            for query in ("?fields=id", "?colour=red", *includes):
                refuse_difference(world, method, path + query, of=mine)
            refuse_difference(world, method, path, of=mine, If_None_Match='"1-00000000"')
    assert count > 500


def test_hidden_ids_are_written_like_those_that_nothing_has(world):
    count = 0
    for name, method, path in of_one(world):
        if method in ("GET", "HEAD"):
            continue
        for pk in [world.hidden[name]] if name in world.hidden else [world.hidden["deals"]]:
            for tag, body in product(_TAGS, (None, {"title": "x"})):
                refuse_difference(world, method, path, body, of=pk, If_Match=tag)
                count += 1
    assert count > 300


def test_repeated_requests_with_a_key_are_answered_alike(world):
    for name, method, path in of_one(world):
        if method == "POST" and name in world.hidden:
            for turn in ("first", "again"):
                key = f"{path}-{{id}}"
                refuse_difference(world, method, path, {}, of=world.hidden[name], Idempotency_Key=key, X_Turn=turn)


def test_hidden_ids_as_filters_match_like_those_that_nothing_has(world):
    count = 0
    for path, methods in world.paths.items():
        if "get" not in methods or "{" in path or not is_resource(path) or path.endswith("/export"):
            continue
        for parameter in methods["get"]["parameters"]:
            inner = parameter["schema"].get("items", parameter["schema"])
            if (parameter["in"] == "query" and "examples" in inner) or parameter["name"] == "q":
                for kind in ("deals", "agreements", "statements", "invoices", "transitions", "payments"):
                    refuse_difference(world, "GET", f"{path}?{parameter['name']}={{id}}", of=world.hidden[kind])
                    count += 1
    assert count > 300


def links(fields: Mapping[str, serializers.Field]) -> Iterator[tuple[str, Any]]:
    """Yield each member of a body that names another object, with a value for it."""
    for name, one in fields.items():
        if isinstance(one, Link):
            yield name, "{id}"
        elif isinstance(one, serializers.ListField) and isinstance(one.child, Link):
            yield name, ["{id}"]
        elif isinstance(inner := getattr(one, "child", None), serializers.Serializer):
            for inner_name, value in links(inner.fields):
                yield name, [{inner_name: value}]


def test_bodies_that_name_what_is_hidden_are_refused_like_those_that_name_nothing(world):
    count = 0
    visible = {
        name: world.caller.get(f"{name}?limit=1").json()["results"] for name in {one.name for one in resources()}
    }
    for one in resources():
        base = f"/api/v1/{one.name}"
        bodies = []
        if one.creator is not None and one.name != "documents":
            bodies += [("POST", base, body) for body in links(one.creator(context={}).fields)]
        mine = visible[one.name]
        if mine:
            address = f"{base}/{mine[0]['id']}"
            if one.changer is not None:
                bodies += [("PATCH", address, body) for body in links(one.changer(context={}).fields)]
            for verb, view in one.actions.items():
                body = getattr(view, "body", None)
                if body is not None:
                    bodies += [("POST", f"{address}/{verb}", each) for each in links(body().fields)]
        for method, address, (name, value) in bodies:
            for kind in ("deals", "agreements", "statements", "invoices", "documents", "amendments", "allocations"):
                refuse_difference(world, method, address, {name: value}, of=world.hidden[kind])
                count += 1
    deal = visible["deals"][0]
    for pk in world.hidden.values():
        body = {"stage": deal["stage"], "after": "{id}"}
        refuse_difference(world, "POST", f"/api/v1/deals/{deal['id']}/move", body, of=pk)
    assert count > 300


@pytest.mark.parametrize("is_atomic", [False, True])
def test_operations_of_a_bulk_that_name_what_is_hidden_are_refused_alike(world, is_atomic):
    for one in resources():
        for op in set(one.bulk_operations) & {"update", "delete"}:
            for pk, version in product([world.hidden.get(one.name, world.hidden["deals"])], ({}, {"version": 1})):
                operation = {"op": op, "id": "{id}", **version, **({"data": {}} if op == "update" else {})}
                body = {"atomic": is_atomic, "operations": [operation, {"op": op, "id": MISSING}]}
                refuse_difference(world, "POST", f"/api/v1/{one.name}/bulk", body, of=pk)
    for name in ("deals", "agreements"):
        operation = {"op": "update", "id": "{id}", "data": {"refs": [{"system": "crm", "external_id": "x"}]}}
        refuse_difference(world, "POST", f"/api/v1/{name}/bulk", {"operations": [operation]}, of=world.hidden[name])


@pytest.mark.parametrize("query", ["", "?fields=id", "?include=company", "?include=deal"])
def test_ids_of_other_systems_find_nothing_that_is_hidden(world, query):
    for name in ("deal", "agreement"):
        held, free = (f"/api/v1/{name}s/by-ref/crm/{ref}{query}" for ref in (f"{MARKER}-{name}", f"Abcdefg-{name}"))
        for method in ("GET", "HEAD"):
            asked = [ask(world, method, address) for address in (held, free)]
            assert asked[0][0] == 404
            assert (*asked[0][:2], asked[0][2].replace(MARKER, "Abcdefg"), asked[0][3]) == asked[1]
        # Who says which version they saw, sees none.
        asked = [
            ask(world, "PUT", address.split("?")[0], {"title": "x"}, If_Match='"1-00000000"')
            for address in (held, free)
        ]
        assert (*asked[0][:2], asked[0][2].replace(MARKER, "Abcdefg"), asked[0][3]) == asked[1]


def change_everything(world: World) -> None:
    """Change and delete what hangs on the deal."""
    for name, column in (("deals", "title"), ("tasks", "title"), ("agreements", "title"), ("payments", "note")):
        MODELS[name].objects.filter(pk=world.hidden[name]).update(**{column: f"{MARKER} again"})
    for name in ("tasks", "notes", "documents", "fees"):
        MODELS[name].objects.filter(pk=world.hidden[name]).delete()


@committed
def test_feed_has_no_changes_of_it(world):
    change_everything(world)
    settle()
    assert Change.objects.filter(object_id=world.hidden["deals"], resource="deal").exists()
    synced = [f"&resource={one.singular}" for one in resources() if one.singular != "webhook"]
    for query in ("", "&expand=object", "&limit=1", "&limit=3&expand=object", *synced):
        response = world.caller.get(f"changes?after={world.cursor}{query}")
        page = response.json()
        assert (page["changes"], page["more"]) == ([], False), query
        refuse_traces(page["next"].split("~")[0], query)
    after: str | None = ""
    told = []
    while after is not None:
        page = world.caller.get(f"changes?limit=7&expand=object{after}").json()
        refuse_traces(json.dumps(page), after)
        # A page with nothing on it, and more behind it, would count what is hidden.
        assert len(page["changes"]) == 7 or not page["more"]
        told += page["changes"]
        after = f"&after={page['next']}" if page["more"] else None
    assert len(told) > 30


@committed
def test_webhooks_are_told_nothing_of_it(world):
    change_everything(world)
    settle()
    world.endpoint.refresh_from_db()
    while fan_out(endpoint=world.endpoint, at=timezone.now()):
        world.endpoint.refresh_from_db()
    assert list(WebhookDelivery.objects.filter(endpoint=world.endpoint)) == []


def test_calendar_has_nothing_of_it(world):
    _feed, token = create_feed(user=world.caller.user)
    response = world.caller.client.get(f"/calendar/{token}.ics")
    assert response.status_code == 200
    refuse_traces(response.content.decode(), "calendar")
