"""What every resource below an agreement does alike: secrecy, roles, and few queries."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role, TokenScope
from tests.api.agreements import BELOW_AGREEMENT, WRITES, fresh_agreement
from tests.api.test_objects import problem
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db
RESOURCES = sorted(BELOW_AGREEMENT)
PARENTS = {
    "agreements": ("deal", "licensee"),
    "payments": ("payer",),
    **dict.fromkeys(
        ("royalty-terms", "fees", "production-reports", "statements", "invoices", "credit-notes"),
        ("agreement", "deal", "licensee"),
    ),
}


@pytest.fixture
def secret():
    """An agreement of a confidential deal."""
    return fresh_agreement(deal=DealFactory(is_confidential=True))


def without_instance(response):
    return {**response.json(), "instance": ""}


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.READ_ONLY])
def test_what_is_below_a_confidential_deal_does_not_exist_for_outsiders(name, role, caller_of, secret, administrator):
    row = BELOW_AGREEMENT[name](secret)
    outsider = caller_of(role)
    changes, actions = WRITES[name]
    tried = [("GET", "", None)]
    if changes:
        tried.append(("PATCH", "", changes))
    tried += [("POST", f"/{verb}", body) for verb, body in actions.items()]
    if name in ("agreements", "royalty-terms", "fees", "production-reports"):
        tried.append(("DELETE", "", None))
    for method, rest, body in tried:
        hidden = outsider.call(method, f"{name}/{row.pk}{rest}", body)
        missing = outsider.call(method, f"{name}/987654{rest}", body)
        assert hidden.status_code == 404, (method, rest, hidden.content)
        assert without_instance(hidden) == without_instance(missing)
        assert hidden.headers.keys() == missing.headers.keys()

    assert outsider.get(name).json() == {"results": [], "next": None}
    assert outsider.get(f"{name}/export").getvalue() == b""
    assert administrator.get(f"{name}/{row.pk}").json()["id"] == str(row.pk)
    assert [one["id"] for one in administrator.get(name).json()["results"]] == [str(row.pk)]


@pytest.mark.parametrize("name", [name for name in RESOURCES if WRITES[name][0]])
def test_bulk_finds_nothing_below_a_confidential_deal(name, caller_of, secret):
    row = BELOW_AGREEMENT[name](secret)
    body = {
        "operations": [{"op": "update", "id": pk, "data": WRITES[name][0]} for pk in (str(row.pk), "987654")],
    }
    hidden, missing = caller_of(Role.FINANCE).post(f"{name}/bulk", body).json()["results"]
    assert hidden["status"] == 404
    assert hidden == missing


@pytest.mark.parametrize(("name", "parent"), [(name, parent) for name in RESOURCES for parent in PARENTS[name]])
def test_filters_by_parents(name, parent, caller_of, secret):
    shown, other = fresh_agreement(), fresh_agreement()
    row = BELOW_AGREEMENT[name](shown)
    for agreement in (other, secret):
        BELOW_AGREEMENT[name](agreement)
    key = {"agreement": "pk", "deal": "deal_id", "licensee": "licensee_id", "payer": "licensee_id"}[parent]
    reader = caller_of(Role.READ_ONLY)

    found = reader.get(f"{name}?{parent}={getattr(shown, key)}").json()["results"]
    assert [one["id"] for one in found] == [str(row.pk)]
    assert problem(reader.get(f"{name}?{parent}=987654"), 400) == [(parent, "invalid_choice")]
    if parent in ("agreement", "deal"):
        hidden = reader.get(f"{name}?{parent}={getattr(secret, key)}")
        assert problem(hidden, 400) == [(parent, "invalid_choice")]
    else:
        assert reader.get(f"{name}?{parent}={getattr(secret, key)}").json()["results"] == []


@pytest.mark.parametrize("name", RESOURCES)
def test_included_parents_are_only_those_that_exist_for_the_caller(name, caller_of):
    row = BELOW_AGREEMENT[name](fresh_agreement())
    reader = caller_of(Role.READ_ONLY)
    includes = [parent for parent in ("agreement", "deal", "licensee", "payer") if parent in PARENTS[name]]
    includes = [
        one for one in includes if name not in ("royalty-terms", "fees", "production-reports") or one == "agreement"
    ]
    found = reader.get(f"{name}/{row.pk}?include={','.join(includes)}").json()
    assert {one: found["embedded"][one]["id"] for one in includes} == {one: found[one] for one in includes}


@pytest.mark.parametrize("name", RESOURCES)
def test_list_takes_the_same_few_queries_for_many_rows(name, caller_of):
    reader = caller_of(Role.FINANCE)
    reader.get(name)
    counts = []
    for more in (3, 27):
        for _ in range(more):
            BELOW_AGREEMENT[name](fresh_agreement())
        with CaptureQueriesContext(connection) as queries:
            rows = reader.get(name).json()["results"]
        counts.append((len(rows), len(queries)))
    assert [count for count, _queries in counts] == [3, 30]
    assert counts[0][1] == counts[1][1] <= 6


@pytest.mark.parametrize("name", RESOURCES)
def test_those_who_may_not_write_change_nothing(name, caller_of):
    row = BELOW_AGREEMENT[name](fresh_agreement())
    changes, actions = WRITES[name]
    for caller in (caller_of(), caller_of(Role.READ_ONLY), caller_of(Role.FINANCE, TokenScope.READ)):
        before = caller.get(f"{name}/{row.pk}").json()
        if changes:
            assert problem(caller.patch(f"{name}/{row.pk}", changes), 403) == []
        for verb, body in actions.items():
            answer = caller.post(f"{name}/{row.pk}/{verb}", body)
            # An id in a body is looked at before the role is: what it points to has to exist.
            assert answer.status_code in (400, 403, 409), (verb, answer.content)
        assert caller.get(f"{name}/{row.pk}").json() == before


@pytest.mark.parametrize("name", RESOURCES)
def test_export_gives_what_the_list_gives(name, caller_of):
    for _ in range(2):
        BELOW_AGREEMENT[name](fresh_agreement())
    reader = caller_of(Role.READ_ONLY)
    listed = reader.get(name).json()["results"]

    lines = reader.get(f"{name}/export").getvalue().splitlines()
    assert [json.loads(line) for line in lines] == listed
    table = list(csv.DictReader(io.StringIO(reader.get(f"{name}/export?format=csv").getvalue().decode())))
    assert [row["id"] for row in table] == [one["id"] for one in listed]


@pytest.mark.parametrize("name", RESOURCES)
def test_orders_go_both_ways_through_pages(name, caller_of):
    rows = [BELOW_AGREEMENT[name](fresh_agreement()) for _ in range(3)]
    reader = caller_of(Role.READ_ONLY)
    allowed = problem_text(reader.get(f"{name}?ordering=x"))
    for order in allowed:
        for sign in ("", "-"):
            found, address = [], f"{name}?limit=2&ordering={sign}{order}"
            while address:
                page = reader.get(address).json()
                found += [one["id"] for one in page["results"]]
                address = page["next"]
            assert sorted(found) == sorted(str(row.pk) for row in rows)


def problem_text(response):
    """Return the orders that a refusal lists."""
    message = response.json()["errors"][0]["message"]
    return message.removeprefix("Unknown. Allowed: ").split(", each")[0].split(", ")
