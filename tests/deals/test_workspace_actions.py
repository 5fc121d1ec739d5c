"""What the forms of the workspace do, with and without scripts."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.enums import Role
from companies.models import Company
from deals.enums import DocumentAudience
from deals.models import Approval, Deal, DealContact, DealTeamMember, Document, GateCheck, Note, Task
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, DocumentFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 signed"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/deals/LRS-0001/?tab=tasks"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def deal():
    return DealFactory(title="Old", region="europe")


@pytest.fixture
def owner(client, deal):
    client.force_login(deal.owner)
    return client


def address(name, deal, *more):
    return reverse(f"deals:{name}", args=[deal.pk, *more])


def fact(deal, name, version=1, **values):
    return address("fact", deal, name), {"version": version, **values}


def test_a_fact_is_saved_and_the_page_comes_back(owner, deal):
    url, form = fact(deal, "title", title="New", **{"initial-title": "Old"})

    assert owner.post(url, form).url == f"{deal.get_absolute_url()}?tab=timeline"
    assert Deal.objects.get().title == "New"
    assert Change.objects.filter(actor=deal.owner, channel="web", fields__title=["Old", "New"]).exists()


def test_htmx_gets_the_workspace_with_the_open_tab(owner, deal):
    url, form = fact(deal, "title", title="New", **{"initial-title": "Old"})

    response = owner.post(url, form, headers=HTMX)

    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (200, "#workspace", "outerMorph")
    assert json.loads(response["HX-Trigger"]).keys() == {"dialog:close", "toast"}
    assert "<html" not in response.text
    assert 'id="deal-actions"' in response.text
    assert "No tasks yet" in response.text


def test_a_stale_fact_is_refused_once_with_both_versions(owner, deal):
    Deal.objects.update(title="Theirs")
    url, form = fact(deal, "title", title="Mine", **{"initial-title": "Old"})

    response = owner.post(url, form, headers=HTMX)

    assert response.status_code == 422
    assert ("Theirs" in response.text, 'value="Mine"' in response.text) == (True, True)
    assert Deal.objects.get().title == "Theirs"
    again = {**form, "version": 2, "initial-title": "Theirs"}
    assert owner.post(url, again, headers=HTMX).status_code == 200
    assert Deal.objects.get().title == "Mine"


@pytest.mark.parametrize(
    ("name", "values", "seen"),
    [
        ("region", {"region": "oceania"}, {"initial-region": "europe"}),
        ("scope", {"scope": ["licence", "operation"]}, {}),
        ("annual_royalty", {"annual_royalty": "5", "currency": "USD"}, {}),
        ("expected_sop_on", {"expected_sop_on": "2029-07-01"}, {}),
        ("probability_percent", {"probability_percent": "40"}, {}),
    ],
)
def test_a_change_of_another_fact_is_no_conflict(owner, deal, name, values, seen):
    Deal.objects.update(title="Theirs")
    url, form = fact(deal, name, **values, **seen)

    assert owner.post(url, form).status_code == 302
    assert Deal.objects.get().version == 3


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("capacity_gwh", {"capacity_gwh": "-1"}),
        ("capacity_gwh", {"capacity_gwh": "many"}),
        ("title", {"title": "x" * 10_000}),
        ("title", {"title": "a\x00b"}),
        ("expected_sop_on", {"expected_sop_on": "1900-01-01"}),
        ("expected_sop_on", {"expected_sop_on": "2100-01-01"}),
        ("annual_royalty", {"annual_royalty": "5", "currency": ""}),
        ("company", {"company": "999999"}),
        ("title", {"title": "x", "version": "no"}),
    ],
)
def test_implausible_facts_are_refused_beside_the_field(owner, deal, name, values):
    url, form = fact(deal, name)

    response = owner.post(url, {**form, **values})

    assert response.status_code == 422
    assert "errorlist" in response.text
    assert Deal.objects.get().version == 1


def test_the_stage_is_no_fact(owner, deal):
    assert owner.post(address("fact", deal, "stage")).status_code == 404


def test_a_checklist_item_is_ticked_and_unticked(owner, deal):
    gate = GateFactory(stage=deal.stage)

    owner.post(address("gate_tick", deal, gate.pk))
    assert GateCheck.objects.get().by == deal.owner
    owner.post(address("gate_untick", deal, gate.pk))
    assert not GateCheck.objects.exists()


def test_parts_are_added_by_their_forms(owner, deal):
    owner.post(address("task_add", deal), {"title": "Call", "due_on": "2027-01-15", "assignee": deal.owner.pk})
    owner.post(address("note_add", deal), {"kind": "meeting", "body": "Met", "happened_on": ""})
    owner.post(
        address("approval_add", deal), {"regime": "Technology export", "status": "to_file", "file_by_on": "2027-02-01"}
    )
    owner.post(address("plant_link", deal), {"new_name": "Harlan Ridge"})
    owner.post(address("contact_add", deal), {"new_name": "Dana Ortiz", "role": "sponsor", "email": "d@example.com"})
    owner.post(address("team_add", deal), {"user": UserFactory().pk})
    owner.post(address("confidential", deal), {"is_confidential": "1"})

    assert Task.objects.get().title == "Call"
    assert Note.objects.get().happened_on is not None
    assert str(Approval.objects.get().file_by_on) == "2027-02-01"
    approvals = owner.get(deal.get_absolute_url(), {"tab": "approvals"}).content.decode()
    assert 'to be filed by <time datetime="2027-02-01"' in approvals
    assert deal.plants.get().company == deal.company
    assert DealContact.objects.get().contact.company == deal.company
    assert DealTeamMember.objects.count() == 1
    assert Deal.objects.get().is_confidential


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("task_add", {"title": "", "due_on": "soon"}),
        ("note_add", {"kind": "song", "body": ""}),
        ("note_add", {"kind": "note", "body": "a\x00b"}),
        ("approval_add", {"regime": "x", "status": "granted"}),
        ("plant_link", {"plant": ""}),
        ("contact_add", {"role": "sponsor"}),
        ("contact_add", {"role": "king", "new_name": "x"}),
        ("team_add", {"user": "0"}),
        ("document_add", {"kind": "nda"}),
    ],
)
def test_unfit_forms_come_back_with_their_errors(owner, deal, name, form):
    for headers in ({}, HTMX):
        response = owner.post(address(name, deal), form, headers=headers)
        assert (response.status_code, "errorlist" in response.text) == (422, True)


def test_a_plant_name_that_is_taken_is_refused_in_words(owner, deal):
    owner.post(address("plant_link", deal), {"new_name": "Harlan Ridge"})

    assert "There is a plant of this name" in owner.post(address("plant_link", deal), {"new_name": "harlan ridge"}).text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"MZ", "damaged or misnamed"),
        ("a.exe", b"MZ", "cannot be kept here"),
        ("x" * 300 + ".pdf", PDF, "at most 200"),
    ],
)
def test_hostile_uploads_are_refused_in_words(owner, deal, name, content, words):
    form = {"kind": "nda", "audience": "deal", "file": SimpleUploadedFile(name, content)}

    response = owner.post(address("document_add", deal), form)

    assert response.status_code == 422
    assert not Document.objects.exists()
    assert words in response.text


@pytest.mark.parametrize("name", ["../../../etc/nda.pdf", "..\\nda.pdf", "nd\u202ea.pdf", "/srv/nda.pdf"])
def test_a_name_with_tricks_is_kept_without_them(owner, deal, name):
    upload = SimpleUploadedFile("x.pdf", PDF)
    upload._name = name
    owner.post(address("document_add", deal), {"kind": "nda", "audience": "deal", "file": upload})

    assert Document.objects.get().file_name == "nda.pdf"


def test_a_download_is_an_attachment_that_nothing_sniffs(owner, deal):
    upload = SimpleUploadedFile("合同 1.pdf", PDF)
    owner.post(address("document_add", deal), {"kind": "nda", "title": "NDA", "audience": "deal", "file": upload})

    response = owner.get(Document.objects.get().get_absolute_url())

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E5%90%88%E5%90%8C%201.pdf"
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert response["Cache-Control"] == "private, no-store"
    response.close()


def test_a_document_of_the_team_is_not_found_by_others(client, deal):
    document = DocumentFactory(deal=deal, audience=DocumentAudience.TEAM)
    client.force_login(UserFactory())

    assert client.get(document.get_absolute_url()).status_code == 404


def test_a_file_that_is_gone_is_not_found(owner, deal):
    document = DocumentFactory(deal=deal)
    document.file.delete(save=False)

    assert owner.get(document.get_absolute_url()).status_code == 404


def test_people_are_suggested_with_what_mentions_them(owner, deal):
    UserFactory(name="Wei Lin", email="wei1@example.com")
    UserFactory(name="Wei Lin", email="wei2@example.com")
    UserFactory(name="Wera Gone", is_active=False)

    found = owner.get(address("note_people", deal), {"q": "we"}).json()["people"]

    assert [person["mention"] for person in found] == ["wei1@example.com", "wei2@example.com"]


def test_a_note_is_edited_only_by_its_author_or_a_manager(client, deal):
    note = Note.objects.create(deal=deal, body="Mine", author=deal.owner)
    form = {"kind": "note", "body": "Changed"}

    client.force_login(UserFactory())
    assert client.post(address("note_edit", deal, note.pk), form).status_code == 403
    assert client.post(address("note_delete", deal, note.pk)).status_code == 403
    client.force_login(UserFactory(role=Role.MANAGER))
    client.post(address("note_edit", deal, note.pk), form)
    assert Note.objects.get().body == "Changed"


def test_a_new_deal_warns_of_what_is_there_already(client):
    bd = UserFactory()
    company = CompanyFactory(name="Meridian Motor")
    deal = DealFactory(company=company)
    hidden = DealFactory(company=company, is_confidential=True)
    client.force_login(bd)

    similar = client.get(reverse("deals:new_similar"), {"new_company": "Meridian Motors"}).text
    open_deals = client.get(reverse("deals:new_similar"), {"company": company.pk}).text

    assert "Meridian Motor" in similar
    assert (deal.code in open_deals, hidden.code in open_deals) == (True, False)


def test_a_stale_number_is_shown_as_on_the_page(owner, deal):
    Deal.objects.update(capacity_gwh="26.000")
    url, form = fact(deal, "capacity_gwh", capacity_gwh="30", **{"initial-capacity_gwh": "20"})

    assert owner.post(url, form).context["form"].stored == "26"


def test_a_new_deal_past_a_gate_lists_what_it_lacks(client):
    pipeline = PipelineFactory()
    first, second = (StageFactory(pipeline=pipeline) for _number in range(2))
    gate = GateFactory(stage=first, label="Screening done")
    form = {"new_company": "Harbour Cars", "stage": second.pk}
    client.force_login(UserFactory())

    refused = client.post(reverse("deals:new"), form)

    assert (refused.status_code, "Screening done" in refused.text) == (422, True)
    assert (Deal.objects.count(), Company.objects.count()) == (0, 0)
    client.force_login(UserFactory(role=Role.MANAGER))
    client.post(reverse("deals:new"), {**form, "waive": gate.pk, "waiver_reason": "Known"})
    assert Deal.objects.get().stage == second


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"company": "0"},
        {"new_company": "a\x00"},
        {"new_company": "\u200b"},
        {"new_company": "x", "next_step": "Call"},
        {"new_company": "x", "title": "\u202ex"},
    ],
)
def test_an_unfit_new_deal_is_refused(client, form):
    client.force_login(UserFactory())
    form = {"stage": StageFactory().pk, **form}

    response = client.post(reverse("deals:new"), form)

    assert (response.status_code, "errorlist" in response.text) == (422, True)
    assert not Deal.objects.exists()


def test_a_new_confidential_deal_without_an_owner_asks_for_one_and_keeps_what_was_typed(client):
    client.force_login(UserFactory())
    typed = {"new_company": "Harbour Cars", "title": "Line 2", "owner": "", "is_confidential": "on"}

    form = client.post(reverse("deals:new"), {"stage": StageFactory().pk, **typed}).context["form"]

    assert form.errors == {
        "owner": ["Choose an owner, or yourself: without one you would not see this confidential deal."]
    }
    assert {name: form[name].data for name in typed} == {**typed, "is_confidential": True}
    assert not Company.objects.exists()


@pytest.mark.parametrize("name", ["new", "new_similar"])
def test_new_is_for_those_who_may(client, name):
    assert client.get(reverse(f"deals:{name}")).url.startswith("/accounts/login/")
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.get(reverse(f"deals:{name}")).status_code == 403
    client.force_login(UserFactory())
    assert client.get(reverse(f"deals:{name}")).status_code == 200
    assert client.delete(reverse(f"deals:{name}")).status_code == 405
