"""The whole way of a file, by the page alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.enums import Role
from deals.models import Deal, ImportBatch
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.deals.imports.builders import SAMPLE, csv_file

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = csv_file(
    "A1,Acme,One,Talks,Ann Lee,2026-01-31",
    "A2,,Two,Lost,Ann Lee,2026-02-15",
    "A2,Bolt,Three,Lost,,31-02-2026",
    headings="id,company,title,stage,owner,opened",
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def small_file(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_bytes(SMALL)
    return path


def upload(page: Page, path) -> None:
    page.get_by_label("Drop a CSV or XLSX file here").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()


def allow_making(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(name, exact=True).check()


def check(page: Page) -> None:
    page.get_by_role("button", name="Check the file").last.click()
    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible(timeout=30_000)


def test_file_is_mapped_checked_imported_and_undone(open_page, worker, small_file):
    page = open_page(UserFactory(), "/import/")
    upload(page, small_file)
    page.get_by_label("Pipeline", exact=True).fill("From a CRM")
    allow_making(page, "the pipeline", "stages", "companies", "owners, as inactive users")
    check(page)
    expect(page.get_by_text("The id “A2” is in row 3 already.")).to_be_visible()
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_role("link", name="Open the board “From a CRM”").click()
    expect(page).to_have_url(re.compile("/board/from-a-crm/"))
    expect(page.get_by_text("One", exact=True).first).to_be_visible()

    page.goto("/import/")
    page.get_by_role("link", name="deals.csv").click()
    page.get_by_role("button", name="Undo the import").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 deals deleted")).to_be_visible()
    assert Deal.objects.count() == 0


def test_file_of_no_use_is_refused_in_words(open_page, tmp_path):
    page = open_page(UserFactory(), "/import/")
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    page.get_by_label("Drop a CSV or XLSX file here").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("This is not a text file but PNG.")).to_be_visible()


def test_file_of_50_mb_is_refused_where_it_is_chosen(open_page, tmp_path):
    page = open_page(UserFactory(), "/import/")
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(50 * 1024**2 + 1)
    box = page.get_by_label("Drop a CSV or XLSX file here")

    box.set_input_files(path)
    page.get_by_role("button", name="Upload").click()

    assert box.evaluate("input => input.validationMessage") == "This file has 51 MB; at most 25 MB can be sent."
    assert page.url.endswith("/import/")
    box.set_input_files({"name": "deals.csv", "mimeType": "text/csv", "buffer": SMALL})
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()


def test_dropped_file_is_uploaded(open_page):
    page = open_page(UserFactory(), "/import/")
    dropped = page.evaluate_handle(
        """(text) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
            return transfer;
        }""",
        SMALL.decode(),
    )
    page.dispatch_event("[data-file-drop]", "dragover", {"dataTransfer": dropped})
    page.dispatch_event("[data-file-drop]", "drop", {"dataTransfer": dropped})
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    assert ImportBatch.objects.get().file_name == "dropped.csv"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_import_pages_are_accessible(open_page, axe, worker, small_file, viewport, color_scheme):
    page = open_page(UserFactory(), "/import/", viewport=viewport, color_scheme=color_scheme)
    assert axe(page) == []
    upload(page, small_file)
    allow_making(page, "the pipeline", "stages", "companies", "owners, as inactive users")
    assert axe(page) == []
    check(page)
    assert axe(page) == []
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=20_000)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto("/import/")
    assert axe(page) == []


def test_sample_export_of_a_crm_is_imported_by_the_page(open_page, worker):
    if not SAMPLE.exists():
        pytest.skip("../shared/data/crm_opportunities/sales_pipeline.csv is not beside this copy of the project")
    page = open_page(UserFactory(role=Role.MANAGER), "/import/")
    upload(page, SAMPLE)
    page.get_by_label("System", exact=True).fill("maven")
    page.get_by_label("Pipeline", exact=True).fill("CRM sample")
    expect(page.get_by_label("Dates", exact=True)).to_have_value("DD-MM-YYYY")
    page.get_by_label("Currency of amounts").fill("USD")
    allow_making(page, "the pipeline", "stages", "companies", "owners, as inactive users")
    check(page)
    expect(page.get_by_role("link", name="Warning 1,425")).to_be_visible()
    page.get_by_role("button", name="Import 8,800 rows").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("link", name="Open the board “CRM sample”").click(timeout=120_000)
    for stage, count in (("Prospecting", "500"), ("Engaging", "1,589"), ("Won", "4,238")):
        column = page.get_by_role("region", name=stage)
        expect(column.get_by_text(count).first).to_be_visible()
    assert Deal.objects.filter(stage__pipeline__name="CRM sample").count() == 8800
