import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.enums import Role
from deals import tasks
from deals.domain.imports import batches
from deals.domain.imports.reading import MAX_FILE_BYTES
from deals.enums import ImportStatus
from deals.models import Deal, ImportBatch
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, TODAY, DealFactory, NoteFactory, StageFactory
from tests.deals.imports.builders import ALL_COLUMNS, EVERYTHING, a_map, csv_file

pytestmark = pytest.mark.django_db

ROWS = csv_file("A1,Acme,One,Talks", "A2,,Two,Lost", "A2,Acme,Three,Lost")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def upload(client, content: bytes = ROWS, name: str = "deals.csv"):
    return client.post(reverse("deals:import"), {"file": SimpleUploadedFile(name, content)})


def fill(batch: ImportBatch, **changes) -> dict:
    return {
        "system": "crm",
        "pipeline": "Imported",
        "create": EVERYTHING,
        **{f"column-{place}": field for place, field in enumerate(ALL_COLUMNS.values())},
    } | changes


def checked(client, content: bytes = ROWS, **changes) -> ImportBatch:
    upload(client, content)
    batch = ImportBatch.objects.latest("pk")
    client.post(batch.get_absolute_url(), fill(batch, **changes))
    batch.refresh_from_db()
    return batch


def apply_now(batch: ImportBatch) -> ImportBatch:
    batches.start_batch(batch=batch)
    batches.apply_batch(batch_id=batch.pk, at=NOW, today=TODAY)
    batch.refresh_from_db()
    return batch


def test_upload_leads_to_the_map(client, user):
    response = upload(client)
    batch = ImportBatch.objects.get()
    assert (response.status_code, response.url) == (302, batch.get_absolute_url())
    page = client.get(response.url)
    assert page.status_code == 200
    assert b"First rows" in page.content


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("deals.csv", b"", "The file is empty."),
        ("deals.pdf", b"%PDF-1.7", "Choose a CSV or XLSX file."),
        ("deals.csv", b"%PDF-1.7", "not a text file but PDF"),
        ("deals.xlsx", b"a,b\n1,2\n", "not an XLSX workbook"),
        ("deals.csv", b"a,b\n", "no rows"),
    ],
)
def test_upload_of_no_use_is_refused_at_the_field(client, user, name, content, message):
    response = upload(client, content, name)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert ImportBatch.objects.count() == 0


def test_upload_without_or_of_too_large_a_file_is_refused(client, user):
    assert client.post(reverse("deals:import")).status_code == 422
    response = upload(client, b"a" * (MAX_FILE_BYTES + 1))
    assert response.status_code == 422
    assert "at most 25 MB" in response.content.decode()


def test_map_is_saved_and_the_file_checked(client, user):
    batch = checked(client)
    assert batch.status == ImportStatus.CHECKED
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "Import 2 rows" in page
    assert "is in row 3 already" in page
    assert Deal.objects.count() == 0


def test_check_of_one_row_says_so_in_the_singular(client, user):
    batch = checked(client, csv_file("A1,Acme,One,Talks"))
    page = client.get(batch.get_absolute_url()).content.decode()
    assert '<span class="hint">1 row · CSV' in page
    assert "1 stage, 1 company, 0 owners" in page


def test_file_full_of_control_characters_is_no_error(client, user):
    rows = csv_file("A\0,Ac\0me,O\x1bne,Ta\0lks,\0", headings="id,company,ti\0tle,stage,opened")
    assert upload(client, rows, "de\0als.csv").status_code in {302, 422}
    batch = checked(client, rows, **{"column-2": "title", "column-4": "opened_on"})
    assert (batch.status, batch.result["report"]["rejected"]) == (ImportStatus.CHECKED, 1)
    assert client.get(batch.get_absolute_url()).status_code == 200


def test_wrong_map_is_refused_at_the_field(client, user):
    upload(client)
    batch = ImportBatch.objects.get()
    response = client.post(batch.get_absolute_url(), fill(batch, dates="tomorrow", system="My CRM"))
    assert response.status_code == 422
    assert "Name the system" in response.content.decode()


def test_stage_values_and_types_reach_the_map(client, user):
    batch = checked(client, **{"stage-1": "Negotiation", "type-0": "ended"})
    assert batch.mapping["values"]["stage"] == {"Lost": {"to": "Lost", "type": "ended"}, "Talks": "Negotiation"}
    form = client.get(batch.get_absolute_url()).context["form"]
    assert [(row["text"], row["count"]) for row in form.stage_rows] == [("Lost", 2), ("Talks", 1)]


def test_problems_can_be_filtered_and_downloaded(client, user):
    batch = checked(client)
    page = client.get(batch.get_absolute_url(), {"severity": "error"})
    assert [problem["row"] for problem in page.context["page"]] == [4]
    response = client.get(reverse("deals:import_problems", args=[batch.pk]), {"severity": "error"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == '"Row","Column","Severity","Message"'
    assert lines[1].startswith('4,"id","error",')


def test_map_is_downloaded_and_used_for_another_file(client, user):
    raw_map = json.loads(client.get(reverse("deals:import_map", args=[checked(client).pk])).content)
    upload(client)
    batch = ImportBatch.objects.latest("pk")
    file = SimpleUploadedFile("map.json", json.dumps(raw_map).encode())
    client.post(reverse("deals:import_check", args=[batch.pk]), {"map_file": file})
    batch.refresh_from_db()
    assert (batch.status, batch.mapping) == (ImportStatus.CHECKED, raw_map)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 99_999, b'{"system": 1}', b'{"unknown": 1}'])
def test_map_file_of_no_use_is_refused(client, user, content):
    upload(client)
    file = SimpleUploadedFile("map.json", content)
    response = client.post(reverse("deals:import_check", args=[ImportBatch.objects.get().pk]), {"map_file": file})
    assert response.status_code == 422


def test_suggestions_are_confirmed_or_declined(client, user):
    stage = StageFactory(name="Talks", pipeline__name="Imported")
    deal = DealFactory(stage=stage, company=CompanyFactory(name="Acme"), title="One")
    batch = checked(client)
    assert batch.result["report"]["suggestions"] == {"2": [deal.code]}
    assert b"The same deal?" in client.get(batch.get_absolute_url()).content
    client.post(reverse("deals:import_confirm", args=[batch.pk]), {"row-2": deal.code})
    batch.refresh_from_db()
    assert (batch.result["report"]["updated"], batch.result["report"]["suggestions"]) == (1, {})
    client.post(reverse("deals:import_confirm", args=[batch.pk]), {"row-2": "new"})
    batch.refresh_from_db()
    assert (batch.result["report"]["updated"], batch.result["report"]["created"]) == (0, 2)


def test_apply_is_left_to_a_worker(client, user, valkey):
    batch = checked(client)
    response = client.post(reverse("deals:import_apply", args=[batch.pk]))
    assert response.url == batch.get_absolute_url()
    batch.refresh_from_db()
    assert (batch.status, Deal.objects.count(), valkey.llen("lrs:long")) == (ImportStatus.RUNNING, 0, 1)
    progress = client.get(batch.get_absolute_url(), {"part": "progress"}, headers={"HX-Request": "true"})
    assert b'id="progress"' in progress.content
    assert b"<html" not in progress.content


def test_apply_without_a_broker_says_so_and_can_be_tried_again(client, user, monkeypatch):
    def refuse(**_arguments):
        raise OperationalError("connection refused")

    batch = checked(client)
    monkeypatch.setattr(tasks.apply_import, "delay", refuse)
    response = client.post(reverse("deals:import_apply", args=[batch.pk]), follow=True)

    batch.refresh_from_db()
    assert batch.status == ImportStatus.CHECKED
    assert not batches.is_busy(batch)
    assert "cannot be reached" in response.content.decode()


def test_progress_ends_with_the_whole_page(client, user):
    batch = apply_now(checked(client))
    response = client.get(batch.get_absolute_url(), {"part": "progress"}, headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"


def test_applied_import_links_to_its_board_and_can_be_undone(client, user):
    batch = apply_now(checked(client))
    page = client.get(batch.get_absolute_url()).content.decode()
    assert 'href="/board/imported/"' in page
    client.post(reverse("deals:import_undo", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.status, Deal.objects.count()) == (ImportStatus.UNDONE, 0)
    assert "undid it" in client.get(batch.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True)
def test_undo_names_what_was_changed_since_and_can_leave_it(client, user):
    batch = apply_now(checked(client))
    deal = Deal.objects.get(title="One")
    NoteFactory(deal=deal)
    undo = reverse("deals:import_undo", args=[batch.pk])
    client.post(undo)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert f"1 deal was changed since: {deal.code}." in page
    assert Deal.objects.count() == 2
    client.post(undo, {"leave_changed": "on"})
    assert Deal.objects.get() == deal
    assert (
        f"Left as they are, because they were changed since: {deal.code}."
        in client.get(batch.get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize("name", ["import_check", "import_apply", "import_undo", "import_confirm"])
def test_action_refuses_get(client, user, name):
    batch = checked(client)
    assert client.get(reverse(f"deals:{name}", args=[batch.pk])).status_code == 405


PAGES = ["import_batch", "import_map", "import_problems"]
ACTIONS = ["import_batch", "import_check", "import_apply", "import_undo", "import_confirm"]


@pytest.mark.parametrize("name", PAGES)
def test_import_of_someone_else_does_not_exist(client, user, name):
    batch = ImportBatch.objects.create(file_name="x.csv", created_by=UserFactory(), mapping=a_map())
    assert client.get(reverse(f"deals:{name}", args=[batch.pk])).status_code == 404
    client.force_login(UserFactory(role=Role.MANAGER))
    assert client.get(reverse(f"deals:{name}", args=[batch.pk])).status_code == 200


@pytest.mark.parametrize("name", ACTIONS)
def test_action_on_import_of_someone_else_does_not_exist(client, user, name):
    batch = ImportBatch.objects.create(file_name="x.csv", created_by=UserFactory(), mapping=a_map())
    assert client.post(reverse(f"deals:{name}", args=[batch.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_role_without_the_permission_is_refused(client, role):
    client.force_login(UserFactory(role=role))
    assert client.get(reverse("deals:import")).status_code == 403
    assert client.get(reverse("deals:import_batch", args=[1])).status_code == 403


def test_stranger_is_sent_to_sign_in(client):
    response = client.get(reverse("deals:import"))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


def test_list_shows_own_imports_at_a_fixed_number_of_queries(client, user, django_assert_num_queries, fetch_raise):
    client.get(reverse("deals:import"))
    for count in (1, 3):
        while ImportBatch.objects.filter(created_by=user).count() < count:
            ImportBatch.objects.create(file_name="own.csv", created_by=user)
        ImportBatch.objects.create(file_name="other.csv", created_by=UserFactory())
        with django_assert_num_queries(3):
            page = client.get(reverse("deals:import"))
        assert page.content.count(b"own.csv</a>") == count
        assert b"other.csv" not in page.content


def test_export_holds_the_imports_that_the_reader_sees(client, user):
    ImportBatch.objects.create(
        file_name="=deals.csv",
        sha256="0" * 64,
        row_count=3,
        created_by=user,
        result={"report": {"created": 2, "updated": 0, "rejected": 1}},
    )
    ImportBatch.objects.create(file_name="theirs.csv", sha256="1" * 64, created_by=UserFactory())

    response = client.get("/import/?export=csv")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0] == '"File","Status","Rows","Created","Changed","Left out","Who","Uploaded"'
    assert [line.rpartition(",")[0] for line in lines[1:]] == [f'"\'=deals.csv","Uploaded",3,2,0,1,"{user.name}"']
