"""Requests that are sent again, and many operations in one."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.enums import TokenScope
from companies.models import Company
from deals.models import Deal
from sync.domain.idempotency import forget_answers, lock_key
from sync.models import ExternalRef, IdempotentAnswer
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, StageFactory

pytestmark = pytest.mark.django_db(transaction=True)


def operation(op, **values):
    return {"op": op, **values}


def test_request_with_a_key_has_one_effect_and_one_answer(bd):
    first = bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1")
    again = bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert Company.objects.count() == 1


def test_refusal_is_kept_too(bd):
    CompanyFactory(name="Nordwind", country="DE")
    body = {"name": "Nordwind", "country": "DE"}
    first = bd.post("companies", body, Idempotency_Key="k1")
    Company.objects.all().delete()
    assert problem(first, 400) == problem(bd.post("companies", body, Idempotency_Key="k1"), 400)
    assert bd.post("companies", body, Idempotency_Key="k2").status_code == 201


def test_body_that_came_in_part_uses_no_key_up(bd):
    assert problem(bd.post("companies", '{"name": "Nord', Idempotency_Key="k1"), 400) == []
    assert bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1").status_code == 201


def test_key_of_another_request_is_refused_and_keys_are_each_users_own(bd, caller_of):
    bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1")
    other = bd.post("companies", {"name": "Südwind"}, Idempotency_Key="k1")
    assert problem(other, 422) == []
    assert other.json()["type"].endswith(":idempotency-key-reused")
    assert caller_of().post("companies", {"name": "Südwind"}, Idempotency_Key="k1").status_code == 201


def test_second_request_while_the_first_one_runs_is_told_so(bd):
    with transaction.atomic():
        assert lock_key(user=bd.user, key="k1")
        found = []

        def send():
            found.append(bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1"))
            connection.close()

        sender = threading.Thread(target=send)
        sender.start()
        sender.join()
        assert problem(found[0], 409) == []
    assert bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1").status_code == 201


def test_many_at_once_with_one_key_have_one_effect(bd):
    answers = []

    def send():
        answers.append(bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1").status_code)
        connection.close()

    senders = [threading.Thread(target=send) for _number in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert Company.objects.count() == 1
    assert set(answers) <= {201, 409}


def test_answer_with_what_the_caller_may_not_see_any_more_is_not_given_again(bd):
    stage = StageFactory()
    body = {"company": str(CompanyFactory().pk), "stage": str(stage.pk), "title": "Aurora"}
    made = bd.post("deals", body, Idempotency_Key="k1").json()
    moved = bd.post(f"deals/{made['id']}/move", {"stage": str(stage.pk)}, Idempotency_Key="k2")
    assert (moved.status_code, moved.json()["title"]) == (200, "Aurora")
    Deal.objects.update(is_confidential=True, owner=None)

    for again in (
        bd.post("deals", body, Idempotency_Key="k1"),
        bd.post(f"deals/{made['id']}/move", {"stage": str(stage.pk)}, Idempotency_Key="k2"),
    ):
        assert problem(again, 404) == []
        assert b"Aurora" not in again.content
    assert Deal.objects.count() == 1


def test_effect_and_answer_are_stored_together_or_not_at_all(bd, monkeypatch):
    def fail(**_values):
        raise RuntimeError("the machine stops here")

    bd.client.raise_request_exception = False
    monkeypatch.setattr("lrs_tracker.api.once.keep_answer", fail)
    assert bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1").status_code == 500
    assert Company.objects.count() == IdempotentAnswer.objects.count() == 0
    monkeypatch.undo()
    assert bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1").status_code == 201


def test_what_is_not_an_answer_to_keep_is_not_kept(caller_of):
    reader = caller_of(scope=TokenScope.READ)
    assert problem(reader.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1"), 403) == []
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201])
def test_key_that_cannot_be_one_is_refused(bd, key):
    assert problem(bd.post("companies", {"name": "X"}, Idempotency_Key=key), 400) == [("Idempotency-Key", "invalid")]


def test_answer_is_forgotten_after_a_day(bd, time_machine):
    time_machine.move_to("2026-11-28T08:00:00Z", tick=False)
    bd.post("companies", {"name": "Nordwind"}, Idempotency_Key="k1")
    time_machine.move_to("2026-11-29T08:00:01Z", tick=False)
    assert forget_answers(at=timezone.now()) == 1
    assert bd.post("companies", {"name": "Südwind"}, Idempotency_Key="k1").status_code == 201


def test_operations_have_each_their_own_result_in_order(bd):
    known = CompanyFactory(name="Known")
    response = bd.post(
        "companies/bulk",
        {
            "operations": [
                operation("create", data={"name": "New"}),
                operation("create", data={"name": ""}),
                operation("update", id=str(known.pk), data={"about": "Mended"}, version=1),
                operation("update", id=str(known.pk), data={"about": "Stale"}, version=1),
                operation("upsert", ref={"system": "crm", "external_id": "1"}, data={"name": "Put"}),
                operation("upsert", ref={"system": "crm", "external_id": "1"}, data={"name": "Put again"}),
                operation("update", id="999999", data={"about": "Nobody"}),
                operation("delete", id=str(known.pk)),
                operation("create"),
                5,
            ]
        },
    )
    assert response.status_code == 200, response.content
    results = response.json()["results"]
    assert [one["status"] for one in results] == [201, 400, 200, 412, 201, 200, 404, 400, 400, 400]
    assert results[1]["problem"]["errors"][0]["field"] == "name"
    assert (results[2]["id"], results[2]["version"]) == (str(known.pk), 2)
    assert results[8]["problem"]["errors"][0] == {"field": "data", "code": "required", "message": "This is needed."}
    assert sorted(Company.objects.values_list("name", "about")) == [("Known", "Mended"), ("New", ""), ("Put again", "")]


def test_atomic_operations_are_all_or_nothing(bd):
    operations = [operation("create", data={"name": name}) for name in ("One", "Two", "")]
    refused = bd.post("companies/bulk", {"atomic": True, "operations": operations})
    assert problem(refused, 400) == []
    told = refused.json()
    assert {name: told[name] for name in ("type", "title", "status", "detail", "instance")} == {
        "type": "urn:lrs-tracker:problem:bulk-refused",
        "title": "Bad request",
        "status": 400,
        "detail": "Operation 3 of 3 was refused, and nothing was done; “results” says why.",
        "instance": "/api/v1/companies/bulk",
    }
    assert [one["status"] for one in told["results"]] == [424, 424, 400]
    assert told["results"][2]["problem"]["errors"][0]["field"] == "name"
    assert Company.objects.count() == 0

    done = bd.post("companies/bulk", {"atomic": True, "operations": operations[:2]}, Idempotency_Key="k1")
    again = bd.post("companies/bulk", {"atomic": True, "operations": operations[:2]}, Idempotency_Key="k1")
    assert done.content == again.content
    assert Company.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "operations"),
        ({"operations": []}, "operations"),
        ({"operations": [{"op": "create", "data": {}}] * 1001}, "operations"),
        ({"operations": [{"op": "create", "data": {}}], "atomic": "yes"}, "atomic"),
        ({"operations": [{"op": "create", "data": {}}], "colour": "red"}, "colour"),
        ([], None),
    ],
)
def test_bulk_bodies_that_are_not_known_are_refused(bd, body, field):
    assert problem(bd.post("companies/bulk", body), 400)[0][0] == field


def test_unknown_members_of_a_bulk_are_told_what_is_allowed(bd):
    refused = bd.post("companies/bulk", {"operations": [], "colour": "red", "size": 5})
    assert refused.json()["errors"] == [
        {"field": name, "code": "unknown_field", "message": "Unknown. Allowed: atomic, operations."}
        for name in ("colour", "size")
    ]
    operations = [operation("update", id="1", data={}, colour="red")]
    (result,) = bd.post("companies/bulk", {"operations": operations}).json()["results"]
    assert result["problem"]["errors"] == [
        {"field": "colour", "code": "unknown_field", "message": "Unknown. Allowed: data, id, op, version."}
    ]


def test_bulk_knows_no_confidential_deal(bd):
    deal = DealFactory(is_confidential=True)
    ExternalRef.objects.create(resource="deal", object_id=deal.pk, system="crm", external_id="1")
    operations = [
        operation("update", id=str(deal.pk), data={"title": "X"}),
        operation("upsert", ref={"system": "crm", "external_id": "1"}, data={"title": "X"}),
        operation("update", id="999999", data={"title": "X"}),
        operation("upsert", ref={"system": "crm", "external_id": "2"}, data={"title": "X"}),
    ]
    hidden, of_hidden, missing, of_nobody = bd.post("deals/bulk", {"operations": operations}).json()["results"]
    assert hidden == missing
    assert of_hidden == of_nobody
    assert (hidden["status"], of_hidden["status"]) == (404, 400)


def test_two_writers_with_the_same_entity_tag_one_wins(bd, caller_of):
    other = caller_of()
    deal = DealFactory()
    tag = bd.get(f"deals/{deal.pk}")["ETag"]
    statuses = []
    barrier = threading.Barrier(2)

    def write(caller, title):
        barrier.wait()
        statuses.append(caller.patch(f"deals/{deal.pk}", {"title": title}, If_Match=tag).status_code)
        connection.close()

    writers = [threading.Thread(target=write, args=pair) for pair in ((bd, "Mine"), (other, "Theirs"))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(statuses) == [200, 412]
