"""Upserts of many deals, which are done together: what comes of them is what comes of each by itself."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from deals.domain.default_pipeline import create_default_pipeline
from deals.enums import MoveKind
from deals.models import Deal, StageTransition
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages():
    return list(create_default_pipeline().stages.order_by("position"))


@pytest.fixture
def company():
    return CompanyFactory()


def upsert(number, **data):
    return {"op": "upsert", "ref": {"system": "crm", "external_id": str(number)}, "data": data}


def held(number, **facts):
    """Return a deal that the other system knows."""
    deal = DealFactory(**facts)
    ExternalRef.objects.create(resource="deal", object_id=deal.pk, system="crm", external_id=str(number))
    return deal


def outcome(caller, operations, *, monkeypatch, together, is_atomic=False):
    """Return what a bulk request answered and left behind, and take it back."""
    monkeypatch.setattr("lrs_tracker.api.bulk._FEW", 4 if together else 10_000)
    before = Change.objects.count()
    with transaction.atomic():
        answer = caller.post("deals/bulk", {"atomic": is_atomic, "operations": operations})
        results = [
            (one["status"], one["version"], one.get("problem", {}).get("code"), fields_of(one))
            for one in answer.json()["results"]
        ]
        deals = [
            {name: value for name, value in vars(deal).items() if name not in {"_state", "id", *TIMES}}
            for deal in Deal.objects.order_by("title", "pk")
        ]
        moves = sorted(StageTransition.objects.values_list("deal__title", "to_stage", "kind", "by"))
        refs = sorted(ExternalRef.objects.values_list("external_id", flat=True))
        made = Change.objects.order_by("pk")[before:]
        changes = sorted((one.resource, one.operation, one.actor_id, one.channel, sorted(one.fields)) for one in made)
        transaction.set_rollback(True)
    return answer.status_code, results, deals, moves, refs, changes


TIMES = ("rank", "entered_stage_at", "created_at", "updated_at")


def fields_of(result):
    return [error["field"] for error in result.get("problem", {}).get("errors", [])]


def test_what_comes_of_many_is_what_comes_of_each(bd, stages, company, monkeypatch):
    colleague, gone = UserFactory(), UserFactory(is_active=False)
    first, second = str(stages[0].pk), str(stages[1].pk)
    held(1, company=company, stage=stages[0], title="Old one", currency="EUR", annual_royalty=5)
    held(2, company=company, stage=stages[1], title="Old two")
    held(3, company=company, stage=stages[0], title="Secret", is_confidential=True, owner=colleague)
    held(4, company=company, stage=stages[0], title="Kept")
    archived = CompanyFactory(archived_at=NOW)
    to_company = {"company": str(company.pk), "stage": first}
    operations = [
        upsert(1, title=" New one "),
        upsert(2, title="New two", stage=second, owner=str(colleague.pk), capacity_gwh="12.5", scope=["licence"]),
        upsert(2, title="Newer two", annual_royalty={"amount": "7.00", "currency": "USD"}),
        upsert(3, title="Seen"),
        upsert(4, **to_company),
        upsert(4, stage=second),
        upsert(10, **to_company, title="Ten", region="europe", chemistry="lfp"),
        upsert(11, **to_company, title="Eleven", owner=str(colleague.pk)),
        upsert(12, **to_company, title="Inactive", owner=str(gone.pk)),
        upsert(13, title="Nothing else"),
        upsert(14, **to_company, title="Unknown", colour="red"),
        upsert(15, company=str(archived.pk), stage=first, title="Archived"),
        upsert(16, company=str(company.pk), stage=second, title="Further along"),
        upsert(17, **to_company, title="Too much", capacity_gwh="99999"),
        upsert(18, **to_company, title="No currency", annual_royalty={"amount": "7.00", "currency": "usd"}),
        upsert(19, company="0", stage=first, title="Nobody"),
        upsert(20, **to_company, title="Twenty", next_step="Call"),
        upsert(21, **to_company, title="\u200b"),
        {"op": "upsert", "ref": {"system": "not valid!", "external_id": "1"}, "data": to_company},
        {"op": "create", "data": {**to_company, "title": "Made"}},
        upsert(22, **to_company, title="Twenty-two"),
        upsert(1, title="Newest one"),
    ]

    together = outcome(bd, operations, monkeypatch=monkeypatch, together=True)

    statuses = [status for status, *_rest in together[1]]
    assert (statuses[:2], statuses[6:8], statuses[-2:]) == ([200, 200], [201, 201], [201, 200])
    # A ref that a hidden deal holds is answered as one that nobody holds: a new deal needs a company and a stage.
    assert statuses[3] == 400
    assert set(together[1][3][3]) == {"company", "stage"}
    assert statuses.count(400) >= 8
    assert together == outcome(bd, operations, monkeypatch=monkeypatch, together=False)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_role_that_may_not_write_writes_none(caller_of, role, stages, company, monkeypatch):
    held(1, company=company, stage=stages[0], title="Old")
    caller = caller_of(role)
    operations = [
        upsert(number, company=str(company.pk), stage=str(stages[0].pk), title=f"Deal {number}") for number in range(6)
    ]

    together = outcome(caller, operations, monkeypatch=monkeypatch, together=True)

    assert {status for status, *_rest in together[1]} == {403}
    assert together == outcome(caller, operations, monkeypatch=monkeypatch, together=False)


def test_atomic_request_leaves_nothing_when_one_is_refused(bd, stages, company, monkeypatch):
    operations = [upsert(number, company=str(company.pk), stage=str(stages[0].pk)) for number in range(8)]
    operations[5]["data"]["company"] = "0"

    together = outcome(bd, operations, monkeypatch=monkeypatch, together=True, is_atomic=True)

    status, results, deals, *_rest = together
    assert (status, deals) == (400, [])
    assert [one[0] for one in results] == [424, 424, 424, 424, 424, 400, 424, 424]
    assert together == outcome(bd, operations, monkeypatch=monkeypatch, together=False, is_atomic=True)


def test_many_take_as_many_queries_as_few(bd, stages, company):
    def queries(count, title):
        operations = [
            upsert(number, company=str(company.pk), stage=str(stages[0].pk), title=title) for number in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            answer = bd.post("deals/bulk", {"operations": operations})
        assert {one["status"] for one in answer.json()["results"]} <= {200, 201}
        return len(captured)

    queries(10, "Warm")
    assert queries(200, "New") - queries(10, "Newer") < 10
    assert queries(200, "Newest") < 25
    assert set(StageTransition.objects.values_list("kind", flat=True)) == {MoveKind.FORWARD}
