import codecs
import io
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deals.domain.imports import workbooks
from deals.domain.imports.problems import FileUnusableError, Severity
from deals.domain.imports.reading import MAX_FILE_BYTES, check_file, read_table
from deals.domain.imports.tables import CalculatedCell
from tests.deals.imports.builders import csv_file, xlsx_file

WESTERN = "company,city\nMüller & Söhne,Köln\nCafé Zoë,Besançon\nNiño,Málaga\n"
CHINESE = "公司,城市\n宁德时代新能源,宁德\n比亚迪股份有限公司,深圳\n"


def read(content: bytes, name: str = "deals.csv", **options):
    return read_table(content=content, name=name, **options)


@pytest.mark.parametrize(
    ("text", "codec", "read_as"),
    [
        (CHINESE, "utf-8", "CSV, UTF-8, comma"),
        (CHINESE, "utf-8-sig", "CSV, UTF-8, comma"),
        (CHINESE, "utf-16", "CSV, UTF-16, comma"),
        (WESTERN, "utf-16-le", "CSV, UTF-16, comma"),
        (CHINESE, "gb18030", "CSV, GB18030, comma"),
        (WESTERN, "latin-1", "CSV, Latin-1, comma"),
        (WESTERN, "cp1252", "CSV, Latin-1, comma"),
        (WESTERN, "utf-8", "CSV, UTF-8, comma"),
    ],
)
def test_encoding_is_recognised(text, codec, read_as):
    table = read(text.encode(codec))
    assert table.read_as == read_as
    assert [",".join(row.cells) for row in table.rows] == text.strip().split("\n")[1:]


def test_inferred_encoding_is_said():
    (problem,) = read(CHINESE.encode("gb18030")).problems
    assert (problem.row, problem.severity) == (1, Severity.WARNING)
    assert "GB18030" in problem.message
    assert read(CHINESE.encode()).problems == []


def test_given_encoding_is_used():
    assert read("a,b\né,1".encode("latin-1"), encoding="latin-1").rows[0].cells == ("é", "1")
    assert read(b"a,b\n1,2", encoding="latin-1").read_as == "CSV, Latin-1, comma"
    with pytest.raises(FileUnusableError, match="not in UTF-8: line 2"):
        read("a,b\né,1".encode("latin-1"), encoding="utf-8")


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_delimiter_is_recognised(delimiter, name):
    text = "\n".join(delimiter.join(row) for row in (["id", "sum"], ["1", '"2,50"'], ["2", '"3;5"']))
    table = read(text.encode())
    assert (table.headings, table.read_as) == (["id", "sum"], f"CSV, UTF-8, {name}")


def test_rows_keep_the_numbers_that_a_spreadsheet_shows():
    table = read(b'a,b\n\n1,"two\nlines"\n\n3,4\n')
    assert [row.number for row in table.rows] == [3, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"a,b\n", "no rows"),
        (b"%PDF-1.7 \n", "PDF"),
        (b"PK\x03\x04....", "XLSX"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (bytes(range(1, 32)) * 20, "not a text file"),
        (bytes(5000), "not a text file"),
        (codecs.BOM_UTF16_LE + b"a", "UTF-16"),
        (b'a,b\n1,"' + b"x" * 200_000, "quotation mark"),
        (b"a" + b",a" * 300 + b"\n1", "columns"),
    ],
)
def test_unusable_text_file_is_refused(content, message):
    with pytest.raises(FileUnusableError, match=message):
        read(content)


def test_file_is_refused_before_it_is_opened():
    with pytest.raises(FileUnusableError, match="50 MB; at most 25 MB"):
        check_file(name="a.csv", size_bytes=2 * MAX_FILE_BYTES)
    with pytest.raises(FileUnusableError, match="CSV or XLSX"):
        check_file(name="a.exe", size_bytes=1)


def test_strange_headings_are_said():
    table = read(b"a,a,,b\n1,2,3,4\n")
    assert [(problem.row, problem.column, problem.severity) for problem in table.problems] == [
        (1, "a", Severity.WARNING),
        (1, "", Severity.WARNING),
    ]


def test_short_row_is_said():
    table = read(b"a,b,c\n1,2\n")
    assert [(problem.row, problem.severity) for problem in table.problems] == [(2, Severity.WARNING)]


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"a,b\n{text}".encode("utf-8", "replace"))
)
def test_any_bytes_are_a_table_or_unusable(content):
    for name in ("fuzz.csv", "fuzz.xlsx"):
        with suppress(FileUnusableError):
            assert read(content, name).rows


def test_workbook_is_read():
    table = read(xlsx_file(("A1", "Acme", "Deal", "Won")), "deals.xlsx")
    assert (table.headings, table.rows[0].cells[:4]) == (
        ["id", "company", "title", "stage"],
        ("A1", "Acme", "Deal", "Won"),
    )


def test_formula_is_marked_with_its_stored_result():
    table = read(xlsx_file(("A1", "=1+1", "Deal", "Won")), "deals.xlsx")
    assert table.rows[0].cells[1] == CalculatedCell(None)


def test_first_sheet_with_content_is_read_and_named():
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Deals").append(["a"])
    workbook["Deals"].append([1])
    stream = io.BytesIO()
    workbook.save(stream)
    table = read(stream.getvalue(), "deals.xlsx")
    assert (table.headings, len(table.problems)) == (["a"], 1)


def zip_file(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,company\n1,2\n", "not an XLSX workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old or password-protected"),
        (zip_file(readme_xml=b"<x/>"), "not an XLSX workbook"),
        (zip_file(xl__workbook_xml=b"<broken"), "damaged"),
        (zip_file(xl__workbook_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "document type"),
        (xlsx_file(("A1",))[:-200], "damaged"),
    ],
)
def test_unusable_workbook_is_refused(content, message):
    with pytest.raises(FileUnusableError, match=message):
        read(content, "deals.xlsx")


def test_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    content = zip_file(xl__workbook_xml=b"<x/>", xl__sharedStrings_xml=b" " * (workbooks.MAX_SHARED_TEXT_BYTES + 1))
    assert len(content) < 100_000
    with pytest.raises(FileUnusableError, match="too much text"):
        read(content, "deals.xlsx")
    content = zip_file(xl__workbook_xml=b"<x/>", xl__worksheets__sheet1_xml=b" " * (workbooks.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(FileUnusableError, match="too large when unpacked"):
        read(content, "deals.xlsx")


@pytest.mark.parametrize("sheet", ["xl__worksheets__sheet1_xml", "xl__sheet1.bin"])
def test_workbook_of_too_many_cells_is_refused_before_it_is_parsed(sheet):
    rows = b"<sheetData>" + b"<row><c><v>1</v></c></row>" * (workbooks.MAX_ELEMENTS // 3 + 1) + b"</sheetData>"
    content = zip_file(xl__workbook_xml=b"<x/>", **{sheet: rows})
    assert len(content) < 500_000
    with pytest.raises(FileUnusableError, match="too many cells"):
        read(content, "deals.xlsx")


def test_rows_and_columns_are_limited(monkeypatch):
    monkeypatch.setattr("deals.domain.imports.tables.MAX_ROWS", 2)
    with pytest.raises(FileUnusableError, match="more than 2 rows"):
        read(csv_file("1,2,3,4", "1,2,3,4", "1,2,3,4"))
