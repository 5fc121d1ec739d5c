"""HubSpot and LRS Tracker in step, against a stand-in of its API."""

import datetime as dt
import threading
import time
import uuid
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.domain.roles import set_role
from accounts.enums import Role
from companies.domain.companies import archive_company, restore_company
from companies.models import Company, Contact
from crm.domain.connections import change_connection
from crm.domain.mappings import set_field_mappings
from crm.domain.runs import carry_out, due_connections, run_scheduled
from crm.domain.suggestions import accept_suggestion, refuse_suggestion
from crm.enums import ConflictRule, Outcome, Resource, RunCause, RunStatus, Way
from crm.models import PairSuggestion, RecordState, SyncRun
from deals.domain.moves import move_deal
from deals.models import Deal, GateCheck
from lrs_tracker.celery import app
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.crm.stand_in.hubspot import rate_limited
from tests.crm.stand_in.server import Reply
from tests.deals.factories import DealFactory, GateFactory

pytestmark = pytest.mark.django_db(transaction=True)


def told(run):
    """What the run's log says: record, direction and outcome."""
    return [(record.label, record.way, record.outcome) for record in run.records.order_by("pk")]


def test_company_of_theirs_is_created_here_and_a_change_follows(hubspot, to_hubspot, sync):
    there = hubspot.add("companies", name="Aster Motors", domain="aster.example", country="Germany")

    run = sync(to_hubspot)

    assert (run.status, run.problem) == (RunStatus.DONE, "")
    assert told(run) == [("Aster Motors", Way.IN, Outcome.CREATED)]
    company = Company.objects.get()
    assert (company.name, company.website, company.country) == ("Aster Motors", "https://aster.example", "DE")
    ref = ExternalRef.objects.get()
    assert (ref.system, ref.resource, ref.object_id, ref.external_id) == ("hubspot", "company", company.pk, there)

    hubspot.change("companies", there, description="Makes cars.")
    run = sync(to_hubspot)

    assert [record.fields for record in run.records.all()] == [[["about", "", "Makes cars."]]]
    company.refresh_from_db()
    assert company.about == "Makes cars."


def test_company_of_ours_is_created_there_and_a_change_follows(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Larkspur", website="https://www.larkspur.example/", country="JP")

    run = sync(to_hubspot)

    assert told(run) == [("Larkspur", Way.OUT, Outcome.CREATED)]
    ((there, record),) = hubspot.records["companies"].items()
    assert record["properties"] == {"name": "Larkspur", "domain": "larkspur.example", "country": "Japan"}

    Company.objects.filter(pk=company.pk).update(about="Trial line in Osaka.")
    sync(to_hubspot)

    assert hubspot.properties("companies", there)["description"] == "Trial line in Osaka."
    assert PairSuggestion.objects.count() == 0


def test_nothing_goes_back_and_forth(hubspot, to_hubspot, sync):
    hubspot.add("companies", name="Aster Motors", domain="aster.example")
    CompanyFactory(name="Larkspur")
    sync(to_hubspot)
    hubspot.calls.clear()

    runs = [sync(to_hubspot) for _again in range(3)]

    assert [told(run) for run in runs] == [[], [], []]
    assert [path for path in hubspot.paths("batch") if not path.endswith("read")] == []


def test_contact_and_deal_of_theirs_come_with_their_company(hubspot, to_hubspot, sync, stages):
    company = hubspot.add("companies", name="Aster Motors")
    hubspot.add("contacts", company=company, firstname="Anna", lastname="van der Berg", email="anna@aster.example")
    hubspot.add(
        "deals",
        company=company,
        dealname="Dunkirk licence",
        amount="1200000.50",
        closedate="2027-03-31T22:15:00Z",
        pipeline="default",
        dealstage="appointmentscheduled",
    )

    run = sync(to_hubspot)

    assert [outcome for _label, _way, outcome in told(run)] == [Outcome.CREATED] * 3
    contact, deal = Contact.objects.get(), Deal.objects.get()
    assert (contact.name, contact.email, contact.company) == ("Anna van der Berg", "anna@aster.example", deal.company)
    assert (deal.title, deal.annual_royalty, deal.currency) == ("Dunkirk licence", Decimal("1200000.50"), "USD")
    assert (deal.expected_effective_on, deal.stage) == (dt.date(2027, 3, 31), stages[0])
    assert told(sync(to_hubspot)) == []


def test_contact_and_deal_of_ours_go_there_with_their_company(hubspot, to_hubspot, sync, stages):
    deal = DealFactory(
        company__name="Larkspur",
        title="Osaka",
        stage=stages[1],
        annual_royalty=Decimal("2500000"),
        currency="USD",
        expected_effective_on=dt.date(2028, 1, 31),
    )
    ContactFactory(company=deal.company, name="Ken Sato", email="ken@larkspur.example", job_title="CTO")

    sync(to_hubspot)

    (company,) = hubspot.records["companies"]
    ((_contact_id, contact),) = hubspot.records["contacts"].items()
    ((_deal_id, made),) = hubspot.records["deals"].items()
    assert contact["properties"] == {
        "firstname": "Ken",
        "lastname": "Sato",
        "email": "ken@larkspur.example",
        "jobtitle": "CTO",
    }
    assert made["properties"] == {
        "dealname": "Osaka",
        "amount": "2500000",
        "closedate": "2028-01-31T00:00:00Z",
        "pipeline": "default",
        "dealstage": "qualifiedtobuy",
    }
    assert contact["companies"] == {company: {1, 279}}
    assert made["companies"] == {company: {5, 341}}
    assert told(sync(to_hubspot)) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Anne van der Berg", ("Anne", "van der Berg")),
        ("Anna de la Cruz", ("Anna", "de la Cruz")),
        ("Mia Ito", ("Mia", "Ito")),
        ("van der Berg", ("", "van der Berg")),
        ("Berg", ("", "Berg")),
    ],
)
def test_word_of_a_name_that_stays_is_not_torn_apart(hubspot, to_hubspot, sync, name, words):
    company = hubspot.add("companies", name="Aster Motors")
    there = hubspot.add("contacts", company=company, firstname="Anna", lastname="van der Berg")
    sync(to_hubspot)
    Contact.objects.update(name=name)

    sync(to_hubspot)

    written = hubspot.properties("contacts", there)
    assert (written["firstname"], written["lastname"]) == words
    assert told(sync(to_hubspot)) == []
    assert Contact.objects.get().name == name


def test_changes_of_different_fields_meet_without_a_conflict(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Larkspur", country="JP")
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    hubspot.change("companies", there, description="From there")
    Company.objects.filter(pk=company.pk).update(country="KR")

    run = sync(to_hubspot)

    company.refresh_from_db()
    assert (company.about, company.country) == ("From there", "KR")
    assert hubspot.properties("companies", there)["country"] == "South Korea"
    assert [record.conflicts for record in run.records.all()] == [[], []]


@pytest.mark.parametrize(
    ("rule", "ours_is_newer", "kept"),
    [
        (ConflictRule.NEWEST, True, "ours"),
        (ConflictRule.NEWEST, False, "theirs"),
        (ConflictRule.OURS, False, "ours"),
        (ConflictRule.THEIRS, True, "theirs"),
    ],
)
def test_conflict_is_decided_by_the_rule_and_says_so(hubspot, to_hubspot, sync, admin, rule, ours_is_newer, kept):
    company = CompanyFactory(name="Larkspur", about="before")
    sync(to_hubspot)
    change_connection(connection=to_hubspot, values={"conflict_rule": rule}, by=admin)
    (there,) = hubspot.records["companies"]
    steps = [
        lambda: hubspot.change("companies", there, description="theirs"),
        lambda: Company.objects.filter(pk=company.pk).update(about="ours"),
    ]
    for step in steps if ours_is_newer else reversed(steps):
        time.sleep(0.02)
        step()

    run = sync(to_hubspot)

    company.refresh_from_db()
    assert (company.about, hubspot.properties("companies", there)["description"]) == (kept, kept)
    (record,) = run.records.all()
    assert record.way == (Way.OUT if kept == "ours" else Way.IN)
    assert record.conflicts == [["about", "ours", "theirs", kept, rule]]
    assert told(sync(to_hubspot)) == []


def test_stage_moves_both_ways(hubspot, to_hubspot, sync, stages):
    deal = DealFactory(stage=stages[0])
    sync(to_hubspot)
    (there,) = hubspot.records["deals"]

    hubspot.change("deals", there, dealstage="closedlost")
    sync(to_hubspot)

    deal.refresh_from_db()
    assert (deal.stage, deal.outcome_reason) == (stages[3], "Moved in HubSpot.")
    moved = deal.transitions.latest("pk")
    assert moved.by == to_hubspot.acting_user

    move_deal(
        deal=deal,
        target=stages[1],
        by=UserFactory(role=Role.MANAGER),
        at=timezone.now(),
        today=timezone.localdate(),
        reason="They are back",
    )
    sync(to_hubspot)

    assert hubspot.properties("deals", there)["dealstage"] == "qualifiedtobuy"


def test_stage_that_a_gate_refuses_is_held_with_what_is_missing_and_passes_later(hubspot, to_hubspot, sync, stages):
    gate = GateFactory(stage=stages[0], label="NDA signed")
    deal = DealFactory(stage=stages[0])
    sync(to_hubspot)
    (there,) = hubspot.records["deals"]
    hubspot.change("deals", there, dealstage="qualifiedtobuy", dealname="Renamed there")

    run = sync(to_hubspot)

    deal.refresh_from_db()
    assert (deal.stage, deal.title) == (stages[0], "Renamed there")
    (record,) = run.records.all()
    assert (record.outcome, record.note) == (Outcome.CHANGED, f"{deal.code} stays in First contact: NDA signed")
    assert hubspot.properties("deals", there)["dealstage"] == "qualifiedtobuy"
    assert told(sync(to_hubspot)) == [], "it is told once"
    assert told(sync(to_hubspot, cause=RunCause.PERSON)) == [(f"{deal.code} Renamed there", Way.IN, Outcome.HELD)]

    GateCheck.objects.create(deal=deal, gate=gate, by=to_hubspot.acting_user)
    sync(to_hubspot)

    deal.refresh_from_db()
    assert deal.stage == stages[1]


def test_deal_of_theirs_beyond_a_gate_starts_before_it(hubspot, to_hubspot, sync, stages):
    GateFactory(stage=stages[0], label="NDA signed")
    company = hubspot.add("companies", name="Aster Motors")
    hubspot.add("deals", company=company, dealname="Late", pipeline="default", dealstage="qualifiedtobuy")

    run = sync(to_hubspot)

    deal = Deal.objects.get()
    assert deal.stage == stages[0]
    assert run.records.get(resource="deal").note == f"{deal.code} stays in First contact: NDA signed"
    sync(to_hubspot)
    ((_key, there),) = hubspot.records["deals"].items()
    assert there["properties"]["dealstage"] == "qualifiedtobuy"


def test_confidential_deal_that_the_acting_user_does_not_see_never_leaves(hubspot, to_hubspot, sync, stages):
    secret = DealFactory(stage=stages[0], title="Zyxomma", is_confidential=True, owner=UserFactory())
    known = DealFactory(stage=stages[0], title="Open", company=secret.company)

    sync(to_hubspot)

    assert [record["properties"]["dealname"] for record in hubspot.records["deals"].values()] == ["Open"]

    Deal.objects.filter(pk=known.pk).update(is_confidential=True, title="Zyxomma too")
    run = sync(to_hubspot)

    assert "Zyxomma" not in str([call.body for call in hubspot.calls])
    assert "Zyxomma" not in str(list(run.records.values()))
    (there,) = hubspot.records["deals"]
    hubspot.change("deals", there, dealname="From there")
    sync(to_hubspot)
    known.refresh_from_db()
    assert known.title == "Zyxomma too"


def test_acting_user_with_other_rights_brings_what_they_came_to_see(hubspot, to_hubspot, sync, stages, service):
    DealFactory(stage=stages[0], title="Zyxomma", is_confidential=True, owner=UserFactory())
    sync(to_hubspot)
    assert hubspot.records["deals"] == {}

    set_role(user=service, role=Role.MANAGER, by=None)
    sync(to_hubspot)

    assert [record["properties"]["dealname"] for record in hubspot.records["deals"].values()] == ["Zyxomma"]


def test_company_that_may_be_here_already_is_suggested_and_never_merged_by_itself(hubspot, to_hubspot, sync, admin):
    ours = CompanyFactory(name="Aster Motors Ltd", website="https://aster.example")
    there = hubspot.add("companies", name="Aster", domain="www.aster.example", description="Theirs")

    run = sync(to_hubspot)

    assert [outcome for _label, _way, outcome in told(run)] == [Outcome.SUGGESTED] * 2
    assert (Company.objects.count(), len(hubspot.records["companies"])) == (1, 1)
    assert not ExternalRef.objects.exists()
    suggestion = PairSuggestion.objects.get()
    assert (suggestion.our_label, suggestion.their_label, suggestion.likeness) == (
        "Aster Motors Ltd",
        "Aster",
        "domain",
    )
    assert told(sync(to_hubspot)) == []

    accept_suggestion(suggestion=suggestion, by=admin)
    run = sync(to_hubspot)

    ours.refresh_from_db()
    # An empty field is filled; where both say something, the newest does.
    assert (ours.about, ours.name) == ("Theirs", hubspot.properties("companies", there)["name"])
    assert ExternalRef.objects.get().object_id == ours.pk
    assert not PairSuggestion.objects.exists()


def test_refused_suggestion_makes_each_of_them_on_the_other_side(hubspot, to_hubspot, sync, admin):
    CompanyFactory(name="Aster Motors", website="https://aster.example")
    hubspot.add("companies", name="Aster Leasing", domain="aster.example")
    sync(to_hubspot)
    refuse_suggestion(suggestion=PairSuggestion.objects.get(), by=admin)

    sync(to_hubspot)

    names = {"Aster Motors", "Aster Leasing"}
    assert set(Company.objects.values_list("name", flat=True)) == names
    assert {record["properties"]["name"] for record in hubspot.records["companies"].values()} == names
    assert told(sync(to_hubspot)) == []


def test_contact_with_the_same_address_is_suggested(hubspot, to_hubspot, sync):
    contact = ContactFactory(company__name="Larkspur", name="Ken Sato", email="ken@larkspur.example")
    hubspot.add("contacts", firstname="Kenichi", lastname="Sato", email="KEN@larkspur.example")

    sync(to_hubspot)

    suggestion = PairSuggestion.objects.get()
    assert (suggestion.object_id, suggestion.likeness) == (contact.pk, "email")
    assert len(hubspot.records["contacts"]) == 1


def test_external_id_given_by_the_api_pairs_records(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Aster Motors")
    there = hubspot.add("companies", name="Aster Motors", description="Theirs")
    ExternalRef.objects.create(resource="company", object_id=company.pk, system="hubspot", external_id=there)

    sync(to_hubspot)

    company.refresh_from_db()
    assert (company.about, len(hubspot.records["companies"])) == ("Theirs", 1)


def test_dry_run_tells_what_a_run_does_and_writes_nothing(hubspot, to_hubspot, sync, stages):
    GateFactory(stage=stages[0], label="NDA signed")
    CompanyFactory(name="Larkspur")
    theirs = hubspot.add("companies", name="Aster Motors")
    hubspot.add("contacts", company=theirs, firstname="Anna", lastname="Berg", email="anna@aster.example")
    DealFactory(company__name="Vireo", stage=stages[1], title="Osaka")
    before = Change.objects.count()

    dry = sync(to_hubspot, is_dry=True)

    assert Change.objects.count() == before
    assert [path for path in hubspot.paths("batch") if not path.endswith("read")] == []
    assert not ExternalRef.objects.exists()
    assert not RecordState.objects.exists()
    to_hubspot.state.refresh_from_db()
    assert (to_hubspot.state.feed_transaction, to_hubspot.state.marks) == (None, {})
    real = sync(to_hubspot)
    assert [(kind, outcome) for _label, kind, outcome in told(dry)] == [
        (kind, outcome) for _label, kind, outcome in told(real)
    ]
    assert len(told(real)) == 5


@pytest.mark.parametrize("retry_after", ["0.05", None])
def test_rate_limit_is_waited_for(hubspot, to_hubspot, sync, monkeypatch, retry_after):
    waited = []
    monkeypatch.setattr("crm.connectors.base.sleep", waited.append)
    hubspot.add("companies", name="Aster Motors")
    hubspot.fail("search", rate_limited(retry_after=retry_after), times=2)

    run = sync(to_hubspot)

    assert (run.status, waited) == (RunStatus.DONE, [0.05] * 2 if retry_after else [10.0] * 2)
    assert Company.objects.count() == 1


def test_long_limit_pauses_the_connection_until_then(hubspot, to_hubspot, sync):
    CompanyFactory(name="Larkspur")
    hubspot.fail("batch/create", rate_limited(retry_after="600", policy="DAILY"))

    run = sync(to_hubspot)

    assert (run.status, run.problem) == (RunStatus.PAUSED, "The CRM takes no more requests for now.")
    now = timezone.now()
    assert due_connections(at=now) == []
    assert due_connections(at=now + dt.timedelta(minutes=11)) == [to_hubspot.pk]
    sync(to_hubspot)
    assert len(hubspot.records["companies"]) == 1


def test_limit_that_comes_between_single_creations_makes_no_record_twice(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Larkspur")
    sync(to_hubspot)
    for name in ("Ken Sato", "Mia Ito"):
        ContactFactory(company=company, name=name, email=f"{name[:3]}@larkspur.example".lower())
    answers = iter([Reply(400, {"message": "One of them is wrong."}), None, rate_limited(retry_after="600")])
    answer = hubspot.answer

    def refuse_some(call):
        own = next(answers, None) if call.path.endswith("contacts/batch/create") else None
        return own or answer(call)

    hubspot.answer = refuse_some
    assert sync(to_hubspot).status == RunStatus.PAUSED
    assert len(hubspot.records["contacts"]) == 1

    run = sync(to_hubspot, ahead=dt.timedelta(minutes=2))

    assert sorted(told(run)) == [("Ken Sato", Way.OUT, Outcome.CREATED), ("Mia Ito", Way.OUT, Outcome.CREATED)]
    assert len(hubspot.records["contacts"]) == 2
    assert PairSuggestion.objects.count() == 0
    assert told(sync(to_hubspot)) == []


def test_one_record_that_is_refused_keeps_no_other_back_and_is_tried_again(hubspot, to_hubspot, sync):
    hubspot.add("contacts", firstname="Old", lastname="Contact", email="taken@larkspur.example")
    company = CompanyFactory(name="Larkspur")
    sync(to_hubspot)
    known = ContactFactory(company=company, name="Ken Sato", email="ken@larkspur.example")
    fine = ContactFactory(company=company, name="Mia Ito", email="mia@larkspur.example")
    sync(to_hubspot)

    # One asks for an address that another contact has there.
    type(known).objects.filter(pk=known.pk).update(email="taken@larkspur.example")
    type(fine).objects.filter(pk=fine.pk).update(phone="+81 6 1")
    run = sync(to_hubspot)

    assert sorted(told(run)) == [("Ken Sato", Way.OUT, Outcome.FAILED), ("Mia Ito", Way.OUT, Outcome.CHANGED)]
    assert "already exists" in run.records.get(outcome=Outcome.FAILED).note
    assert told(sync(to_hubspot)) == [], "it is told once"

    type(known).objects.filter(pk=known.pk).update(email="ken.sato@larkspur.example")
    run = sync(to_hubspot)

    assert told(run) == [("Ken Sato", Way.OUT, Outcome.CHANGED)]


def test_many_records_come_and_go_page_by_page(hubspot, to_hubspot, sync):
    for number in range(130):
        hubspot.add("companies", name=f"Theirs {uuid.uuid4().hex}{number}")
        CompanyFactory(name=f"Ours {uuid.uuid4().hex}{number}")
    # As an import there does it: all at the same instant.
    moment = hubspot.now()
    for record in hubspot.records["companies"].values():
        record["updated"] = moment

    run = sync(to_hubspot)

    assert run.problem == ""
    assert (Company.objects.count(), len(hubspot.records["companies"])) == (260, 260)
    assert ExternalRef.objects.count() == 260
    assert told(sync(to_hubspot)) == []


def test_change_that_the_search_shows_late_is_not_missed(hubspot, to_hubspot, sync):
    there = hubspot.add("companies", name="Aster Motors")
    sync(to_hubspot)
    hubspot.search_lag = dt.timedelta(seconds=30)
    hubspot.change("companies", there, description="Late")
    hubspot.skew = dt.timedelta(seconds=20)
    hubspot.add("companies", name="Later")
    sync(to_hubspot)
    assert Company.objects.get(name="Aster Motors").about == ""
    hubspot.skew = dt.timedelta(seconds=60)

    sync(to_hubspot)

    assert Company.objects.get(name="Aster Motors").about == "Late"
    assert Company.objects.filter(name="Later").exists()


@pytest.mark.parametrize("is_done", [True, False])
def test_creation_whose_answer_is_lost_makes_one_record(hubspot, to_hubspot, sync, is_done):
    CompanyFactory(name="Larkspur")
    hubspot.fail("batch/create", None, after=is_done)

    run = sync(to_hubspot)
    assert (run.status, run.problem) == (RunStatus.FAILED, "HubSpot did not answer as it should.")
    # As long as the search may lag, it is not created again.
    sync(to_hubspot)
    assert len(hubspot.records["companies"]) == int(is_done)
    sync(to_hubspot, ahead=dt.timedelta(minutes=2))

    (there,) = hubspot.records["companies"]
    assert ExternalRef.objects.get().external_id == there
    assert told(sync(to_hubspot)) == []


@pytest.mark.parametrize("email", ["ken@larkspur.example", ""])
def test_record_whose_answer_was_lost_is_found_and_what_changed_since_follows(hubspot, to_hubspot, sync, email):
    company = CompanyFactory(name="Larkspur")
    sync(to_hubspot)
    contact = ContactFactory(company=company, name="Ken Sato", email=email)
    hubspot.fail("contacts/batch/create", None, after=True)
    sync(to_hubspot)
    Contact.objects.filter(pk=contact.pk).update(phone="1")

    dry = sync(to_hubspot, is_dry=True)
    assert not ExternalRef.objects.filter(resource="contact").exists()
    run = sync(to_hubspot)
    assert told(run) == told(dry) == [("Ken Sato", Way.OUT, Outcome.CREATED)]
    assert not PairSuggestion.objects.exists()
    sync(to_hubspot)

    ((_there, record),) = hubspot.records["contacts"].items()
    assert record["properties"]["phone"] == "1"
    assert Contact.objects.count() == 1
    assert told(sync(to_hubspot)) == []


@pytest.mark.parametrize("place", ["crm.domain.passes.Pass._set_mark", "crm.domain.outgoing.Outbox._pair_with"])
def test_run_that_is_cut_short_anywhere_is_made_good_by_the_next(hubspot, to_hubspot, sync, monkeypatch, place):
    CompanyFactory(name="Larkspur")
    hubspot.add("companies", name="Aster Motors")

    def fall_over(*_arguments, **_options):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(place, fall_over)
        with pytest.raises(MemoryError):
            sync(to_hubspot)
    sync(to_hubspot)
    sync(to_hubspot, ahead=dt.timedelta(minutes=2))

    assert {record["properties"]["name"] for record in hubspot.records["companies"].values()} == {
        "Larkspur",
        "Aster Motors",
    }
    assert (Company.objects.count(), ExternalRef.objects.count()) == (2, 2)
    assert told(sync(to_hubspot)) == []


def test_record_that_is_gone_there_stays_here(hubspot, to_hubspot, sync):
    company = CompanyFactory(name="Larkspur")
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    hubspot.archive("companies", there)
    Company.objects.filter(pk=company.pk).update(about="Changed here")

    run = sync(to_hubspot)

    assert [record.note for record in run.records.all()] == ["It is gone there, and stays here."]
    company.refresh_from_db()
    assert company.archived_at is None
    assert told(sync(to_hubspot)) == []


def test_contact_deleted_here_stays_there_and_does_not_come_back(hubspot, to_hubspot, sync):
    contact = ContactFactory(company__name="Larkspur", name="Ken Sato", email="ken@larkspur.example")
    sync(to_hubspot)
    contact.delete()
    (there,) = hubspot.records["contacts"]
    hubspot.change("contacts", there, phone="1")

    run = sync(to_hubspot)

    assert [record.note for record in run.records.all()] == ["It was deleted here, and stays there."]
    assert Contact.objects.count() == 0
    assert told(sync(to_hubspot)) == []


def test_archiving_is_carried_over_where_the_connection_says_so(hubspot, to_hubspot, sync, admin):
    ours, theirs = CompanyFactory(name="Larkspur"), CompanyFactory(name="Vireo")
    sync(to_hubspot)
    change_connection(connection=to_hubspot, values={"carries_archiving": True}, by=admin)
    keys = {record["properties"]["name"]: key for key, record in hubspot.records["companies"].items()}
    archive_company(company=ours, by=admin, at=timezone.now())
    hubspot.archive("companies", keys["Vireo"])

    run = sync(to_hubspot)

    theirs.refresh_from_db()
    assert theirs.archived_at is not None
    assert hubspot.records["companies"][keys["Larkspur"]]["archived"] is not None
    assert {(label, way) for label, way, outcome in told(run) if outcome == Outcome.ARCHIVED} == {
        ("Larkspur", Way.OUT),
        ("Vireo", Way.IN),
    }


def test_archiving_is_carried_over_once_and_putting_back_is_not_undone(hubspot, to_hubspot, sync, admin):
    company = CompanyFactory(name="Larkspur")
    change_connection(connection=to_hubspot, values={"carries_archiving": True}, by=admin)
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    hubspot.archive("companies", there)
    Company.objects.filter(pk=company.pk).update(about="Changed here")

    assert told(sync(to_hubspot, is_dry=True)) == [("Larkspur", Way.IN, Outcome.ARCHIVED)]
    assert told(sync(to_hubspot)) == [("Larkspur", Way.IN, Outcome.ARCHIVED)]
    assert hubspot.paths("batch/archive") == []

    # Put back here, it stays so, although the recycle bin there still holds its record.
    company.refresh_from_db()
    restore_company(company=company, by=admin)
    runs = [sync(to_hubspot) for _again in range(2)]
    company.refresh_from_db()
    assert company.archived_at is None
    assert [record.note for record in runs[0].records.all()] == []
    assert told(runs[1]) == []


def test_record_that_is_put_back_there_is_put_back_here(hubspot, to_hubspot, sync, admin):
    company = CompanyFactory(name="Larkspur")
    change_connection(connection=to_hubspot, values={"carries_archiving": True}, by=admin)
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    hubspot.archive("companies", there)
    sync(to_hubspot)
    hubspot.records["companies"][there]["archived"] = None
    hubspot.change("companies", there, description="Back")

    assert len(told(sync(to_hubspot, is_dry=True))) == 2
    company.refresh_from_db()
    assert company.archived_at is not None
    assert told(sync(to_hubspot)) == [("Larkspur", Way.IN, Outcome.CHANGED)] * 2
    company.refresh_from_db()
    assert (company.archived_at, company.about) == (None, "Back")

    # It is followed again from then on.
    archive_company(company=company, by=admin, at=timezone.now())
    assert told(sync(to_hubspot)) == [("Larkspur", Way.OUT, Outcome.ARCHIVED)]
    assert told(sync(to_hubspot)) == []


def test_contact_deleted_here_is_archived_there_where_the_connection_says_so(hubspot, to_hubspot, sync, admin):
    contact = ContactFactory(company__name="Larkspur", name="Ken Sato")
    change_connection(connection=to_hubspot, values={"carries_archiving": True}, by=admin)
    sync(to_hubspot)
    (there,) = hubspot.records["contacts"]
    contact.delete()
    hubspot.change("contacts", there, phone="1")

    assert [outcome for _label, _way, outcome in told(sync(to_hubspot))] == [Outcome.ARCHIVED]
    assert hubspot.records["contacts"][there]["archived"] is not None
    assert told(sync(to_hubspot)) == []


def test_company_that_a_record_cannot_belong_to_keeps_no_other_back(hubspot, to_hubspot, sync, stages):
    stuck, fine = (DealFactory(stage=stages[0], company__name=name) for name in ("Larkspur", "Vireo"))
    CompanyFactory(name="Gone")
    CompanyFactory(name="Aster")
    sync(to_hubspot)
    keys = {record["properties"]["name"]: key for key, record in hubspot.records["companies"].items()}
    hubspot.archive("companies", keys["Gone"])
    Deal.objects.filter(pk=stuck.pk).update(company=Company.objects.get(name="Gone"))
    Deal.objects.filter(pk=fine.pk).update(company=Company.objects.get(name="Aster"))

    run = sync(to_hubspot)

    assert (run.status, run.problem) == (RunStatus.DONE, "")
    outcomes = dict(run.records.filter(resource="deal").values_list("object_id", "outcome"))
    assert outcomes == {stuck.pk: Outcome.FAILED, fine.pk: Outcome.CHANGED}
    assert told(sync(to_hubspot)) == []


@pytest.mark.parametrize(("direction", "ours_goes", "theirs_comes"), [("in", 0, 1), ("out", 1, 0), ("off", 0, 0)])
def test_direction_is_kept(hubspot, to_hubspot, sync, admin, direction, ours_goes, theirs_comes):
    change_connection(connection=to_hubspot, values={"company_direction": direction}, by=admin)
    CompanyFactory(name="Larkspur")
    hubspot.add("companies", name="Aster Motors")

    sync(to_hubspot)

    assert (Company.objects.count(), len(hubspot.records["companies"])) == (1 + theirs_comes, 1 + ours_goes)


def test_amount_of_another_currency_is_never_mixed(hubspot, to_hubspot, sync, stages):
    deal = DealFactory(stage=stages[0], annual_royalty=Decimal(10), currency="EUR")

    sync(to_hubspot)

    ((there, record),) = hubspot.records["deals"].items()
    assert "amount" not in record["properties"]
    hubspot.change("deals", there, amount="999")
    sync(to_hubspot)
    deal.refresh_from_db()
    assert (deal.annual_royalty, deal.currency) == (Decimal(10), "EUR")


def test_value_that_does_not_fit_is_held_and_the_others_come(hubspot, to_hubspot, sync):
    there = hubspot.add("companies", name="Aster Motors", country="Ruritania")

    run = sync(to_hubspot)

    company = Company.objects.get()
    assert (company.name, company.country) == ("Aster Motors", "")
    assert run.records.get().note == "country: “Ruritania” is not a country that is known here."
    hubspot.change("companies", there, country="france", name="x" * 300)
    run = sync(to_hubspot)
    company.refresh_from_db()
    assert (company.name, company.country) == ("Aster Motors", "FR")
    assert run.records.get().note == "name: longer than 200 characters"


def test_record_without_what_it_needs_is_held(hubspot, to_hubspot, sync, stages):
    hubspot.add("companies", domain="nameless.example")
    hubspot.add("contacts", firstname="Lone", lastname="Some", email="lone@some.example")
    company = hubspot.add("companies", name="Aster Motors")
    hubspot.add("deals", company=company, dealname="X", pipeline="default", dealstage="contractsent")

    run = sync(to_hubspot)

    notes = dict(run.records.filter(outcome=Outcome.HELD).values_list("resource", "note"))
    assert notes == {
        "company": "It has no name there.",
        "contact": "It has no company there.",
        "deal": "Their stage “default:contractsent” stands for none of ours.",
    }


def test_deal_that_changes_its_company_changes_it_on_the_other_side(hubspot, to_hubspot, sync, stages):
    deal = DealFactory(stage=stages[0], company__name="Larkspur")
    CompanyFactory(name="Vireo")
    sync(to_hubspot)
    keys = {record["properties"]["name"]: key for key, record in hubspot.records["companies"].items()}
    (there,) = hubspot.records["deals"]

    Deal.objects.filter(pk=deal.pk).update(company=Company.objects.get(name="Vireo"))
    sync(to_hubspot)
    assert hubspot.records["deals"][there]["companies"][keys["Vireo"]] == {5, 341}

    hubspot._tie("deals", there, keys["Larkspur"], [{"associationTypeId": 5}])
    sync(to_hubspot)
    deal.refresh_from_db()
    assert deal.company.name == "Larkspur"


def test_changes_here_are_those_of_the_acting_user_in_the_change_log(hubspot, to_hubspot, sync):
    hubspot.add("companies", name="Aster Motors")
    run = sync(to_hubspot)
    change = Change.objects.get(resource="company")
    assert (change.actor, change.channel, change.request_id) == (
        to_hubspot.acting_user,
        "task",
        f"crm.hubspot.{run.pk}",
    )


def test_acting_user_without_the_right_changes_nothing(hubspot, to_hubspot, sync, admin):
    change_connection(connection=to_hubspot, values={"acting_user": UserFactory(role=Role.READ_ONLY)}, by=admin)
    hubspot.add("companies", name="Aster Motors")
    run = sync(to_hubspot)
    assert [(record.outcome, record.note) for record in run.records.all()] == [
        (Outcome.HELD, "Your role does not allow this.")
    ]
    assert Company.objects.count() == 0


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(401, {"message": "nope"}), "HubSpot does not take the access token."),
        (Reply(403, {"message": "scope crm.objects"}), "The private app in HubSpot lacks a scope: scope crm.objects"),
        (Reply(502, {"message": "bad"}), "HubSpot answered 502."),
        (Reply(302, None, {"Location": "https://api.hubapi.com/elsewhere"}), "HubSpot did not answer as it should."),
        (None, "HubSpot did not answer as it should."),
    ],
)
def test_failure_ends_the_run_in_words_and_loses_nothing(hubspot, to_hubspot, sync, reply, problem):
    hubspot.add("companies", name="Aster Motors")
    hubspot.fail("search", reply)

    run = sync(to_hubspot)

    assert (run.status, run.problem) == (RunStatus.FAILED, problem)
    sync(to_hubspot)
    assert Company.objects.count() == 1


def test_scheduled_run_in_which_nothing_happens_leaves_no_trace(hubspot, to_hubspot):
    run_scheduled(connection_id=to_hubspot.pk, clock=timezone.now)
    assert not SyncRun.objects.exists()
    to_hubspot.state.refresh_from_db()
    assert to_hubspot.state.last_run_at is not None


def test_run_is_not_carried_out_beside_another(hubspot, to_hubspot):
    entered, leave = threading.Event(), threading.Event()
    hubspot_answer = hubspot.answer

    def answer_late(call):
        entered.set()
        leave.wait(20)
        return hubspot_answer(call)

    hubspot.answer = answer_late

    def run_beside():
        run_scheduled(connection_id=to_hubspot.pk, clock=timezone.now)
        connection.close()

    thread = threading.Thread(target=run_beside)
    thread.start()
    assert entered.wait(20)
    beside = SyncRun(connection=to_hubspot, cause=RunCause.SCHEDULE)
    assert not carry_out(beside, clock=timezone.now)
    leave.set()
    thread.join()


def test_command_tells_what_it_did(hubspot, to_hubspot, capsys, settle_feed):
    CompanyFactory(name="Larkspur")
    hubspot.add("companies", name="Aster Motors")
    settle_feed()
    call_command("crm_sync", connection=to_hubspot.pk, dry_run=True)
    assert capsys.readouterr().out == "Created: 2\nNothing was written.\n"
    call_command("crm_sync", connection=to_hubspot.pk)
    assert capsys.readouterr().out == "Created: 2\nIn step.\n"
    with pytest.raises(CommandError, match="no such connection"):
        call_command("crm_sync", connection=0)


def test_field_that_is_mapped_otherwise_is_not_taken_for_one_that_was_emptied(hubspot, to_hubspot, sync, admin):
    company = CompanyFactory(name="Larkspur", about="Makes cars.")
    sync(to_hubspot)
    fields = {"name": "name", "website": "domain", "about": "phone"}

    set_field_mappings(connection=to_hubspot, resource=Resource.COMPANY, fields=fields, by=admin)
    sync(to_hubspot)

    company.refresh_from_db()
    ((there, record),) = hubspot.records["companies"].items()
    assert (company.about, record["properties"]["phone"]) == ("Makes cars.", "Makes cars.")
    hubspot.change("companies", there, phone="")
    sync(to_hubspot)
    company.refresh_from_db()
    assert company.about == ""


@pytest.mark.parametrize("part", ["deals/search", "companies/batch/read"])
def test_mapping_that_changes_under_a_run_holds_for_everything_in_the_next(hubspot, to_hubspot, sync, admin, part):
    ours = CompanyFactory(name="Larkspur", about="Makes cars.")
    sync(to_hubspot)
    (there,) = hubspot.records["companies"]
    hubspot.change("companies", there, phone="+81 6 1", country="Japan")
    answer, fields = hubspot.answer, {"name": "name", "country": "country", "about": "phone"}

    def change_mapping_first(call):
        if call.path.endswith(part):
            hubspot.answer = answer
            set_field_mappings(connection=to_hubspot, resource=Resource.COMPANY, fields=fields, by=admin)
            connection.close()
        return answer(call)

    hubspot.answer = change_mapping_first
    sync(to_hubspot)
    to_hubspot.state.refresh_from_db()
    assert (to_hubspot.state.feed_transaction, to_hubspot.state.marks) == (None, {})
    sync(to_hubspot)

    ours.refresh_from_db()
    assert (ours.country, ours.about) == ("JP", hubspot.properties("companies", there)["phone"])
    assert ours.about != ""


def test_periodic_task_brings_connections_that_are_on_in_step(hubspot, to_hubspot, worker):
    hubspot.add("companies", name="Aster Motors")
    app.send_task("crm.tick")
    for _attempt in range(400):
        if Company.objects.exists():
            break
        time.sleep(0.05)
    assert Company.objects.get().name == "Aster Motors"
