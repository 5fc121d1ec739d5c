"""Adding deals and what belongs to them in the admin: by the functions of the pages, with their refusals."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import Role
from deals.enums import StageType
from deals.models import Approval, Deal, DealContact, DealPlant, DealTeamMember, Document, Note, Task, Waiver
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory, DocumentFactory, GateFactory, PipelineFactory, StageFactory, TaskFactory
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/deals/deal/add/"


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


@pytest.fixture
def stages():
    pipeline = PipelineFactory()
    return [StageFactory(pipeline=pipeline, position=position) for position in (1, 2, 3)]


def errors_of(response):
    return response.context["adminform"].form.errors


def test_deal_is_added_in_the_first_stage_with_its_transition_and_next_step(client, admin, stages):
    company = CompanyFactory()

    client.post(
        ADD,
        {
            "company": company.pk,
            "title": "Licence",
            "stage": stages[0].pk,
            "owner": admin.pk,
            "scope": ["licence"],
            "next_step": "Call them",
            "next_step_on": "2027-01-05",
        },
    )

    deal = Deal.objects.get()
    transition = deal.transitions.get()
    step = deal.tasks.get()
    assert (deal.company, deal.stage, deal.title, deal.scope) == (company, stages[0], "Licence", ["licence"])
    assert (transition.from_stage, transition.to_stage, transition.by) == (None, stages[0], admin)
    assert (step.title, step.assignee, step.due_on.isoformat()) == ("Call them", admin, "2027-01-05")


def test_deal_further_along_passes_the_gates_or_says_what_is_missing(client, admin, stages):
    GateFactory(stage=stages[0], label="Sponsor named")
    GateFactory(stage=stages[1], label="Terms sent")
    given = {"company": CompanyFactory().pk, "stage": stages[2].pk}

    refused = client.post(ADD, given)

    assert refused.status_code == 200
    assert list(errors_of(refused)["__all__"])[1:] == ["Sponsor named", "Terms sent"]
    assert Deal.objects.count() == 0

    client.post(ADD, given | {"waiver_reason": "Signed last year"})

    deal = Deal.objects.get()
    assert (deal.stage, set(Waiver.objects.values_list("label", "reason", "by"))) == (
        stages[2],
        {("Sponsor named", "Signed last year", admin.pk), ("Terms sent", "Signed last year", admin.pk)},
    )


def test_deal_that_starts_lost_needs_a_reason(client, admin, stages):
    lost = StageFactory(pipeline=stages[0].pipeline, position=9, type=StageType.LOST)
    given = {"company": CompanyFactory().pk, "stage": lost.pk}

    assert errors_of(client.post(ADD, given)) == {"reason": ["Give a reason."]}

    client.post(ADD, given | {"reason": "Chose another chemistry"})
    assert (Deal.objects.get().stage, Deal.objects.get().outcome_reason) == (lost, "Chose another chemistry")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"company": ""}, "company"),
        ({"stage": ""}, "stage"),
        ({"capacity_gwh": "-1"}, "capacity_gwh"),
        ({"annual_royalty": "5", "currency": ""}, "__all__"),
        ({"next_step": "Call", "next_step_on": "1900-01-01"}, "__all__"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "a\x00b"}, "title"),
    ],
)
def test_deal_that_is_wrong_is_refused_at_the_field(client, admin, stages, given, field):
    response = client.post(ADD, {"company": CompanyFactory().pk, "stage": stages[0].pk} | given)

    assert response.status_code == 200
    assert list(errors_of(response)) == [field]
    assert Deal.objects.count() == 0


def test_deal_with_an_archived_company_or_an_inactive_owner_is_refused(client, admin, stages):
    archived = CompanyFactory(archived_at="2026-01-01T00:00Z")
    inactive = UserFactory(is_active=False)
    given = {"company": CompanyFactory().pk, "stage": stages[0].pk}

    assert list(errors_of(client.post(ADD, given | {"company": archived.pk}))) == ["company"]
    assert list(errors_of(client.post(ADD, given | {"owner": inactive.pk}))) == ["owner"]


def test_add_form_of_a_deal_takes_the_same_queries_for_more_stages(
    client, admin, stages, django_assert_max_num_queries
):
    client.get(ADD)
    StageFactory.create_batch(5)

    with django_assert_max_num_queries(12):
        assert client.get(ADD).status_code == 200


def test_parts_of_a_deal_are_added_by_their_functions(client, admin):
    deal = DealFactory()
    given = {"deal": deal.pk}

    client.post("/admin/deals/task/add/", given | {"title": " Call ", "due_on": "2027-01-05"})
    client.post("/admin/deals/note/add/", given | {"kind": "call", "body": f"Called @[{admin.name}]"})
    client.post("/admin/deals/approval/add/", given | {"regime": "Export", "status": "to_file"})
    client.post("/admin/deals/dealteammember/add/", given | {"user": admin.pk})
    client.post("/admin/deals/dealplant/add/", given | {"plant": PlantFactory().pk})
    contact = ContactFactory(company=deal.company)
    client.post("/admin/deals/dealcontact/add/", given | {"contact": contact.pk, "role": "sponsor"})

    counts = {part: part.objects.filter(deal=deal).count() for part in (Task, Note, DealTeamMember, DealPlant)}
    assert counts == {Task: 1, Note: 1, DealTeamMember: 1, DealPlant: 1}
    assert (Approval.objects.count(), DealContact.objects.count()) == (1, 1)
    assert Task.objects.get().title == "Call"
    # A call without a day happened today.
    assert Note.objects.get().happened_on is not None


def test_part_that_its_function_refuses_is_an_error_of_the_form(client, admin):
    deal = DealFactory(is_confidential=True)
    given = {"deal": deal.pk}
    outsider = UserFactory()

    task = client.post(
        "/admin/deals/task/add/", given | {"title": "x", "due_on": "2027-01-05", "assignee": outsider.pk}
    )
    note = client.post("/admin/deals/note/add/", given | {"kind": "call", "body": "x", "happened_on": "2090-01-01"})
    approval = client.post("/admin/deals/approval/add/", given | {"regime": "Export", "status": "granted"})

    assert [list(errors_of(response)) for response in (task, note, approval)] == [
        ["assignee"],
        ["happened_on"],
        ["__all__"],
    ]


def test_document_is_checked_when_it_is_added(client, admin, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    given = {"deal": DealFactory().pk, "kind": "nda", "title": "NDA", "audience": "deal"}

    wrong = client.post(
        "/admin/deals/document/add/",
        given | {"file": SimpleUploadedFile("nda.pdf", b"MZ, a program", "application/pdf")},
    )
    assert list(errors_of(wrong)) == ["file"]
    assert list(tmp_path.rglob("*.pdf")) == []

    client.post("/admin/deals/document/add/", given | {"file": SimpleUploadedFile("nda.pdf", b"%PDF-1.7\nours")})
    document = Document.objects.get()
    assert (document.number, document.file_name, document.size_bytes, document.uploaded_by) == (1, "nda.pdf", 13, admin)


def test_document_is_deleted_with_its_file(client, admin, settings, tmp_path, django_capture_on_commit_callbacks):
    settings.MEDIA_ROOT = str(tmp_path)
    document = DocumentFactory()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/deals/document/{document.pk}/delete/", {"post": "yes"})

    assert Document.objects.count() == 0
    assert list(tmp_path.rglob("*.pdf")) == []


def test_links_are_added_and_taken_away_and_never_edited(client, admin):
    member = DealTeamMember.objects.create(deal=DealFactory(), user=admin)

    assert client.post(f"/admin/deals/dealteammember/{member.pk}/change/", {"user": admin.pk}).status_code == 403
    client.post(f"/admin/deals/dealteammember/{member.pk}/delete/", {"post": "yes"})

    assert DealTeamMember.objects.count() == 0


def test_confidentiality_is_changed_by_its_own_rule(client, admin):
    deal = DealFactory()

    client.post(
        f"/admin/deals/deal/{deal.pk}/change/",
        {"company": deal.company_id, "title": deal.title, "owner": deal.owner_id, "is_confidential": "on"},
    )
    deal.refresh_from_db()
    assert deal.is_confidential

    task = TaskFactory(deal=deal)
    refused = client.post(
        f"/admin/deals/task/{task.pk}/change/",
        {"title": task.title, "due_on": "2027-01-05", "assignee": UserFactory().pk},
    )
    assert list(errors_of(refused)) == ["assignee"]
