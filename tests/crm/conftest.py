"""Stand-ins of CRMs for tests, and connections to them."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.enums import Role
from crm.domain.connections import connect_crm, switch_connection
from crm.domain.mappings import set_stage_mappings
from crm.domain.runs import carry_out
from crm.enums import CrmKind, RunCause
from crm.models import SyncRun
from deals.enums import StageType
from tests.accounts.factories import UserFactory
from tests.crm.stand_in import hubspot as hubspot_api
from tests.crm.stand_in import salesforce as salesforce_api
from tests.crm.stand_in.server import certificate, serve
from tests.deals.factories import PipelineFactory, StageFactory


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return certificate(folder, (hubspot_api.HubSpot.host, salesforce_api.LOGIN_HOST, salesforce_api.Salesforce.host))


@pytest.fixture
def ports(monkeypatch, certificates):
    """The ports that the names of other hosts lead to; a name that is not among them leads nowhere."""
    import urllib3.util.connection

    ports: dict[str, int] = {}
    connect = urllib3.util.connection.create_connection

    def connect_here(address, *args, **options):
        return connect(("127.0.0.1", ports[address[0]]), *args, **options)

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect_here)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[0]))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates[0]))
    return ports


@pytest.fixture
def hubspot(ports, certificates):
    """A HubSpot account."""
    stand_in = hubspot_api.HubSpot()
    ports[stand_in.host], stop = serve(stand_in, certificates)
    yield stand_in
    stop()


@pytest.fixture
def salesforce(ports, certificates):
    """A Salesforce org."""
    stand_in = salesforce_api.Salesforce()
    port, stop = serve(stand_in, certificates)
    ports[stand_in.host] = ports[salesforce_api.LOGIN_HOST] = port
    yield stand_in
    stop()


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR, name="Ada Admin")


@pytest.fixture
def service():
    """The account that connections act as."""
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT, name="CRM service")


@pytest.fixture
def stages():
    """Three stages of a pipeline, and one for what is lost."""
    pipeline = PipelineFactory(name="Licensing")
    types = (StageType.OPEN, StageType.OPEN, StageType.OPEN, StageType.LOST)
    names = ("First contact", "Term sheet", "Signed", "Lost")
    return [
        StageFactory(pipeline=pipeline, name=name, type=type_, position=place)
        for place, (name, type_) in enumerate(zip(names, types, strict=True))
    ]


@pytest.fixture
def to_hubspot(hubspot, admin, service, stages):
    """A connection to HubSpot that is on, both ways, the newest change wins."""
    connection = connect_crm(
        kind=CrmKind.HUBSPOT,
        values={"name": "HubSpot", "acting_user": service, "currency": "USD"},
        secret=hubspot_api.TOKEN,
        by=admin,
    )
    keys = ("appointmentscheduled", "qualifiedtobuy", "closedwon", "closedlost")
    mapped = {stage.pk: f"default:{key}" for stage, key in zip(stages, keys, strict=True)}
    set_stage_mappings(connection=connection, stages=mapped, by=admin)
    return switch_connection(connection=connection, is_enabled=True, by=admin)


@pytest.fixture
def to_salesforce(salesforce, admin, service, stages):
    """A connection to Salesforce that is on, both ways, the newest change wins."""
    connection = connect_crm(
        kind=CrmKind.SALESFORCE,
        values={
            "name": "Salesforce",
            "acting_user": service,
            "currency": "USD",
            "domain": "acme.my",
            "consumer_key": salesforce_api.KEY,
        },
        secret=salesforce_api.SECRET,
        by=admin,
    )
    keys = ("Prospecting", "Proposal", "Closed Won", "Closed Lost")
    set_stage_mappings(
        connection=connection, stages={stage.pk: key for stage, key in zip(stages, keys, strict=True)}, by=admin
    )
    return switch_connection(connection=connection, is_enabled=True, by=admin)


@pytest.fixture
def sync(settle_feed):
    """Return a function that carries out a run of a connection and returns it."""

    def sync_(connection, *, is_dry=False, cause=RunCause.SCHEDULE, ahead=dt.timedelta(0)):
        settle_feed()
        run = SyncRun(connection=connection, is_dry=is_dry, cause=cause)
        run.requested_at = timezone.now()
        assert carry_out(run, clock=lambda: timezone.now() + ahead)
        return run

    return sync_


@pytest.fixture
def settle_feed():
    """Return a function that waits until the feed tells what was committed: other databases may hold it up."""
    import time

    from django.db import connection

    from sync.domain.feed import current_position

    def settle():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            wanted = cursor.fetchone()[0]
        for _attempt in range(600):
            if current_position().transaction >= wanted:
                return
            time.sleep(0.05)
        raise AssertionError("the feed stands still")

    return settle
