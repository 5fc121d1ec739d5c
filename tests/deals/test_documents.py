import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import Role
from deals.domain.documents import MAX_BYTES, add_document, change_document, delete_document
from deals.enums import DocumentAudience, DocumentKind
from deals.models import DealTeamMember, Document
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY, DealFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
OPEN_XML = "application/vnd.openxmlformats-officedocument"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def office(content_type, **parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{content_type}"/></Types>')
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


DOCX = office(f"{OPEN_XML}.wordprocessingml.document.main+xml")
XLSX = office(f"{OPEN_XML}.spreadsheetml.sheet.main+xml")
PPTX = office(f"{OPEN_XML}.presentationml.presentation.main+xml")
DOCM = office("application/vnd.ms-word.document.macroEnabled.main+xml")


def add(deal, name="nda.pdf", content=PDF, by=None, title="", audience=DocumentAudience.DEAL):
    upload = SimpleUploadedFile("x", content)
    upload._name = name
    return add_document(
        deal=deal,
        kind=DocumentKind.NDA,
        title=title,
        upload=upload,
        expires_on=None,
        audience=audience,
        by=by or deal.owner,
    )


def stored(media: Path):
    return [path for path in media.rglob("*") if path.is_file()]


def test_add_document_keeps_what_it_is(media):
    deal = DealFactory()

    document = add(deal, name="Signed NDA.pdf")

    assert (document.title, document.number, document.content_type) == ("Signed NDA", 1, "application/pdf")
    assert (document.sha256, document.size_bytes) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    with document.file.open() as file:
        assert file.read() == PDF
    assert "Signed" not in document.file.name
    assert len(stored(media)) == 1


def test_the_same_title_is_the_next_version():
    deal = DealFactory()

    assert [add(deal, title="NDA", content=PDF + bytes([number])).number for number in (1, 2, 3)] == [1, 2, 3]


def test_the_same_file_again_is_refused():
    deal = DealFactory()
    add(deal, title="NDA")

    with pytest.raises(DomainError, match="same file as version 1"):
        add(deal, title="NDA")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("A.PDF", PDF),
        ("a.docx", DOCX),
        ("a.xlsx", XLSX),
        ("a.pptx", PPTX),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"0" * 20),
        ("a.txt", "Grüße 你好".encode()),
        ("a.csv", b"\xef\xbb\xbfa;b\n1;2\n"),
        ("合同 版本2.pdf", PDF),
    ],
)
def test_allowed_files_are_kept(name, content):
    assert add(DealFactory(), name=name, content=content).file_name == name


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "empty"),
        ("a.exe", b"MZ", "kind cannot be kept"),
        ("a.html", b"<script>", "kind cannot be kept"),
        ("a.svg", b"<svg/>", "kind cannot be kept"),
        ("a", PDF, "kind cannot be kept"),
        ("a.pdf.exe", PDF, "kind cannot be kept"),
        ("a.docm", DOCM, "kind cannot be kept"),
        ("a.pdf", b"MZ\x90\x00", "is none"),
        ("a.pdf", b"<html>%PDF-", "is none"),
        ("a.png", PDF, "is none"),
        ("a.jpg", b"GIF89a", "is none"),
        ("a.docx", PDF, "is none"),
        ("a.docx", XLSX, "is none"),
        ("a.docx", DOCM, "is none"),
        ("a.docx", office("", **{"word/document.xml": ""}), "is none"),
        ("a.docx", DOCX[:-30], "is none"),
        ("a.txt", b"\xff\xfe\x00", "is none"),
        ("a.txt", b"a\x00b", "is none"),
        ("a.csv", "Grüße".encode("latin-1"), "is none"),
        ("../../etc/passwd.pdf", PDF, "hide what it is"),
        ("..\\evil.pdf", PDF, "hide what it is"),
        ("a\x00.pdf", PDF, "hide what it is"),
        ("invoice\u202efdp.pdf", PDF, "hide what it is"),
        (".pdf", PDF, "hide what it is"),
        ("a" * 200 + ".pdf", PDF, "longer than 200"),
    ],
)
def test_unfit_files_are_refused_in_words_and_leave_nothing(media, name, content, words):
    with pytest.raises(DomainError, match=words) as caught:
        add(DealFactory(), name=name, content=content)

    assert caught.value.field == "file"
    assert not Document.objects.exists()
    assert stored(media) == []


def test_a_file_above_the_limit_is_refused():
    with pytest.raises(DomainError, match="larger than 25 MB"):
        add(DealFactory(), content=PDF + bytes(MAX_BYTES))


def test_a_file_whose_row_is_refused_does_not_stay(media):
    with pytest.raises(Exception, match="at most 200"):
        add(DealFactory(), title="x" * 201)
    assert stored(media) == []


def test_documents_for_the_team_are_added_by_the_team():
    deal, member = DealFactory(), UserFactory()
    with pytest.raises(DomainError, match="could not open it yourself") as caught:
        add(deal, by=member, audience=DocumentAudience.TEAM)
    assert caught.value.field == "audience"

    DealTeamMember.objects.create(deal=deal, user=member)
    assert add(deal, by=member, audience=DocumentAudience.TEAM).audience == "team"


def test_change_document_sets_expiry_and_audience():
    deal = DealFactory()

    changed = change_document(document=add(deal), expires_on=TODAY, audience=DocumentAudience.TEAM, by=deal.owner)

    assert (changed.expires_on, changed.audience) == (TODAY, "team")


def test_delete_document_takes_the_file_along(media, django_capture_on_commit_callbacks):
    document = add(DealFactory())

    with django_capture_on_commit_callbacks(execute=True):
        delete_document(document=document, by=UserFactory(role=Role.MANAGER))

    assert not Document.objects.exists()
    assert stored(media) == []


def test_roles_without_the_permission_are_refused():
    deal = DealFactory()
    document = add(deal)
    viewer = UserFactory(role=Role.READ_ONLY)

    with pytest.raises(PermissionRefusedError):
        add(deal, by=viewer)
    with pytest.raises(PermissionRefusedError):
        change_document(document=document, expires_on=None, audience=DocumentAudience.DEAL, by=viewer)
    with pytest.raises(PermissionRefusedError):
        delete_document(document=document, by=deal.owner)
