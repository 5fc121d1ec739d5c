"""The change feed over HTTP."""

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from accounts.domain.roles import set_role
from accounts.enums import Role
from companies.models import Company
from sync.domain.feed import Position, current_position
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db(transaction=True)


def settle():
    """Wait until what was committed is told: other databases of the server may hold the feed up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()
    while current_position().transaction < now - 1:
        time.sleep(0.02)


def follow(caller, cursor, parameters=""):
    """Return all changes after a cursor, and where to go on."""
    settle()
    found, more = [], True
    while more:
        page = caller.get(f"changes?after={cursor}{parameters}").json()
        found += page["changes"]
        cursor, more = page["next"], page["more"]
    return found, cursor


def test_full_load_then_follow_has_no_hole(bd):
    CompanyFactory.create_batch(3)
    settle()
    first = bd.get("companies?limit=2&snapshot=true").json()
    copy = {one["id"]: one for one in first["results"]}
    Company.objects.filter(pk=min(map(int, copy))).update(about="Changed while it was read")
    late = CompanyFactory(name="Late")
    gone = CompanyFactory(name="Gone")
    gone.delete()
    address = first["next"]
    while address:
        page = bd.get(address).json()
        copy |= {one["id"]: one for one in page["results"]}
        address = page["next"]

    changes, _cursor = follow(bd, first["changes_cursor"], "&resource=company&expand=object&limit=2")
    for change in changes:
        if change["operation"] == "delete":
            copy.pop(change["id"], None)
        elif change["object"] is not None:
            copy[change["id"]] = change["object"]

    assert str(late.pk) in copy
    assert copy == {one["id"]: one for one in bd.get("companies").json()["results"]}


def test_change_says_who_how_and_what(bd):
    start = str(current_position())
    made = bd.post("companies", {"name": "Nordwind"}).json()
    bd.patch(f"companies/{made['id']}", {"parent": str(CompanyFactory().pk)})

    changes, cursor = follow(bd, start, "&resource=company")

    assert [change["operation"] for change in changes] == ["insert", "insert", "update"]
    assert {change["actor"] for change in changes} == {str(bd.user.pk), None}
    assert (changes[0]["channel"], changes[0]["fields"]["name"]) == ("api", [None, "Nordwind"])
    assert changes[2]["fields"] == {"parent": [None, changes[1]["id"]]}
    assert follow(bd, cursor, "&resource=company")[0] == []


def test_ref_is_a_change_of_the_object_that_holds_it(bd):
    company = CompanyFactory()
    settle()
    start = str(current_position())
    bd.patch(f"companies/{company.pk}", {"refs": [{"system": "crm", "external_id": "1"}]})

    (change,), cursor = follow(bd, start, "&resource=company&expand=object")
    assert (change["part"], change["operation"], change["id"]) == ("external-ref", "update", str(company.pk))
    assert change["object"]["refs"] == [{"system": "crm", "external_id": "1"}]
    assert follow(bd, start, "&resource=deal")[0] == []
    company.delete()
    assert [one["operation"] for one in follow(bd, cursor, "&resource=company")[0]] == ["delete"]


def test_feed_tells_outsiders_nothing_of_confidential_deals(bd, administrator):
    start = str(current_position())
    deal = DealFactory(is_confidential=True)

    assert follow(bd, start, "&expand=object&resource=deal")[0] == []
    (change,), _cursor = follow(administrator, start, "&expand=object&resource=deal")
    assert change["object"]["id"] == str(deal.pk)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=forged", "after"),
        ("after=", "after"),
        ("resource=secret", "resource"),
        ("resource=deal-place", "resource"),
        ("limit=1001", "limit"),
        ("wait=26", "wait"),
        ("expand=all", "expand"),
        ("colour=red", "colour"),
    ],
)
def test_parameters_that_are_not_known_are_refused(bd, query, field):
    assert problem(bd.get(f"changes?{query}"), 400)[0][0] == field


def test_cursor_of_another_database_is_gone(bd):
    response = bd.get(f"changes?after={Position(2**60, 0)}")
    assert problem(response, 410) == []
    assert response.json()["type"].endswith(":cursor-gone")


def test_waiting_request_is_answered_when_something_happens(bd):
    settle()
    cursor = bd.get("changes?resource=company").json()["next"]
    found = []

    def wait():
        found.append(bd.get(f"changes?after={cursor}&resource=company&wait=20").json())
        connection.close()

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(1)
    assert found == []
    company = CompanyFactory()
    waiter.join(20)

    assert [change["id"] for change in found[0]["changes"]] == [str(company.pk)]


def test_second_waiting_request_is_answered_at_once(bd):
    settle()
    cursor = bd.get("changes?resource=company").json()["next"]

    def wait():
        bd.get(f"changes?after={cursor}&wait=2")
        connection.close()

    threads = [threading.Thread(target=wait) for _number in range(2)]
    started = time.monotonic()
    threads[0].start()
    time.sleep(0.5)
    threads[1].start()
    threads[1].join()
    assert time.monotonic() - started < 1.9
    threads[0].join()


def answer_of_waiting(caller, meanwhile, cursor, **headers):
    """Return the answer to a request that waits, and during which something happens before a change does."""
    found = []

    def wait():
        found.append(caller.get(f"changes?after={cursor}&resource=company&expand=object&wait=20", **headers))
        connection.close()

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.7)
    assert found == []
    meanwhile()
    CompanyFactory()
    waiter.join(20)
    return found[0]


def cursor_of(caller):
    settle()
    return caller.get("changes?resource=company").json()["next"]


def deactivate(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize(
    "let_out",
    [
        deactivate,
        lambda user: user.api_tokens.update(revoked_at=timezone.now()),
        lambda user: user.api_tokens.update(expires_at=timezone.now()),
    ],
    ids=["deactivated", "revoked", "expired"],
)
def test_caller_who_is_let_out_while_they_wait_is_told_nothing(bd, let_out):
    response = answer_of_waiting(bd, lambda: let_out(bd.user), cursor_of(bd))
    assert problem(response, 401) == []


@pytest.mark.parametrize(
    "let_out",
    [lambda user, _client: deactivate(user), lambda _user, client: client.logout()],
    ids=["deactivated", "signed out"],
)
def test_person_who_is_let_out_while_their_page_waits_is_told_nothing(bd, client, let_out):
    cursor = cursor_of(bd)
    client.force_login(bd.user)

    class Page:
        def get(self, path):
            return client.get(f"/api/v1/{path}")

    assert answer_of_waiting(Page(), lambda: None, cursor).status_code == 200
    cursor = cursor_of(bd)
    assert answer_of_waiting(Page(), lambda: let_out(bd.user, client), cursor).status_code == 401


def test_caller_whose_rights_change_while_they_wait_loads_anew(bd):
    response = answer_of_waiting(bd, lambda: set_role(user=bd.user, role=Role.MANAGER, by=None), cursor_of(bd))
    assert problem(response, 410) == []
    assert response.json()["type"].endswith(":cursor-gone")
