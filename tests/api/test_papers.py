"""Approvals and documents over the API."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import Role, TokenScope
from deals.models import Document
from tests.api.test_objects import problem
from tests.api.test_plants import ids
from tests.deals.factories import ApprovalFactory, DealFactory, DocumentFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(caller, deal, content=PDF, name="nda.pdf", headers=(), **values):
    form = {"deal": str(deal.pk), "kind": "nda", "file": SimpleUploadedFile(name, content), **values}
    return caller.client.post(
        "/api/v1/documents", form, headers={"Authorization": f"Bearer {caller.key}", **dict(headers)}
    )


def test_approval_is_created_and_decided(bd):
    deal = DealFactory()
    body = {"deal": str(deal.pk), "regime": "Technology export", "authority": "MOFCOM", "jurisdiction": "CN"}
    made = bd.post("approvals", body)
    assert made.status_code == 201, made.content
    assert (made.json()["status"], made.json()["document"]) == ("to_file", None)
    address = f"approvals/{made.json()['id']}"
    assert bd.patch(address, {"status": "filed", "filed_on": "2026-03-01"}).json()["authority"] == "MOFCOM"
    granted = bd.patch(address, {"status": "granted", "decided_on": "2026-06-01"})
    assert (granted.json()["status"], granted.json()["filed_on"]) == ("granted", "2026-03-01")
    assert bd.delete(address).status_code == 405


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"status": "filed"}, [("filed_on", "invalid")]),
        ({"status": "granted", "filed_on": "2026-03-01"}, [("decided_on", "invalid")]),
        (
            {"status": "granted", "filed_on": "2026-03-01", "decided_on": "2026-02-01"},
            [(None, "invalid")],
        ),
        (
            {"status": "granted_with_conditions", "filed_on": "2026-03-01", "decided_on": "2026-04-01"},
            [("conditions", "invalid")],
        ),
        ({"jurisdiction": "ZZ"}, [("jurisdiction", "unknown_country")]),
        ({"regime": ""}, [("regime", "blank")]),
    ],
)
def test_approval_that_cannot_be_is_refused(bd, body, errors):
    approval = ApprovalFactory()
    assert problem(bd.patch(f"approvals/{approval.pk}", body), 400) == errors
    assert bd.get(f"approvals/{approval.pk}").json()["version"] == 1


def test_approval_takes_a_document_of_its_deal_only(bd):
    approval = ApprovalFactory()
    mine, other = DocumentFactory(deal=approval.deal), DocumentFactory()
    hidden = DocumentFactory(deal=approval.deal, audience="team")
    address = f"approvals/{approval.pk}"
    assert problem(bd.patch(address, {"document": str(other.pk)}), 400) == [("document", "invalid")]
    assert problem(bd.patch(address, {"document": str(hidden.pk)}), 400) == [("document", "unknown")]
    assert bd.patch(address, {"document": str(mine.pk)}).json()["document"] == str(mine.pk)
    embedded = bd.get(f"{address}?include=document,deal").json()["embedded"]
    assert embedded["document"]["title"] == mine.title


def test_approvals_are_filtered(bd):
    first = ApprovalFactory(regime="Merger control", jurisdiction="DE", status="filed", filed_on="2026-03-01")
    second = ApprovalFactory(status="refused", filed_on="2026-03-01", decided_on="2026-04-01")
    for query in [
        "q=merger",
        f"deal={first.deal_id}",
        f"company={first.deal.company_id}",
        "status=filed",
        "jurisdiction=DE",
        "decided=false",
    ]:
        assert ids(bd.get(f"approvals?{query}")) == [first.pk]
    assert ids(bd.get("approvals?decided=true")) == [second.pk]


def test_document_is_uploaded_downloaded_changed_and_deleted(bd, caller_of, media):
    deal = DealFactory(owner=bd.user)
    made = upload(bd, deal, expires_on="2030-01-31")
    assert made.status_code == 201, made.content
    document = made.json()
    assert (document["title"], document["number"], document["file_name"]) == ("nda", 1, "nda.pdf")
    assert (document["size_bytes"], document["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert document["uploaded_by"] == str(bd.user.pk)
    assert str(media) not in str(document)
    address = f"documents/{document['id']}"

    file = bd.get(f"{address}/file", Accept="application/pdf")
    assert (file.status_code, file.getvalue(), file["Content-Type"]) == (200, PDF, "application/pdf")
    assert file["Content-Disposition"] == 'attachment; filename="nda.pdf"'
    assert (file["X-Content-Type-Options"], file["Cache-Control"]) == ("nosniff", "private, no-store")

    kept = bd.patch(address, {"audience": "team"}).json()
    assert (kept["audience"], kept["expires_on"]) == ("team", "2030-01-31")
    assert problem(bd.patch(address, {"title": "X"}), 400) == [("title", "unknown_field")]
    assert problem(bd.delete(address), 403) == []
    assert caller_of(Role.MANAGER).delete(address).status_code == 204
    assert bd.get(f"{address}/file").status_code == 404


def test_upload_that_cannot_be_kept_is_refused(bd, caller_of):
    deal = DealFactory()
    assert upload(bd, deal, title="NDA").json()["number"] == 1
    assert upload(bd, deal, title="NDA", content=PDF + b"2").json()["number"] == 2
    assert problem(upload(bd, deal, title="NDA"), 400) == [("file", "invalid")]
    assert problem(upload(bd, deal, content=b""), 400) == [("file", "invalid")]
    assert problem(upload(bd, deal, content=b"MZ", name="a.exe"), 400) == [("file", "invalid")]
    assert problem(upload(bd, deal, content=b"MZ"), 400) == [("file", "invalid")]
    assert problem(upload(bd, deal, kind="secret"), 400) == [("kind", "invalid_choice")]
    assert problem(upload(bd, deal, sha256="0"), 400) == [("sha256", "unknown_field")]
    assert problem(upload(bd, deal, kind=["nda", "mou"]), 400) == [("kind", "repeated")]
    assert problem(upload(bd, deal, audience="team"), 400) == [("audience", "invalid")]
    assert problem(bd.post("documents", {"deal": str(deal.pk)}), 415) == []
    assert problem(upload(caller_of(Role.READ_ONLY), deal), 403) == []
    assert problem(upload(caller_of(scope=TokenScope.READ), deal), 403) == []
    assert Document.objects.count() == 2


def test_upload_is_kept_once_for_its_key(bd):
    deal = DealFactory()
    key = {"Idempotency-Key": "a"}
    boundary = [upload(bd, deal, headers=key) for _again in range(2)]
    assert [one.status_code for one in boundary] == [201, 201]
    assert (boundary[1].content, boundary[1]["Idempotency-Replayed"]) == (boundary[0].content, "true")
    assert problem(upload(bd, deal, content=PDF + b"2", headers=key), 422) == []
    assert Document.objects.count() == 1


def test_form_with_too_many_fields_is_refused(bd):
    many = {f"field{number}": "x" for number in range(2_000)}
    assert upload(bd, DealFactory(), **many).status_code in (400, 413)


def test_document_of_the_team_does_not_exist_for_others(bd):
    document = DocumentFactory(audience="team")
    for method, address in [
        ("GET", f"documents/{document.pk}"),
        ("GET", f"documents/{document.pk}/file"),
        ("PATCH", f"documents/{document.pk}"),
        ("DELETE", f"documents/{document.pk}"),
    ]:
        assert problem(bd.call(method, address, {} if method == "PATCH" else None), 404) == []
    assert ids(bd.get("documents")) == []
    assert bd.get("documents/export").getvalue() == b""
    document.deal.team.add(bd.user)
    assert ids(bd.get("documents")) == [document.pk]


def test_file_that_is_gone_is_not_found(bd):
    document = DocumentFactory()
    document.file.storage.delete(document.file.name)
    assert problem(bd.get(f"documents/{document.pk}/file"), 404) == []
    assert problem(bd.get(f"documents/{document.pk}/file?as=pdf"), 400) == [("as", "unknown_parameter")]


def test_documents_are_filtered(bd):
    first = DocumentFactory(title="Term sheet", kind="term_sheet", uploaded_by=bd.user)
    second = DocumentFactory()
    second.deal.team.add(bd.user)
    bd.patch(f"documents/{second.pk}", {"audience": "team"})
    for query in [
        "q=term",
        f"deal={first.deal_id}",
        f"company={first.deal.company_id}",
        "kind=term_sheet",
        "audience=deal",
        f"uploaded_by={bd.user.pk}",
    ]:
        assert ids(bd.get(f"documents?{query}")) == [first.pk]
    assert ids(bd.get("documents?audience=team")) == [second.pk]


def test_document_without_a_form_lacks_its_fields(bd):
    refused = bd.client.generic("POST", "/api/v1/documents", headers={"Authorization": f"Bearer {bd.key}"})
    assert problem(refused, 400) == [("deal", "required"), ("kind", "required"), ("file", "required")]


def test_documents_are_not_created_in_bulk(bd):
    body = {"operations": [{"op": "create", "data": {}}]}
    assert bd.post("documents/bulk", body).json()["results"][0]["status"] == 400
