"""What is true of every resource, whatever it is about: each has a row in `MADE_BY`."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db.models import CharField

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from accounts.enums import Role
from deals.enums import MoveKind
from deals.models import StageTransition, Waiver
from lrs_tracker.api.resources import resource, resources
from money.models import FxRate
from tests.accounts.factories import UserFactory
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.deals.factories import (
    NOW,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantMilestoneFactory, PlantPhaseFactory
from tests.royalties.factories import (
    AgreementFactory,
    CreditNoteFactory,
    FeeFactory,
    InvoiceFactory,
    PaymentFactory,
    ProductionReportFactory,
    RoyaltyTermFactory,
    StatementFactory,
)
from tests.sync.webhooks.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def make_plant():
    return PlantPhaseFactory().plant


def make_transition():
    deal = DealFactory()
    return StageTransition.objects.create(deal=deal, to_stage=deal.stage, kind=MoveKind.FORWARD, by=deal.owner, at=NOW)


def make_rate():
    day = dt.date(2020, 1, 1) + dt.timedelta(days=FxRate.objects.count())
    return FxRateFactory(on=day)


def make_waiver():
    transition = make_transition()
    gate = GateFactory(stage=transition.to_stage)
    return Waiver.objects.create(
        transition=transition,
        deal=transition.deal,
        gate=gate,
        label=gate.label,
        reason="Known",
        by=transition.by,
        at=NOW,
    )


# What makes a row of each resource, and a change of one that the domain allows; none for what is only read.
MADE_BY: dict[str, tuple[Callable[[], object], dict[str, object] | None]] = {
    "approvals": (ApprovalFactory, {"authority": "MOFCOM"}),
    "companies": (CompanyFactory, {"about": "Known"}),
    "contacts": (ContactFactory, {"job_title": "CEO"}),
    "deals": (DealFactory, {"title": "Line 2"}),
    "documents": (DocumentFactory, {"expires_on": "2030-01-31"}),
    "facts": (SourcedFactFactory, {"note": "Seen"}),
    "gates": (GateFactory, {"help": "Ask the sponsor"}),
    "notes": (NoteFactory, {"body": "Agreed."}),
    "pipelines": (PipelineFactory, {"name": "Renewals"}),
    "plant-milestones": (PlantMilestoneFactory, {"note": "Late"}),
    "plants": (make_plant, {"locality": "Erfurt"}),
    "stages": (StageFactory, {"rot_days": 30}),
    "tasks": (TaskFactory, {"title": "Call"}),
    "transitions": (make_transition, None),
    "waivers": (make_waiver, None),
    # Royalties, money and users: what changes them has rules of its own, tested with each.
    "agreements": (AgreementFactory, None),
    "credit-notes": (CreditNoteFactory, None),
    "fees": (FeeFactory, None),
    "fx-rates": (make_rate, None),
    "invoices": (InvoiceFactory, None),
    "payments": (PaymentFactory, None),
    "production-reports": (ProductionReportFactory, None),
    "royalty-terms": (RoyaltyTermFactory, None),
    "statements": (StatementFactory, None),
    "users": (UserFactory, None),
    "webhooks": (lambda: WebhookEndpointFactory(owner=None), {"name": "CRM"}),
}
NAMES = [one.name for one in resources()]
CHANGED = [name for name, (_make, change) in MADE_BY.items() if change is not None]


def make(name, count):
    """Make rows of a resource, and return how many of it there are then."""
    for _number in range(count):
        MADE_BY[name][0]()
    return resource(name).model._default_manager.count()


def every_row(caller, name, query="", *, limit=2):
    """Return all pages of a list."""
    found, address = [], f"{name}?limit={limit}{query}"
    while address:
        response = caller.get(address)
        assert response.status_code == 200, response.content
        page = response.json()
        found += page["results"]
        address = page["next"]
    return found


def test_every_resource_has_a_row():
    assert set(NAMES) == set(MADE_BY)


@pytest.mark.parametrize("name", NAMES)
def test_list_and_detail_say_the_same_and_head_says_nothing(administrator, name):
    count = make(name, 3)
    rows = every_row(administrator, name)
    assert len(rows) == count
    for row in rows:
        detail = administrator.get(f"{name}/{row['id']}")
        fuller = resource(name).detail_members
        assert {member: value for member, value in detail.json().items() if member not in fuller} == {
            member: value for member, value in row.items() if member not in fuller
        }
        assert list(row) == list(resource(name).members)
        head = administrator.call("HEAD", f"{name}/{row['id']}")
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", detail["ETag"])
    assert administrator.call("HEAD", name).status_code == 200
    assert problem(administrator.get(f"{name}/999999999"), 404) == []


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_the_members_asked_for(administrator, name):
    make(name, 1)
    for member in resource(name).members:
        rows = administrator.get(f"{name}?fields={member}").json()["results"]
        assert [list(row) for row in rows] == [[member]] * len(rows)
    assert problem(administrator.get(f"{name}?fields=secret"), 400) == [("fields", "invalid")]


@pytest.mark.parametrize("name", NAMES)
def test_includes_are_the_objects_themselves(administrator, name):
    make(name, 2)
    for included, include in resource(name).includes.items():
        for row in administrator.get(f"{name}?include={included}").json()["results"]:
            held, embedded = row[include.member], row["embedded"][included]
            if isinstance(held, list):
                assert [one["id"] for one in embedded] == held
            elif held is None:
                assert embedded is None
            else:
                assert embedded == administrator.get(f"{include.resource}/{held}").json()


@pytest.mark.parametrize("name", NAMES)
def test_every_order_goes_through_all_pages_both_ways(administrator, name):
    count = make(name, 5)
    for order in resource(name).order_columns:
        there = [row["id"] for row in every_row(administrator, name, f"&ordering={order}")]
        back = [row["id"] for row in every_row(administrator, name, f"&ordering=-{order}")]
        assert len(set(there)) == count
        assert back == there[::-1]
    assert problem(administrator.get(f"{name}?ordering=secret"), 400) == [("ordering", "invalid")]


@pytest.mark.parametrize("name", NAMES)
def test_page_behind_the_longest_text_of_an_order_is_found(administrator, name):
    count = make(name, 3)
    rows = resource(name).model._default_manager
    for order, column in resource(name).order_columns.items():
        field = rows.model._meta.get_field(column) if column != "pk" else None
        if isinstance(field, CharField) and not field.choices:
            for number, pk in enumerate(rows.order_by("pk").values_list("pk", flat=True)):
                rows.filter(pk=pk).update(**{column: "\N{GRINNING FACE}" * (field.max_length - 2) + f"{number:02}"})
            found = [row["id"] for row in every_row(administrator, name, f"&ordering=-{order}", limit=1)]
            assert (len(found), len(set(found))) == (count, count)


@pytest.mark.parametrize("name", NAMES)
def test_exports_have_the_rows_of_the_list(administrator, name):
    make(name, 3)
    rows = every_row(administrator, name)
    lines = administrator.get(f"{name}/export", Accept="application/x-ndjson").getvalue().decode().splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = administrator.get(f"{name}/export?format=csv", Accept="text/csv").getvalue().decode()
    read = list(csv.DictReader(io.StringIO(table)))
    assert list(read[0]) == list(resource(name).members)
    assert [row["id"] for row in read] == [row["id"] for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_known_is_refused(administrator, name):
    assert problem(administrator.get(f"{name}?colour=red"), 400) == [("colour", "unknown_parameter")]
    assert problem(administrator.get(f"{name}/1?colour=red"), 400) == [("colour", "unknown_parameter")]
    assert problem(administrator.get(f"{name}/export?colour=red"), 400) == [("colour", "unknown_parameter")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["", "x", "9" * 40, "-1", "%00", "true", "null", "1.5", quote("٣"), "a" * 300])
def test_no_value_of_a_filter_is_a_fault(administrator, name, value):
    make(name, 1)
    for parameter in resource(name).parameters:
        assert administrator.get(f"{name}?{parameter}={value}").status_code in (200, 400)


@pytest.mark.parametrize("name", CHANGED)
def test_change_raises_the_version_and_guards_against_an_older_one(administrator, name):
    make(name, 1)
    row = administrator.get(f"{name}?limit=1&ordering=-id").json()["results"][0]
    read = administrator.get(f"{name}/{row['id']}")
    change = MADE_BY[name][1]

    changed = administrator.patch(f"{name}/{row['id']}", change, If_Match=read["ETag"])

    assert changed.status_code == 200, changed.content
    assert changed.json()["version"] > row["version"]
    assert {member: changed.json()[member] for member in change} == change
    assert changed.json()["updated_at"] > row["updated_at"]
    assert problem(administrator.patch(f"{name}/{row['id']}", change, If_Match=read["ETag"]), 412) == []
    since = quote(changed.json()["updated_at"])
    assert row["id"] in [one["id"] for one in every_row(administrator, name, f"&updated_since={since}")]


@pytest.mark.parametrize("name", CHANGED)
def test_unknown_members_and_readers_change_nothing(administrator, caller_of, name):
    make(name, 1)
    row = administrator.get(f"{name}?limit=1&ordering=-id").json()["results"][0]
    refused = administrator.patch(f"{name}/{row['id']}", {"colour": "red"})
    assert problem(refused, 400) == [("colour", "unknown_field")]
    reader = caller_of(Role.READ_ONLY)
    # What belongs to others alone does not exist for them.
    status = 403 if reader.get(f"{name}/{row['id']}").status_code == 200 else 404
    assert problem(reader.patch(f"{name}/{row['id']}", MADE_BY[name][1]), status) == []
    assert administrator.get(f"{name}/{row['id']}").json() == row


@pytest.mark.parametrize("name", NAMES)
def test_list_takes_as_many_queries_for_many_rows_as_for_few(administrator, name, django_assert_max_num_queries):
    administrator.get(name)
    make(name, 3)
    with django_assert_max_num_queries(6) as few:
        administrator.get(name)
    make(name, 27)
    with django_assert_max_num_queries(len(few)):
        assert len(administrator.get(name).json()["results"]) >= 30
