"""The Python client against the running server."""

import random

import pytest

from accounts.enums import Role
from companies.models import Company, SourcedFact
from deals.models import Deal
from lrs_client import BulkRefused, Client, GateUnmet, Gone, NotFound, Refused, Stale, Unavailable
from tests.accounts.factories import UserFactory
from tests.clients.conftest import settle, token_of
from tests.clients.serving import free_port
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, GateFactory, StageFactory

pytestmark = pytest.mark.django_db(transaction=True)


A_FACT = {"metric": "Capacity", "value": "A lot", "source": "A paper", "as_of": "2026-11-01"}


def facts(*values):
    return [{"op": "create", "data": {**A_FACT, "value": value}} for value in values]


def test_iterate_goes_through_all_pages_and_takes_filters(connect):
    Company.objects.bulk_create(Company(name=f"Company {number:04}", country="DE") for number in range(1100))
    client = connect()

    names = [one["name"] for one in client.iterate("companies", ordering="-name")]
    assert names == [f"Company {number:04}" for number in reversed(range(1100))]
    assert [one["id"] for one in client.iterate("companies", limit=70, fields=["id"])] == [
        one["id"] for one in client.export("companies")
    ]
    assert [one["name"] for one in client.iterate("companies", q="Company 0007")] == ["Company 0007"]


def test_object_is_created_read_changed_and_deleted(connect):
    client = connect()
    company = client.create("companies", {"name": "Nordwind", "country": "DE"})
    assert client.get("companies", company["id"]) == company
    assert client.get("companies", company["id"], fields=["name"]) == {"name": "Nordwind"}

    changed = client.change("companies", company["id"], {"about": "Cells"}, version=company["version"])
    assert (changed["about"], changed["version"]) == ("Cells", 2)
    with pytest.raises(Stale):
        client.change("companies", company["id"], {"about": "Late"}, version=company["version"])

    fact = client.create(
        "facts",
        {**A_FACT, "company": company["id"]},
    )
    client.delete("facts", fact["id"], version=fact["version"])
    with pytest.raises(NotFound):
        client.get("facts", fact["id"])


@pytest.mark.parametrize("external_id", ["", ".", ".."])
def test_id_that_has_no_address_is_refused_before_it_is_sent(connect, external_id):
    client = connect()
    for ask in (
        lambda: client.upsert("companies", "crm", external_id, {"name": "Nordwind"}),
        lambda: client.get_by_ref("companies", "crm", external_id),
        lambda: client.get("companies", external_id),
    ):
        with pytest.raises(ValueError, match="cannot be an id"):
            ask()
    operation = {"op": "upsert", "ref": {"system": "crm", "external_id": external_id}, "data": {"name": "Nordwind"}}
    (result,) = client.bulk("companies", [operation])
    assert (result.status, result.problem.errors[0].field) == (400, "ref")


def test_upsert_creates_and_then_changes_what_another_system_knows(connect):
    client = connect()
    made = client.upsert("companies", "crm", "a/b ä?1", {"name": "Nordwind"})
    again = client.upsert("companies", "crm", "a/b ä?1", {"name": "Nordwind Motors"})
    assert (again["id"], again["name"]) == (made["id"], "Nordwind Motors")
    assert client.get_by_ref("companies", "crm", "a/b ä?1") == again


def test_key_of_ones_own_makes_a_request_of_another_client_the_same_one(connect):
    user = UserFactory(role=Role.ADMINISTRATOR)
    first = connect(user).create("companies", {"name": "Nordwind"}, key="k1")
    assert connect(user).create("companies", {"name": "Nordwind"}, key="k1") == first
    assert connect(user).bulk("facts", facts("1"), key="k2") == connect(user).bulk("facts", facts("1"), key="k2")
    assert SourcedFact.objects.count() == 1


def test_bulk_goes_in_as_many_requests_as_it_needs(connect):
    client = connect()
    results = client.bulk("facts", facts(*map(str, range(2050)), ""))
    assert [one.status for one in results] == [201] * 2050 + [400]
    assert results[-1].problem.errors[0].field == "value"
    assert SourcedFact.objects.count() == 2050
    assert client.bulk("facts", []) == []


def test_atomic_bulk_is_all_or_nothing(connect):
    client = connect()
    with pytest.raises(BulkRefused) as refused:
        client.bulk("facts", facts("1", "2", "", "4"), atomic=True)
    assert (refused.value.number, refused.value.status, refused.value.errors[0].field) == (2, 400, "value")
    with pytest.raises(ValueError, match="1000 operations"):
        client.bulk("facts", facts(*map(str, range(1001))), atomic=True)
    assert SourcedFact.objects.count() == 0
    assert [one.status for one in client.bulk("facts", facts("1", "2"), atomic=True)] == [201, 201]


def test_move_says_what_a_gate_misses(connect):
    client = connect()
    deal = DealFactory()
    target = StageFactory(pipeline=deal.stage.pipeline)
    gate = GateFactory(stage=deal.stage, label="Signed NDA")

    with pytest.raises(GateUnmet) as unmet:
        client.move(str(deal.pk), str(target.pk), version=1)
    (missing,) = unmet.value.missing
    assert missing.label == "Signed NDA"

    moved = client.move(
        str(deal.pk), str(target.pk), version=1, waive=[missing.key], waiver_reason="It is in the post."
    )
    assert moved["stage"] == str(target.pk)
    assert gate.stage_id != target.pk


def test_refusal_names_what_is_wrong_and_finds_the_request_in_the_log(connect):
    with pytest.raises(Refused) as refused:
        connect().create("companies", {"name": "", "colour": "red"})
    error = refused.value
    assert (error.status, error.kind) == (400, "invalid")
    assert {one.field for one in error.errors} == {"colour"}
    assert error.request_id


def test_feed_goes_on_from_a_cursor_and_cursor_of_another_database_is_gone(connect):
    client = connect()
    settle()
    start = client.changes(resources=["companies"], wait=0).next
    company = CompanyFactory(name="Nordwind")
    settle()
    page = client.changes(start, ["companies"], wait=0)

    (change,) = page.changes
    assert (change.resource, change.id, change.operation) == ("companies", str(company.pk), "insert")
    assert change.object["name"] == "Nordwind"
    assert client.changes(page.next, ["companies"], wait=0).changes == []

    from sync.domain.feed import Position

    with pytest.raises(Gone):
        client.changes(str(Position(2**60, 0)))


def test_waiting_follower_is_told_when_something_happens(connect):
    client = connect()
    settle()
    start = client.changes(resources=["companies"], wait=0).next
    pages = client.follow(start, ["companies"], wait=1)
    assert next(pages).changes == []
    company = CompanyFactory()
    settle()
    assert [change.id for page in (next(pages), next(pages)) for change in page.changes] == [str(company.pk)]


def test_server_that_is_not_there_is_unavailable(monkeypatch):
    monkeypatch.setattr("lrs_client.connection._LONGEST_PAUSE", 0.1)
    with Client(f"http://127.0.0.1:{free_port()}", "lrs_x") as client, pytest.raises(Unavailable):
        client.get("companies", "1")


def test_too_many_requests_are_held_back_and_then_go_through(live_server, settings, time_machine):
    settings.API_REQUESTS_PER_MINUTE = 2
    with Client(live_server.url, token_of(UserFactory(role=Role.ADMINISTRATOR))) as client:
        assert list(client.iterate("companies")) == []
        time_machine.move_to("2027-01-04T08:00:57Z", tick=True)
        for number in range(4):
            client.create("companies", {"name": f"Company {number}"})
    assert Company.objects.count() == 4


def cut_at_random(proxy, rng, sizes):
    """Have the next connections end after a random part of the request or of the answer."""
    proxy.cuts = [(way, rng.randrange(sizes[way] + 1)) for way in (rng.choice(("request", "answer")) for _ in range(2))]


@pytest.mark.parametrize("is_atomic", [True, False])
def test_bulk_cut_at_any_byte_and_sent_again_has_one_effect(connect, proxy, is_atomic):
    rng = random.Random(f"bulk {is_atomic}")  # noqa: S311  # no secret
    user = UserFactory(role=Role.ADMINISTRATOR)
    with_sizes = connect(user, url=proxy.url)
    with_sizes.bulk("facts", facts("a", "b", "c"), atomic=is_atomic)
    sizes = dict(proxy.passed)

    for number in range(20):
        cut_at_random(proxy, rng, sizes)
        values = [f"{number} {letter}" for letter in "abc"]
        results = connect(user, url=proxy.url).bulk("facts", facts(*values), atomic=is_atomic)
        written = list(SourcedFact.objects.filter(value__in=values).order_by("pk").values_list("pk", "value"))
        assert [value for _pk, value in written] == values
        assert [(one.status, one.id) for one in results] == [(201, str(pk)) for pk, _value in written]


def test_create_and_upsert_cut_at_any_byte_have_one_effect(connect, proxy):
    rng = random.Random("create")  # noqa: S311  # no secret
    user = UserFactory(role=Role.ADMINISTRATOR)
    connect(user, url=proxy.url).create("facts", A_FACT)
    sizes = dict(proxy.passed)

    for number in range(20):
        cut_at_random(proxy, rng, sizes)
        client = connect(user, url=proxy.url)
        made = client.create("facts", {**A_FACT, "value": str(number)})
        assert SourcedFact.objects.get(value=str(number)).pk == int(made["id"])
        cut_at_random(proxy, rng, sizes)
        client = connect(user, url=proxy.url)
        put = client.upsert("companies", "crm", str(number), {"name": f"Company {number}"})
        assert Company.objects.get(name=f"Company {number}").pk == int(put["id"])


def test_change_whose_answer_is_lost_is_not_sent_again(connect, proxy):
    company = CompanyFactory(about="")
    client = connect(url=proxy.url)
    proxy.cuts = [("answer", 10)]
    with pytest.raises(Unavailable):
        client.change("companies", str(company.pk), {"about": "Cells"})
    assert client.get("companies", str(company.pk))["version"] == 2
    assert Deal.objects.count() == 0
