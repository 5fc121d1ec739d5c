"""External ids that are no plain pair: several of one object, taken away, or given to another."""

import pytest

from companies.models import Company, Contact
from crm.domain.suggestions import accept_suggestion, refuse_suggestion
from crm.enums import Outcome, RunCause, Way
from crm.models import PairSuggestion, RecordState
from deals.models import Deal
from sync.models import Change, ExternalRef
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db(transaction=True)


def told(run):
    """What the run's log says: record, direction and outcome."""
    return [(record.label, record.way, record.outcome) for record in run.records.order_by("pk")]


def writes(hubspot):
    """The writing requests that came there."""
    return [path for path in hubspot.paths("batch") if not path.endswith("read")]


def refer(company, external_id):
    return ExternalRef.objects.create(
        resource="company", object_id=company.pk, system="hubspot", external_id=external_id
    )


def test_object_with_two_records_is_left_alone_until_one_is_taken_away(hubspot, to_hubspot, sync):
    first = hubspot.add("companies", name="Aster Motors", description="First")
    second = hubspot.add("companies", name="Aster North", description="Second")
    company = CompanyFactory(name="Aster", about="Ours")
    refs = [refer(company, first), refer(company, second)]
    before = Change.objects.count()

    run = sync(to_hubspot)

    assert told(run) == [("Aster", Way.IN, Outcome.HELD)]
    assert run.records.get().note == (
        f"It has several records there: {first}, {second}. Nothing is written until it has one external id."
    )
    hubspot.change("companies", second, description="Changed")
    Company.objects.filter(pk=company.pk).update(about="Changed too")
    assert [told(sync(to_hubspot)) for _again in range(2)] == [[], []], "it is told once"
    assert told(sync(to_hubspot, cause=RunCause.PERSON)) == told(run)
    assert (Change.objects.count(), writes(hubspot)) == (before + 1, [])
    assert RecordState.objects.get().problem == run.records.get().note

    refs[1].delete()
    sync(to_hubspot)

    company.refresh_from_db()
    assert (company.about, hubspot.properties("companies", first)["description"]) == ("Changed too", "Changed too")
    assert hubspot.properties("companies", second)["description"] == "Changed"
    # Its former record is one of its own again.
    assert Company.objects.get(name="Aster North").pk != company.pk
    assert told(sync(to_hubspot)) == []


def test_contact_of_a_company_with_two_records_stays_with_the_one_it_has(hubspot, to_hubspot, sync):
    first, second = (hubspot.add("companies", name=name) for name in ("Aster Motors", "Aster North"))
    there = hubspot.add("contacts", company=second, firstname="Anna", lastname="Berg", email="anna@aster.example")
    company = CompanyFactory(name="Aster")
    refer(company, first)
    refer(company, second)

    sync(to_hubspot)
    Contact.objects.update(phone="1")
    sync(to_hubspot)

    assert hubspot.properties("contacts", there)["phone"] == "1"
    assert hubspot.records["contacts"][there]["companies"] == {second: {1, 279}}


def test_record_of_another_object_now_is_compared_as_a_new_pair(hubspot, to_hubspot, sync, admin):
    company = CompanyFactory(name="Aster", about="Ours")
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    other = hubspot.add("companies", name="Vireo", description="")
    ExternalRef.objects.filter(external_id=there).update(external_id=other)
    hubspot.archive("companies", there)

    sync(to_hubspot)

    # What was agreed with the former record does not make an empty field of the new one a change.
    company.refresh_from_db()
    assert company.about == "Ours"
    assert hubspot.properties("companies", other)["description"] == "Ours"
    assert told(sync(to_hubspot)) == []


def test_pair_that_was_taken_apart_is_asked_about_and_stays_two_when_somebody_says_so(hubspot, to_hubspot, sync, admin):
    contact = ContactFactory(company__name="Larkspur", name="Ken Sato", email="")
    sync(to_hubspot)
    ExternalRef.objects.filter(resource="contact").delete()
    (there,) = hubspot.records["contacts"]

    run = sync(to_hubspot)

    assert [(outcome, note) for outcome, note in run.records.order_by("pk").values_list("outcome", "note")] == [
        (Outcome.SUGGESTED, "It may be Ken Sato, Larkspur. Decide on the connection's page."),
        (Outcome.SUGGESTED, "It may be Ken Sato there. Decide on the connection's page."),
    ]
    hubspot.change("contacts", there, phone="1")
    assert told(sync(to_hubspot)) == []
    assert (Contact.objects.count(), len(hubspot.records["contacts"])) == (1, 1)

    refuse_suggestion(suggestion=PairSuggestion.objects.get(), by=admin)
    sync(to_hubspot)

    assert (Contact.objects.count(), len(hubspot.records["contacts"])) == (2, 2)
    contact.refresh_from_db()
    assert contact.phone == ""
    assert told(sync(to_hubspot)) == []


def test_suggestion_is_gone_once_the_api_made_the_pair(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Aster Motors", website="https://aster.example")
    there = hubspot.add("companies", name="Aster", domain="aster.example")
    other = hubspot.add("companies", name="Aster Leasing", domain="aster.example")
    sync(to_hubspot)
    assert PairSuggestion.objects.count() == 2

    refer(company, there)
    sync(to_hubspot)

    assert PairSuggestion.objects.get().external_id == other


def test_taken_apart_pair_that_is_not_alike_is_created_on_either_side(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Aster")
    there = hubspot.add("companies", name="Vireo Cells")
    ref = refer(company, there)
    sync(to_hubspot)
    Company.objects.filter(pk=company.pk).update(name="Aster")
    hubspot.change("companies", there, name="Vireo Cells")
    ref.delete()

    sync(to_hubspot)

    names = ["Aster", "Vireo Cells"]
    assert sorted(Company.objects.values_list("name", flat=True)) == names
    assert sorted(record["properties"]["name"] for record in hubspot.records["companies"].values()) == names
    assert told(sync(to_hubspot)) == []


def test_records_that_are_merged_there_are_asked_about_and_not_created_again(hubspot, to_hubspot, sync, admin):
    first = CompanyFactory(name="Aster Motors", website="https://aster.example")
    second = CompanyFactory(name="Vireo", website="https://vireo.example")
    contact = ContactFactory(company=first, name="Ken Sato")
    sync(to_hubspot)
    keys = {record["properties"]["name"]: key for key, record in hubspot.records["companies"].items()}
    (person,) = hubspot.records["contacts"]
    merged = hubspot.merge("companies", keys["Aster Motors"], keys["Vireo"])
    hubspot._tie("contacts", person, merged, [{"associationTypeId": 1}])
    hubspot.change("contacts", person, phone="1")

    dry = sync(to_hubspot, is_dry=True)
    run = sync(to_hubspot)

    assert (
        told(run)
        == told(dry)
        == [
            ("Aster Motors", Way.IN, Outcome.SUGGESTED),
            ("Ken Sato", Way.IN, Outcome.CHANGED),
        ]
    )
    assert Company.objects.count() == 2
    suggestion = PairSuggestion.objects.get()
    assert (suggestion.object_id, suggestion.external_id) == (first.pk, merged)
    accept_suggestion(suggestion=suggestion, by=admin)
    Company.objects.filter(pk=first.pk).update(about="Makes cars.")
    sync(to_hubspot)

    assert ExternalRef.objects.get(resource="company", object_id=first.pk).external_id == merged
    assert hubspot.properties("companies", merged)["description"] == "Makes cars."
    contact.refresh_from_db()
    assert (contact.phone, contact.company) == ("1", first)
    # The other one has no record there any more, and stays.
    assert ExternalRef.objects.get(resource="company", object_id=second.pk).external_id == keys["Vireo"]
    assert told(sync(to_hubspot)) == []
    assert len(hubspot.records["companies"]) == 1


def test_taken_apart_deal_that_the_acting_user_does_not_see_is_not_said_to_be_deleted(
    hubspot, to_hubspot, sync, stages, service
):
    deal = DealFactory(stage=stages[0], title="Open")
    sync(to_hubspot)
    (there,) = hubspot.records["deals"]
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)
    ExternalRef.objects.filter(resource="deal").delete()
    hubspot.change("deals", there, dealname="From there")

    run = sync(to_hubspot)

    assert [record.note for record in run.records.all()] == ["The acting user does not see this object."]
    assert Deal.objects.count() == 1
