"""The workspace of a deal: who may open and do what on every address of it."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.domain.workspace import deals_for_workspace, path_of
from deals.enums import DocumentAudience, GateKind, StageType
from deals.models import Deal, DealContact, DealPlant, DealTeamMember, GateCheck, StageTransition
from plants.models import PlantFact
from sync.models import ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory, SourcedFactFactory
from tests.deals.factories import (
    NOW,
    TODAY,
    ApprovalFactory,
    DealContactFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory, PlantMilestoneFactory

pytestmark = pytest.mark.django_db
TABS = ["timeline", "tasks", "documents", "approvals", "plants", "contacts"]
# Every address below a deal: its name, the part it needs, whether it shows a form, and who may not use it.
ADDRESSES = [
    ("fact", "name", True),
    ("gate_tick", "gate", False),
    ("gate_untick", "gate", False),
    ("task_add", None, True),
    ("task_change", "task", True),
    ("task_finish", "task", False),
    ("task_reopen", "task", False),
    ("task_delete", "task", False),
    ("note_add", None, True),
    ("note_edit", "note", True),
    ("note_delete", "note", False),
    ("document_add", None, True),
    ("document_change", "document", True),
    ("document_delete", "document", False),
    ("approval_add", None, True),
    ("approval_change", "approval", True),
    ("plant_link", None, True),
    ("plant_unlink", "plant", False),
    ("contact_add", None, True),
    ("contact_remove", "contact", False),
    ("team_add", None, True),
    ("team_remove", "member", False),
    ("confidential", None, False),
]
READS = [("workspace", None), ("document_download", "document")]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def deal():
    pipeline = PipelineFactory()
    first, second = (StageFactory(pipeline=pipeline, rot_days=30) for _number in range(2))
    deal = DealFactory(stage=first, is_confidential=True, annual_royalty=1_000_000, currency="USD")
    GateFactory(stage=first, label="Screening done")
    assert second.position > first.position
    return deal


@pytest.fixture
def parts(deal):
    plant = PlantFactory()
    DealPlant.objects.create(deal=deal, plant=plant)
    member = DealTeamMember.objects.create(deal=deal, user=UserFactory())
    return {
        "name": "title",
        "gate": deal.stage.gates.get().pk,
        "task": TaskFactory(deal=deal).pk,
        "note": NoteFactory(deal=deal).pk,
        "document": DocumentFactory(deal=deal).pk,
        "approval": ApprovalFactory(deal=deal).pk,
        "plant": plant.pk,
        "contact": DealContactFactory(deal=deal).pk,
        "member": member.user_id,
    }


def url(name, deal, part, parts):
    return reverse(f"deals:{name}", args=[deal.pk] if part is None else [deal.pk, parts[part]])


@pytest.mark.parametrize("tab", [*TABS, "nonsense"])
def test_workspace_shows_every_tab(client, deal, parts, tab):
    client.force_login(deal.owner)

    response = client.get(deal.get_absolute_url(), {"tab": tab})

    assert response.status_code == 200
    assert "Screening done" in response.text
    assert "team of 1" in response.text


@pytest.mark.parametrize("tab", TABS)
def test_htmx_gets_the_tab_alone(client, deal, tab):
    client.force_login(deal.owner)

    response = client.get(
        deal.get_absolute_url(), {"tab": tab}, headers={"HX-Request": "true", "HX-Target": "section#tab"}
    )

    assert "<html" not in response.text
    assert 'class="tabs"' in response.text
    assert "Key facts" not in response.text


@pytest.mark.parametrize(("name", "part"), [*READS, *[(name, part) for name, part, _form in ADDRESSES]])
def test_strangers_sign_in_and_outsiders_find_nothing(client, deal, parts, name, part):
    address = url(name, deal, part, parts)

    assert client.get(address).url.startswith("/accounts/login/")
    assert client.post(address).url.startswith("/accounts/login/")
    client.force_login(UserFactory())
    if (name, part) not in READS:
        assert client.post(address).status_code == 404
    if (name, part) in READS or (name, part, True) in ADDRESSES:
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(("name", "part", "has_form"), ADDRESSES)
def test_read_only_is_refused(client, deal, parts, name, part, has_form):
    Deal.objects.update(is_confidential=False)
    client.force_login(UserFactory(role=Role.READ_ONLY))
    address = url(name, deal, part, parts)

    assert client.post(address).status_code == 403
    if has_form:
        assert client.get(address).status_code == 403


@pytest.mark.parametrize(("name", "part", "has_form"), ADDRESSES)
def test_other_methods_are_refused(client, deal, parts, name, part, has_form):
    client.force_login(deal.owner)
    address = url(name, deal, part, parts)

    assert client.put(address).status_code == 405
    assert client.get(address).status_code == (200 if has_form else 405)


@pytest.mark.parametrize(("name", "part"), READS)
def test_reads_refuse_posts(client, deal, parts, name, part):
    client.force_login(deal.owner)

    assert client.post(url(name, deal, part, parts)).status_code == 405


@pytest.mark.parametrize(("name", "part", "_form"), [row for row in ADDRESSES if row[1] not in {None, "name", "gate"}])
def test_parts_of_another_deal_are_not_found(client, deal, parts, name, part, _form):
    other = DealFactory()
    client.force_login(UserFactory(role=Role.MANAGER))

    assert client.post(url(name, other, part, parts)).status_code == 404


def test_gates_of_another_pipeline_are_not_found(client, deal):
    gate = GateFactory()
    client.force_login(deal.owner)

    assert client.post(reverse("deals:gate_tick", args=[deal.pk, gate.pk])).status_code == 404


@pytest.mark.parametrize(
    "words", ["Log a meeting", "data-move-menu", "Add note", "Make confidential", "/facts/", "hx-post", "Reschedule"]
)
def test_read_only_sees_no_controls(client, parts, deal, words):
    Deal.objects.update(is_confidential=False)
    client.force_login(UserFactory(role=Role.READ_ONLY))

    for tab in TABS:
        assert words not in client.get(deal.get_absolute_url(), {"tab": tab}).text


def test_codes_are_written_one_way(client, deal):
    client.force_login(deal.owner)

    assert client.get(f"/deals/LRS-0{deal.pk:04d}/").status_code == 404
    assert client.get("/deals/LRS-9999/").status_code == 404


def crowd(deal, size):
    for number in range(size):
        TaskFactory(deal=deal, assignee=UserFactory())
        NoteFactory(deal=deal, author=UserFactory(), body=f"Note {number}")
        DocumentFactory(deal=deal)
        ApprovalFactory(deal=deal, document=DocumentFactory(deal=deal))
        DealContact.objects.create(deal=deal, contact=ContactFactory())
        DealTeamMember.objects.create(deal=deal, user=UserFactory())
        milestone = PlantMilestoneFactory()
        DealPlant.objects.create(deal=deal, plant=milestone.plant)
        SourcedFactFactory(company=deal.company, as_of=TODAY - dt.timedelta(days=number))
        gate = GateFactory(stage=deal.stage)
        GateCheck.objects.create(deal=deal, gate=gate, by=UserFactory())
        GateFactory(stage=deal.stage, kind=GateKind.FIELD, requirement="region")
        ExternalRef.objects.create(resource="deal", object_id=deal.pk, system="crm", external_id=str(number))


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("tab", "queries"),
    [("timeline", 8), ("tasks", 7), ("documents", 7), ("approvals", 8), ("plants", 8), ("contacts", 7)],
)
def test_workspace_takes_a_fixed_number_of_queries(
    client, deal, fetch_raise, django_assert_num_queries, size, tab, queries
):
    crowd(deal, size)
    client.force_login(deal.owner)
    client.get(deal.get_absolute_url())

    with django_assert_num_queries(queries):
        response = client.get(deal.get_absolute_url(), {"tab": tab})
    assert response.status_code == 200


def test_the_path_knows_states_and_days():
    pipeline = PipelineFactory()
    stages = [StageFactory(pipeline=pipeline, rot_days=20) for _number in range(4)]
    hold = StageFactory(pipeline=pipeline, type=StageType.HOLD)
    deal = DealFactory(stage=stages[2], entered_stage_at=NOW - dt.timedelta(days=22))
    for number, days in ((0, 60), (1, 52)):
        StageTransition.objects.create(
            deal=deal,
            from_stage=stages[number],
            to_stage=stages[number + 1],
            kind="forward",
            entered_at=NOW - dt.timedelta(days=days + 10),
            at=NOW - dt.timedelta(days=days),
        )

    steps = path_of(deal, at=NOW)
    assert [(step.state, step.days) for step in steps] == [
        ("done", 10),
        ("done", 10),
        ("late", 22),
        ("next", None),
        ("aside", None),
    ]

    StageTransition.objects.create(
        deal=deal, from_stage=stages[2], to_stage=hold, kind="aside", reason="x", entered_at=NOW, at=NOW
    )
    deal.stage = hold
    assert [step.state for step in path_of(deal, at=NOW)] == ["done", "done", "hold", "next", "aside"]


def test_capacity_reports_stand_side_by_side(client, deal):
    client.force_login(deal.owner)
    SourcedFactFactory(company=deal.company, value="35", source="The OEM")
    SourcedFactFactory(company=deal.company, value="20–25", source="Press")

    text = client.get(deal.get_absolute_url()).text

    assert ("The OEM" in text, "Press" in text, "conflict" in text) == (True, True, True)


def test_capacity_reports_of_its_plants_stand_there_too(client, deal):
    client.force_login(deal.owner)
    plant, other = PlantFactory(), PlantFactory()
    DealPlant.objects.create(deal=deal, plant=plant)
    PlantFact.objects.create(plant=plant, fact=SourcedFactFactory(company=None, source="The regulator"))
    PlantFact.objects.create(plant=other, fact=SourcedFactFactory(company=None, source="Another plant's"))

    text = client.get(deal.get_absolute_url()).text

    assert ("The regulator" in text, "Another plant" in text) == (True, False)


def test_deals_for_workspace_counts_only_documents_that_may_be_opened(deal):
    Deal.objects.update(is_confidential=False)
    DocumentFactory(deal=deal)
    DocumentFactory(deal=deal, audience=DocumentAudience.TEAM)

    counts = [
        deals_for_workspace(user).get(pk=deal.pk).document_count
        for user in (deal.owner, UserFactory(role=Role.MANAGER), UserFactory())
    ]
    assert counts == [2, 2, 1]
