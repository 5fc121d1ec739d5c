"""Connections to CRMs, and what runs leave behind, for tests."""

import datetime as dt

import factory

from crm.domain.mappings import create_default_mappings
from crm.enums import CrmKind, Likeness, Outcome, Resource, RunCause, RunStatus, Way
from crm.models import (
    ConnectionState,
    CrmConnection,
    PairSuggestion,
    RecordState,
    StageMapping,
    SyncRecord,
    SyncRun,
)
from lrs_tracker.sealed import seal
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, StageFactory

SCHEMA = {
    "fields": {
        "company": [
            {"name": "name", "label": "Company name", "is_writable": True},
            {"name": "domain", "label": "Company domain name", "is_writable": True},
        ],
        "contact": [{"name": "email", "label": "Email", "is_writable": True}],
        "deal": [{"name": "dealname", "label": "Deal name", "is_writable": True}],
    },
    "stages": [
        {"key": f"default:{key}", "label": label, "pipeline": "Sales pipeline"}
        for key, label in {
            "appointmentscheduled": "Appointment scheduled",
            "qualifiedtobuy": "Qualified to buy",
            "contractsent": "Contract sent",
            "closedwon": "Closed won",
            "closedlost": "Closed lost",
        }.items()
    ],
}


class ConnectionFactory(factory.django.DjangoModelFactory):
    """The connection to HubSpot, with its state; there is one at most."""

    class Meta:
        model = CrmConnection
        django_get_or_create = ("kind",)
        skip_postgeneration_save = True

    kind = CrmKind.HUBSPOT
    name = "HubSpot"
    sealed_secret = factory.LazyFunction(lambda: seal("pat-secret"))
    acting_user = factory.SubFactory(UserFactory)

    @factory.post_generation
    def state(self, create, extracted, **_options):
        """Give it a state and the mapping of the standard fields."""
        _state, is_new = ConnectionState.objects.get_or_create(
            connection=self, defaults={"schema": SCHEMA, "schema_read_at": NOW}
        )
        if is_new:
            create_default_mappings(self)


class StageMappingFactory(factory.django.DjangoModelFactory):
    """A stage that theirs stands for."""

    class Meta:
        model = StageMapping

    connection = factory.SubFactory(ConnectionFactory)
    stage = factory.SubFactory(StageFactory)
    their_stage = "default:closedwon"


class RecordStateFactory(factory.django.DjangoModelFactory):
    """A record that is kept back."""

    class Meta:
        model = RecordState

    connection = factory.SubFactory(ConnectionFactory)
    resource = Resource.COMPANY
    external_id = factory.Sequence(lambda n: f"{n}")
    problem = "It has no name there."
    needs_retry = True


class SuggestionFactory(factory.django.DjangoModelFactory):
    """Two companies that may be the same one."""

    class Meta:
        model = PairSuggestion

    connection = factory.SubFactory(ConnectionFactory)
    resource = Resource.COMPANY
    object_id = factory.Sequence(lambda n: n + 1)
    external_id = factory.Sequence(lambda n: f"s{n}")
    our_label = "Aster Motors Ltd"
    their_label = "Aster"
    likeness = Likeness.DOMAIN


class RunFactory(factory.django.DjangoModelFactory):
    """A dry run that is over."""

    class Meta:
        model = SyncRun

    connection = factory.SubFactory(ConnectionFactory)
    is_dry = True
    cause = RunCause.PERSON
    status = RunStatus.DONE
    requested_at = NOW
    started_at = NOW
    ended_at = NOW + dt.timedelta(seconds=4)


class SyncRecordFactory(factory.django.DjangoModelFactory):
    """A company that came."""

    class Meta:
        model = SyncRecord

    run = factory.SubFactory(RunFactory)
    resource = Resource.COMPANY
    external_id = "1001"
    label = "Aster Motors"
    way = Way.IN
    outcome = Outcome.CREATED
    fields = [["name", "", "Aster Motors"], ["website", "", "aster.example"]]
    at = NOW


def make_crm_log():
    """Create a connection with something of everything; return its run."""
    run = RunFactory()
    ConnectionState.objects.filter(connection=run.connection).update(last_run_at=NOW)
    StageMappingFactory(connection=run.connection)
    SuggestionFactory(connection=run.connection)
    RecordStateFactory(connection=run.connection)
    SyncRecordFactory(run=run)
    SyncRecordFactory(
        run=run,
        outcome=Outcome.CHANGED,
        way=Way.OUT,
        label="Larkspur Motors",
        fields=[["about", "Makes cars.", "Makes cars, and batteries from 2027 on."]],
        conflicts=[["about", "Makes cars, and batteries from 2027 on.", "Makes trucks.", "ours", "newest"]],
    )
    SyncRecordFactory(
        run=run,
        resource=Resource.DEAL,
        label="LRS-0042 Dunkirk licence",
        outcome=Outcome.HELD,
        fields=[["stage", "default:appointmentscheduled", "default:contractsent"]],
        note="LRS-0042 stays in First contact: a meeting logged, a contact with the role sponsor",
    )
    SyncRecordFactory(run=run, outcome=Outcome.FAILED, way=Way.OUT, label="Vireo", fields=[], note="Invalid e-mail.")
    SyncRecordFactory(run=run, outcome=Outcome.SUGGESTED, label="Aster", fields=[], note="It may be Aster Motors Ltd.")
    return run
