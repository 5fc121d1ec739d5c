"""Lists as files."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from operator import itemgetter

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.enums import Role
from lrs_tracker.exports import Column, FileFormat, defuse, export_response, requested_format
from tests.accounts.factories import UserFactory

TODAY = dt.date(2026, 11, 24)
PAYLOADS = [
    "=1+1",
    '=HYPERLINK("http://x.example","y")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u200b=1",
    "＝1+1",
    '"=1',
    "\x00=1",
    "=cmd|' /C calc'!A0",
]


def export(rows, file_format, *labels):
    columns = [Column(label, itemgetter(number)) for number, label in enumerate(labels)]
    response = export_response(rows, columns, name="things", file_format=file_format, today=TODAY)
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return response, content


def read_csv(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content):
    return load_workbook(io.BytesIO(content)).active


def test_csv_is_utf8_with_bom_and_rfc4180():
    response, content = export([("Größe, „A“\n比亚迪 🔋", 'say "hi"')], FileFormat.CSV, "Name", "Words")

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 2
    assert read_csv(content) == [["Name", "Words"], ["Größe, „A“\n比亚迪 🔋", 'say "hi"']]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="things-2026-11-24.csv"'


def test_csv_writes_values_plainly():
    at = dt.datetime(2026, 11, 24, 23, 30, 15, 99, tzinfo=dt.UTC)
    with timezone.override("Asia/Shanghai"):
        _response, content = export(
            [(Decimal("-17.500"), 3, TODAY, at, None, True, Decimal("0E-10"))], FileFormat.CSV, *"abcdefg"
        )

    assert read_csv(content)[1] == ["-17.500", "3", "2026-11-24", "2026-11-25 07:30:15", "", "1", "0.0000000000"]


def test_csv_texts_stay_one_cell_where_semicolons_part_cells():
    _response, content = export([("a;=1+1",)], FileFormat.CSV, "Name")

    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))[1] == ["a;=1+1"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_csv_defuses_formulas(payload):
    _response, content = export([(payload,)], FileFormat.CSV, payload)

    cells = [row[0] for row in read_csv(content)]
    assert cells == ["'" + payload.replace("\x00", "")] * 2


@pytest.mark.parametrize("payload", PAYLOADS)
def test_xlsx_keeps_formulas_as_text(payload):
    _response, content = export([(payload,)], FileFormat.XLSX, payload)

    heading, cell = (row[0] for row in read_xlsx(content).iter_rows())
    assert (heading.data_type, cell.data_type, cell.quotePrefix) == ("s", "s", True)
    for text in (heading, cell):
        assert text.value == payload.replace("\x00", "").replace("\r", "\n")


@given(st.text())
def test_a_defused_text_never_begins_as_a_formula(text):
    defused = defuse(text)

    assert not re.match(r"[=+\-@\t\r\n＝＋－＠]", defused)
    assert not re.match(r"\s*[=+\-@]", defused)
    assert "\x00" not in defused


@given(st.text(alphabet="abc é比0_ #/", max_size=40))
def test_an_innocent_text_is_not_changed(text):
    assert defuse(text) == text


@pytest.mark.parametrize("text", ["#N/A", "12", "2026-11-24", "a\x00b\x1f\ufffe", "x" * 40_000])
def test_xlsx_texts_are_texts(text):
    _response, content = export([(text,)], FileFormat.XLSX, "Name")

    cell = read_xlsx(content)["A2"]
    assert cell.data_type == "s"
    assert cell.value == text.replace("\x00", "").replace("\x1f", "").replace("\ufffe", "")[:32_767]


def test_xlsx_cells_are_typed():
    at = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
    response, content = export([(Decimal("17.5"), TODAY, at, None, True, 3)], FileFormat.XLSX, *"abcdef")

    sheet = read_xlsx(content)
    cells = next(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in cells] == [
        17.5,
        dt.datetime(2026, 11, 24),  # noqa: DTZ001  # cells know no time zone
        dt.datetime(2026, 11, 24, 9),  # noqa: DTZ001
        None,
        True,
        3,
    ]
    assert cells[1].is_date
    assert sheet.freeze_panes == "A2"
    assert response["Content-Disposition"] == 'attachment; filename="things-2026-11-24.xlsx"'


def test_a_list_without_rows_has_its_headings():
    assert read_csv(export([], FileFormat.CSV, "Name")[1]) == [["Name"]]
    assert read_xlsx(export([], FileFormat.XLSX, "Name")[1])["A1"].value == "Name"


def test_csv_is_read_as_it_is_sent():
    seen = []

    def rows():
        for number in range(2_000):
            seen.append(number)
            yield (number,)

    response = export_response(rows(), [Column("n", itemgetter(0))], name="n", file_format=FileFormat.CSV, today=TODAY)
    next(iter(response.streaming_content))

    assert len(seen) < 2_000


def request_for(user, query):
    request = RequestFactory().get("/deals/" + query)
    request.user = user
    return request


@pytest.mark.django_db
def test_requested_format_follows_the_address():
    user = UserFactory(role=Role.READ_ONLY)

    assert requested_format(request_for(user, "")) is None
    assert requested_format(request_for(user, "?export=csv")) == FileFormat.CSV
    assert requested_format(request_for(user, "?export=xlsx")) == FileFormat.XLSX
    with pytest.raises(Http404):
        requested_format(request_for(user, "?export=pdf"))


@pytest.mark.django_db
def test_requested_format_refuses_who_may_not_export():
    with pytest.raises(PermissionDenied):
        requested_format(request_for(UserFactory(role=False), "?export=csv"))
    with pytest.raises(PermissionDenied):
        requested_format(request_for(AnonymousUser(), "?export=csv"))
