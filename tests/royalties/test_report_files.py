"""Reports in files: templates, foreign columns, and files that are traps."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts.enums import Role
from deals.domain.imports.problems import CellError
from lrs_tracker.problems import DomainError
from plants.models import Plant
from royalties.domain.report_file_rows import FileMap
from royalties.domain.report_files import open_table, read_lines
from royalties.domain.report_mappings import guess_map
from royalties.domain.report_months import read_month
from royalties.domain.report_scope import ReportScope
from royalties.models import Agreement, ReportFiling, ReportMapping
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ReportFilingFactory, RoyaltyTermFactory

TODAY = dt.date(2026, 11, 24)
MONTHS = tuple(dt.date(2026, month, 1) for month in (1, 2, 3))


def scope(**values):
    """Return what a quarter of two plants may say, without a database."""
    facts = {
        "agreement": Agreement(currency="USD"),
        "months": MONTHS,
        "plants": {1: Plant(pk=1, name="Aster"), 2: Plant(pk=2, name="=Birch")},
        "chemistries": ("lfp", "nmc"),
        "fields": ("ev", "storage"),
        "figures": ("energy_produced_kwh", "energy_sold_kwh", "gross_sales", "deductions", "net_sales"),
    }
    return ReportScope(**facts | values)


def read(text, file_map=None, **values):
    table = open_table(content=text.encode(), name="report.csv")
    known = scope(**values)
    return read_lines(table, file_map or guess_map(table.headings, known), known, today=TODAY)


def messages(reading):
    return [(problem.row, problem.column, str(problem.message)) for problem in reading.problems]


def test_rows_of_the_template_become_lines():
    reading = read(
        'Plant,Month,Chemistry,Field of use,"Energy produced, kWh","Energy sold, kWh",Returns\n'
        "Aster,2026-01,LFP,Passenger cars,1000,900,\n"
        '\'=Birch,2026-02,nmc,storage,"1,000,000",-5,yes\n'
        "Aster,2026-03,LFP,Passenger cars,,,\n"
    )
    assert messages(reading) == []
    assert [(line.key, line.energy_produced_kwh, line.energy_sold_kwh, line.is_return) for line in reading.lines] == [
        ((1, MONTHS[0], "lfp", "ev"), 1000, 900, False),
        ((2, MONTHS[1], "nmc", "storage"), 1_000_000, -5, True),
    ]


def test_foreign_columns_are_read_by_a_map_with_its_unit_and_decimal_mark():
    file_map = FileMap(
        {"Standort": "plant", "Periode": "month", "Absatz (MWh)": "energy_sold_kwh"},
        unit="MWh",
        decimal=",",
        given={"chemistry": "lfp", "field": "ev"},
    )
    reading = read("Standort;Periode;Absatz (MWh);Rest\nAster;03/2026;1.234,5;x\n", file_map)
    [line] = reading.lines
    assert (line.month, line.energy_sold_kwh) == (MONTHS[2], Decimal(1_234_500))


def test_columns_are_guessed_with_their_unit():
    guessed = guess_map(["Site", "Month", "Produced (MWh)", "Sold MWh", "Remark"], scope(chemistries=("lfp",)))
    assert guessed == FileMap(
        {"Site": "plant", "Month": "month", "Produced (MWh)": "energy_produced_kwh", "Sold MWh": "energy_sold_kwh"},
        unit="MWh",
        given={"chemistry": "lfp"},
    )


def test_every_wrong_row_is_named_and_nothing_is_taken():
    reading = read(
        'Plant,Month,Chemistry,Field of use,"Energy sold, kWh"\n'
        "Aster,2026-01,LFP,ev,100\n"
        "Cedar,2026-01,LFP,ev,100\n"
        "Aster,2026-04,LFP,ev,100\n"
        "Aster,03/04/2026,LFP,ev,100\n"
        "Aster,2026-01,gold,ev,100\n"
        "Aster,2026-01,LFP,ev,many\n"
        "Aster,2026-01,LFP,ev,-1\n"
        ",2026-01,LFP,ev,1\n"
    )
    assert not reading.is_usable
    assert reading.lines == []
    assert [(row, column) for row, column, _message in messages(reading)] == [
        (3, "Plant"),
        (4, "Month"),
        (5, "Month"),
        (6, "Chemistry"),
        (7, "Energy sold, kWh"),
        (8, "Energy sold, kWh"),
        (9, "Plant"),
    ]


def test_net_sales_are_computed_where_the_file_has_none():
    reading = read("Plant,Month,Chemistry,Field of use,Gross sales,Deductions\nAster,2026-01,LFP,ev,100,12.5\n")
    assert [line.net_sales for line in reading.lines] == [Decimal("87.5")]


def test_currencies_of_one_line_are_not_added():
    reading = read(
        "Plant,Month,Chemistry,Field of use,Net sales,Currency\n"
        "Aster,2026-01,LFP,ev,1,EUR\n"
        "Aster,2026-01,LFP,ev,1,USD\n"
    )
    assert [row for row, _column, _message in messages(reading)] == [1]
    assert not reading.is_usable


def test_formulas_give_their_stored_result_or_an_error():
    book = Workbook()
    book.active.append(["Plant", "Month", "Chemistry", "Field of use", "Energy sold, kWh"])
    book.active.append(["Aster", dt.date(2026, 1, 31), "LFP", "ev", "=1000*9"])
    table = open_table(content=saved(book), name="report.xlsx")
    reading = read_lines(table, guess_map(table.headings, scope()), scope(), today=TODAY)
    [(row, column, message)] = messages(reading)
    assert (row, column, "formula without" in message) == (2, "Energy sold, kWh", True)


rows = st.lists(
    st.tuples(
        st.sampled_from(["Aster", "=Birch"]),
        st.sampled_from(["2026-01", "2026-02"]),
        st.sampled_from(["LFP", "NMC"]),
        st.decimals(min_value=0, max_value=10**6, places=5),
    ),
    min_size=1,
    max_size=12,
)


def as_csv(lines):
    return "Plant,Month,Chemistry,Field of use,Energy sold MWh\n" + "".join(
        f"{plant},{month},{chemistry},ev,{sold:f}\n" for plant, month, chemistry, sold in lines
    )


@settings(max_examples=60, deadline=None)
@given(rows, st.randoms(use_true_random=False), st.data())
def test_parting_or_reordering_rows_changes_nothing(lines, order, data):
    parted = []
    for plant, month, chemistry, sold in lines:
        part = (sold * data.draw(st.integers(0, 100)) / 100).quantize(Decimal("0.00001"))
        parted += [(plant, month, chemistry, part), (plant, month, chemistry, sold - part)]
    order.shuffle(parted)
    whole = read(as_csv(lines), decimal_map())
    assert read(as_csv(parted), decimal_map()).lines == whole.lines


def decimal_map():
    columns = {"Plant": "plant", "Month": "month", "Chemistry": "chemistry", "Field of use": "field"}
    return FileMap({**columns, "Energy sold MWh": "energy_sold_kwh"}, unit="MWh", decimal=".")


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-03", 3),
        ("2026/3", 3),
        ("202603", 3),
        ("03/2026", 3),
        ("Mar 2026", 3),
        ("March 2026", 3),
        ("2026年3月", 3),
        ("2026-03-31", 3),
        ("31.03.2026", 3),
        ("03/31/2026", 3),
        ("31/03/2026 00:00", 3),
        ("Mar-26", 3),
        (dt.date(2026, 3, 31), 3),
        (dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC), 3),
        (202603, 3),
    ],
)
def test_months_are_read_as_people_write_them(text, month):
    assert read_month(text) == dt.date(2026, month, 1)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026",
        "13/2026",
        "2026-13",
        "1899-01",
        "Smarch 2026",
        "",
        "2026",
        "٣/2026",
        "32.13.2026",
        "31.00.2026",
        "Smr-26",
        "Mar-2",
    ],
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(CellError):
        read_month(text)


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb():
    """Return a workbook of a few hundred kilobytes whose sheet unpacks to 300 MB."""
    book = Workbook()
    book.active.append(["Plant"])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as plain, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in plain.namelist():
            if name != "xl/worksheets/sheet1.xml":
                packed.writestr(name, plain.read(name))
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _piece in range(300):
                sheet.write(b" " * 1024 * 1024)
    return file.getvalue()


def crowded():
    """Return a workbook of a few kilobytes with more cells than a report has."""
    book = Workbook()
    book.active.append(["Plant"])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as plain, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in plain.namelist():
            text = plain.read(name)
            crowd = b"<sheetData>" + b"<row><c><v>1</v></c></row>" * 200_000
            packed.writestr(name, text.replace(b"<sheetData>", crowd) if name.endswith("sheet1.xml") else text)
    return file.getvalue()


def entity_bomb():
    book = Workbook()
    book.active.append(["Plant"])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as plain, zipfile.ZipFile(file, "w") as packed:
        for name in plain.namelist():
            text = plain.read(name)
            packed.writestr(name, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + text if name.endswith("sheet1.xml") else text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (bomb, "report.xlsx", "too large when unpacked"),
        (crowded, "report.xlsx", "too many cells"),
        (entity_bomb, "report.xlsx", "document type"),
        (b"", "report.csv", "empty"),
        (b"a,b\n1,2\n", "report.exe", "Choose a CSV or XLSX"),
        (b"a,b\n1,2\n", "report.xlsm", "Choose a CSV or XLSX"),
        (b"a,b\n1,2\n", "report.xlsx", "not an XLSX"),
        (b"a,b\n1,2\n", "../report.csv", "hide what it is"),
        (b"\x89PNG\r\n\x1a\n", "report.csv", "PNG"),
        (b"PK\x03\x04rubbish", "report.xlsx", "none|damaged"),
        (b"a,b\n" + b"1,2\n" * 5001, "report.csv", "at most 5,000"),
        (b"x" * (5 * 1024 * 1024 + 1), "report.csv", "larger than 5 MB"),
        (("a," * 300 + "\n1\n").encode(), "report.csv", "columns"),
        ("Werk;Monat\nMünchen;1\n".encode("utf-16") + b"\x00", "report.csv", "not in UTF-16"),
    ],
)
def test_traps_are_refused_with_words(content, name, words):
    with pytest.raises(DomainError, match=words):
        open_table(content=content() if callable(content) else content, name=name)


def test_file_in_another_encoding_is_read_with_a_warning():
    table = open_table(content="Plant;Month\nKöln;2026-01\n".encode("latin-1"), name="report.csv")
    assert table.rows[0].cells[0] == "Köln"
    assert [problem.severity for problem in table.problems] == ["warning"]


@pytest.fixture
def finance(db, client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


@pytest.fixture
def filing(db, settings, tmp_path):
    """A draft of the first half of 2026."""
    settings.MEDIA_ROOT = tmp_path
    agreement = AgreementFactory(plants=[PlantFactory(name="Aster")])
    RoyaltyTermFactory(agreement=agreement)
    return ReportFilingFactory(agreement=agreement, status="draft", submitted_at=None, decided_at=None, decided_by=None)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_filled_template_is_read_as_it_stands(client, finance, filing, ending):
    url = reverse("royalties:filing_file", args=[filing.pk])
    response = client.get(reverse("royalties:filing_template", args=[filing.pk, ending]))
    content = b"".join(response.streaming_content)
    table = open_table(content=content, name=f"template.{ending}")
    assert [row.cells[1] for row in table.rows] == [f"2026-0{month}" for month in range(1, 7)]
    book = "\n".join(
        ",".join(f'"{cell if cell is not None else ""}"' for cell in cells)
        for cells in [table.headings, *([*row.cells[:4], "1000", "900", ""] for row in table.rows)]
    )
    client.post(url, {"file": SimpleUploadedFile("report.csv", book.encode())})
    page = client.get(url)
    assert page.context["reading"].is_usable
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    response = client.post(url, {**typed, "then": "take", "save_as": "Template"})
    assert response["Location"] == filing.get_absolute_url()
    filing.refresh_from_db()
    assert (filing.channel, filing.file_name, filing.reports.count()) == ("file", "report.csv", 6)
    assert set(filing.reports.values_list("energy_sold_kwh", flat=True)) == {900}
    assert ReportMapping.objects.get().name == "Template"
    original = client.get(reverse("royalties:filing_original", args=[filing.pk]))
    assert original["Content-Disposition"].startswith("attachment")
    assert b"".join(original.streaming_content) == book.encode()


def test_workbook_shows_no_more_cells_than_it_has_headings(client, finance, filing):
    url = reverse("royalties:filing_file", args=[filing.pk])
    book = Workbook()
    for cells in (["Site", "When", "Sold"], ["Aster", "2026-01", 5]):
        book.active.append(cells)
    client.post(url, {"file": SimpleUploadedFile("own.xlsx", saved(book))})
    assert client.get(url).context["preview"] == [(2, ["Aster", "2026-01", "5"])]


def test_trap_is_refused_on_the_page_and_nothing_is_kept(client, finance, filing):
    url = reverse("royalties:filing_file", args=[filing.pk])
    response = client.post(url, {"file": SimpleUploadedFile("report.xlsx", bomb())})
    assert response.status_code == 422
    assert "too large when unpacked" in response.content.decode()
    assert not ReportFiling.objects.get().file


def test_file_with_errors_is_not_taken(client, finance, filing):
    url = reverse("royalties:filing_file", args=[filing.pk])
    client.post(url, {"file": SimpleUploadedFile("own.csv", b"Site;When;MWh sold\nAster;2026-01;5\nElm;2026-02;7\n")})
    page = client.get(url)
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    columns = {"column-0": "plant", "column-1": "month", "column-2": "energy_sold_kwh", "unit": "MWh"}
    given = {"given-chemistry": "lfp", "given-field": "ev"}
    response = client.post(url, {**typed, **columns, **given, "then": "take"})
    assert response.status_code == 422
    assert "“Elm” is not one of" in response.content.decode()
    assert not filing.reports.exists()


def test_own_columns_are_remembered_for_the_next_file(client, finance, filing):
    url = reverse("royalties:filing_file", args=[filing.pk])
    client.post(url, {"file": SimpleUploadedFile("own.csv", b"Site;When;Energie\nAster;2026-01;5,5\n")})
    form = client.get(url).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    columns = {"column-1": "month", "column-2": "energy_sold_kwh", "unit": "MWh", "decimal": ","}
    given = {"given-chemistry": "lfp", "given-field": "ev", "save_as": "Monthly"}
    client.post(url, {**typed, **columns, **given, "then": "take"})
    assert filing.reports.get().energy_sold_kwh == 5500
    next_filing = ReportFilingFactory(
        agreement=filing.agreement, status="draft", submitted_at=None, decided_at=None, decided_by=None
    )
    url = reverse("royalties:filing_file", args=[next_filing.pk])
    client.post(url, {"file": SimpleUploadedFile("own.csv", b"Site;When;Energie\nAster;2026-02;6,5\n")})
    [line] = client.get(url).context["reading"].lines
    assert line.energy_sold_kwh == 6500


def test_mapping_with_a_name_is_kept_though_a_row_has_to_be_mended(client, finance, filing):
    url = reverse("royalties:filing_file", args=[filing.pk])
    client.post(url, {"file": SimpleUploadedFile("own.csv", b"Site;When;Energie\nAster;2026-01;abc\n")})
    form = client.get(url).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    columns = {"column-1": "month", "column-2": "energy_sold_kwh", "unit": "MWh"}
    given = {"given-chemistry": "lfp", "given-field": "ev", "save_as": "Monthly"}
    page = client.post(url, {**typed, **columns, **given, "then": "check"}).content.decode()
    assert "“abc” is not a number." in page
    assert "The mapping is kept." in page
    client.post(url, {"file": SimpleUploadedFile("own.csv", b"Site;When;Energie\nAster;2026-01;6.5\n")})
    [line] = client.get(url).context["reading"].lines
    assert line.energy_sold_kwh == 6500
    assert "SHA-256" not in client.get(filing.get_absolute_url()).content.decode()


def test_file_of_unknown_columns_says_what_to_do():
    [(row, _column, message)] = messages(read("Standort,Liefermenge\nAster,5\n"))
    assert row == 1
    assert message.startswith("No column is known to have figures.")
