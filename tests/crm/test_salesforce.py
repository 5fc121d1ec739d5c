"""Salesforce and LRS Tracker in step, against a stand-in of its API."""

import datetime as dt
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from companies.models import Company, Contact
from crm.domain.connections import change_connection
from crm.domain.mappings import set_field_mappings
from crm.domain.runs import due_connections
from crm.enums import Outcome, Resource, RunStatus, Way
from crm.models import PairSuggestion, RecordState
from deals.models import Deal
from sync.models import ExternalRef
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.crm.stand_in.salesforce import SECRET, limit_exceeded
from tests.crm.stand_in.server import Reply
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db(transaction=True)


def told(run):
    """What the run's log says: record, direction and outcome."""
    return [(record.label, record.way, record.outcome) for record in run.records.order_by("pk")]


def test_everything_of_theirs_comes_page_by_page(salesforce, to_salesforce, sync, stages):
    salesforce.page_size = 2
    accounts = [salesforce.add("Account", Name=f"{name} O'Motors", BillingCountry="Japan") for name in "ABCDE"]
    salesforce.add("Contact", AccountId=accounts[0], FirstName="Anna", LastName="Berg", Email="anna@a.example")
    salesforce.add(
        "Opportunity",
        AccountId=accounts[1],
        Name="Osaka",
        StageName="Proposal",
        Amount=1200000.5,
        CloseDate="2027-03-31",
    )

    run = sync(to_salesforce)

    assert (run.status, run.problem) == (RunStatus.DONE, "")
    assert len(told(run)) == 7
    assert {company.country for company in Company.objects.all()} == {"JP"}
    deal = Deal.objects.get()
    assert (deal.company.name, deal.annual_royalty, deal.stage) == ("B O'Motors", Decimal("1200000.50"), stages[1])
    assert (deal.expected_effective_on, Contact.objects.get().name) == (dt.date(2027, 3, 31), "Anna Berg")
    assert ExternalRef.objects.filter(system="salesforce").count() == 7
    assert told(sync(to_salesforce)) == []


def test_everything_of_ours_goes_there_and_changes_follow(salesforce, to_salesforce, sync, stages):
    deal = DealFactory(
        company__name="Larkspur",
        company__website="https://larkspur.example",
        title="Osaka",
        stage=stages[0],
        annual_royalty=Decimal("2500000.25"),
        currency="USD",
        expected_effective_on=dt.date(2028, 1, 31),
    )
    ContactFactory(company=deal.company, name="Sato", email="ken@larkspur.example")

    sync(to_salesforce)

    ((account, company),) = salesforce.rows["Account"].items()
    ((_key, contact),) = salesforce.rows["Contact"].items()
    ((there, opportunity),) = salesforce.rows["Opportunity"].items()
    assert (company["Name"], company["Website"]) == ("Larkspur", "larkspur.example")
    assert (contact["LastName"], contact["AccountId"]) == ("Sato", account)
    assert (opportunity["Amount"], opportunity["CloseDate"]) == (2500000.25, "2028-01-31")
    assert (opportunity["StageName"], opportunity["AccountId"]) == ("Prospecting", account)

    Deal.objects.filter(pk=deal.pk).update(annual_royalty=None, currency="")
    salesforce.change("Opportunity", there, StageName="Closed Lost")
    run = sync(to_salesforce)

    deal.refresh_from_db()
    assert (deal.stage, salesforce.rows["Opportunity"][there]["Amount"]) == (stages[3], None)
    assert [(record.way, record.outcome) for record in run.records.order_by("pk")] == [
        (Way.IN, Outcome.CHANGED),
        (Way.OUT, Outcome.CHANGED),
    ]
    assert told(sync(to_salesforce)) == []


def test_record_that_lacks_what_is_required_there_is_told_and_keeps_no_other_back(
    salesforce, to_salesforce, sync, stages
):
    deal = DealFactory(stage=stages[0], title="Without a date")
    DealFactory(stage=stages[0], title="Fine", expected_effective_on=dt.date(2028, 1, 31))

    run = sync(to_salesforce)

    assert run.records.get(outcome=Outcome.FAILED).note == "Required fields are missing: [CloseDate]"
    assert [row["Name"] for row in salesforce.rows["Opportunity"].values()] == ["Fine"]
    Deal.objects.filter(pk=deal.pk).update(expected_effective_on=dt.date(2028, 1, 31))
    sync(to_salesforce)
    assert len(salesforce.rows["Opportunity"]) == 2


def test_session_that_ends_is_renewed(salesforce, to_salesforce, sync):
    salesforce.add("Account", Name="Aster")
    answer = salesforce.answer
    ended = []

    def end_sessions_once(call):
        if "query" in call.path and not ended:
            ended.append(True)
            salesforce.sessions.clear()
        return answer(call)

    salesforce.answer = end_sessions_once

    assert sync(to_salesforce).problem == ""
    assert Company.objects.get().name == "Aster"
    assert len(salesforce.paths("oauth2/token")) == 2


def test_daily_limit_pauses_the_connection_for_an_hour(salesforce, to_salesforce, sync):
    salesforce.fail("query", limit_exceeded())
    run = sync(to_salesforce)
    assert run.status == RunStatus.PAUSED
    now = timezone.now()
    assert due_connections(at=now + dt.timedelta(minutes=55)) == []
    assert due_connections(at=now + dt.timedelta(minutes=61)) == [to_salesforce.pk]


def test_service_that_asks_to_wait_is_waited_for(salesforce, to_salesforce, sync, monkeypatch):
    waited = []
    monkeypatch.setattr("crm.connectors.base.sleep", waited.append)
    salesforce.fail("query", Reply(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}], {"Retry-After": "7"}))
    assert sync(to_salesforce).status == RunStatus.DONE
    # Others of this process wait for shorter times with the same function.
    assert [seconds for seconds in waited if seconds >= 1] == [7.0]


def test_user_signs_in_by_a_signed_token(salesforce, to_salesforce, sync, admin):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    salesforce.public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    change_connection(
        connection=to_salesforce,
        values={
            "username": "integration@acme.example",
            "domain": to_salesforce.domain,
            "consumer_key": to_salesforce.consumer_key,
        },
        secret=private.decode(),
        by=admin,
    )
    salesforce.add("Account", Name="Aster")
    assert sync(to_salesforce).problem == ""
    assert Company.objects.count() == 1


def test_wrong_credentials_end_the_run_without_saying_them(salesforce, to_salesforce, sync, admin):
    change_connection(
        connection=to_salesforce,
        values={"domain": "acme.my", "consumer_key": "wrong-key"},
        secret="wrong-secret",
        by=admin,
    )
    run = sync(to_salesforce)
    assert run.status == RunStatus.FAILED
    assert run.problem == "Salesforce does not let the connected app in: invalid client credentials"


def test_field_that_is_not_there_is_named(salesforce, to_salesforce, sync, admin):
    fields = {"name": "Name", "about": "No_Such__c"}
    set_field_mappings(connection=to_salesforce, resource=Resource.COMPANY, fields=fields, by=admin)
    salesforce.add("Account", Name="Aster")
    run = sync(to_salesforce)
    assert run.problem == "Salesforce does not take this: No such column 'No_Such__c' on entity 'Account'"


def test_field_that_is_mapped_later_comes_for_what_is_paired_already(salesforce, to_salesforce, sync, admin):
    fields = {"name": "Name"}
    set_field_mappings(connection=to_salesforce, resource=Resource.COMPANY, fields=fields, by=admin)
    salesforce.add("Account", Name="Aster", Description="Makes cars.")
    sync(to_salesforce)
    assert Company.objects.get().about == ""
    set_field_mappings(
        connection=to_salesforce, resource=Resource.COMPANY, fields=fields | {"about": "Description"}, by=admin
    )
    sync(to_salesforce)
    assert Company.objects.get().about == "Makes cars."


def test_similar_account_is_suggested_by_website(salesforce, to_salesforce, sync):
    CompanyFactory(name="Completely other name", website="https://aster.example/en")
    salesforce.add("Account", Name="Aster", Website="http://www.aster.example")
    sync(to_salesforce)
    assert PairSuggestion.objects.get().likeness == "domain"
    assert (Company.objects.count(), len(salesforce.rows["Account"])) == (1, 1)


@pytest.mark.parametrize("is_done", [True, False])
def test_creation_whose_answer_is_lost_makes_one_record(salesforce, to_salesforce, sync, is_done):
    CompanyFactory(name="Larkspur")
    salesforce.fail("composite", None, after=is_done)
    assert sync(to_salesforce).status == RunStatus.FAILED
    sync(to_salesforce)
    (there,) = salesforce.rows["Account"]
    assert ExternalRef.objects.get().external_id == there


def test_account_deleted_there_stays_here_or_is_archived_as_the_connection_says(salesforce, to_salesforce, sync, admin):
    company = CompanyFactory(name="Larkspur")
    sync(to_salesforce)
    (there,) = salesforce.rows["Account"]
    salesforce.change("Account", there, IsDeleted=True)
    sync(to_salesforce)
    company.refresh_from_db()
    assert company.archived_at is None
    values = {"carries_archiving": True, "domain": "acme.my", "consumer_key": to_salesforce.consumer_key}
    change_connection(connection=to_salesforce, values=values, by=admin)
    sync(to_salesforce)
    company.refresh_from_db()
    assert company.archived_at is not None


def test_account_that_cannot_be_archived_there_is_told_once_and_tried_again(salesforce, to_salesforce, sync, admin):
    values = {"carries_archiving": True, "domain": "acme.my", "consumer_key": to_salesforce.consumer_key}
    change_connection(connection=to_salesforce, values=values, by=admin)
    stuck, fine, gone = (CompanyFactory(name=name) for name in ("Larkspur", "Vireo", "Aster"))
    sync(to_salesforce)
    keys = {row["Name"]: key for key, row in salesforce.rows["Account"].items()}
    salesforce.undeletable.add(keys["Larkspur"])
    # Somebody deletes this one while the run is under way: that is no problem.
    Company.objects.filter(pk__in=[stuck.pk, fine.pk, gone.pk]).update(archived_at=timezone.now())
    answer = salesforce.answer

    def delete_first(call):
        if call.method == "DELETE":
            salesforce.change("Account", keys["Aster"], IsDeleted=True)
        return answer(call)

    salesforce.answer = delete_first
    run = sync(to_salesforce)

    assert sorted(told(run)) == [
        ("Aster", Way.OUT, Outcome.ARCHIVED),
        ("Larkspur", Way.OUT, Outcome.FAILED),
        ("Vireo", Way.OUT, Outcome.ARCHIVED),
    ]
    problem = "Your attempt to delete it could not be completed: it has cases."
    assert run.records.get(outcome=Outcome.FAILED).note == problem
    assert RecordState.objects.get(object_id=stuck.pk).problem == problem
    assert [told(sync(to_salesforce)) for _again in range(2)] == [[], []]

    salesforce.undeletable.clear()
    assert told(sync(to_salesforce)) == [("Larkspur", Way.OUT, Outcome.ARCHIVED)]
    assert not RecordState.objects.filter(needs_retry=True).exists()


def test_field_whose_name_is_typed_in_other_letters_is_read(salesforce, to_salesforce, sync, admin):
    fields = {"name": "name", "about": "description"}
    set_field_mappings(connection=to_salesforce, resource=Resource.COMPANY, fields=fields, by=admin)
    there = salesforce.add("Account", Name="Aster", Description="Makes cars.")
    sync(to_salesforce)
    assert Company.objects.get().about == "Makes cars."
    Company.objects.update(about="Makes trucks.")
    sync(to_salesforce)
    assert salesforce.rows["Account"][there]["Description"] == "Makes trucks."
    assert told(sync(to_salesforce)) == []


def test_secret_is_sealed_in_the_database(to_salesforce):
    to_salesforce.refresh_from_db()
    assert SECRET not in to_salesforce.sealed_secret
