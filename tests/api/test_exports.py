"""Exports: everything that the caller may see, streamed."""

import csv
import io
import json

import pytest

from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db


def text_of(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def test_export_has_the_same_objects_as_the_list(bd, monkeypatch):
    monkeypatch.setattr("lrs_tracker.api.exports._ROWS_AT_ONCE", 2)
    CompanyFactory.create_batch(5)
    response = bd.get("companies/export")
    assert response["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in text_of(response).splitlines()] == bd.get("companies").json()["results"]


def test_export_is_narrowed_and_trimmed(bd):
    CompanyFactory(name="Nordwind")
    CompanyFactory(name="Südwind")
    found = text_of(bd.get("companies/export?q=nord&fields=name,version"))
    assert [json.loads(line) for line in found.splitlines()] == [{"name": "Nordwind", "version": 1}]


def test_csv_is_a_table_that_no_spreadsheet_calculates(bd):
    CompanyFactory(name="=1+1", about="Two\nlines")
    response = bd.get("companies/export?format=csv&fields=name,about,parent,is_fictional,refs")
    assert response["Content-Disposition"] == 'attachment; filename="companies.csv"'
    rows = list(csv.DictReader(io.StringIO(text_of(response))))
    assert rows == [
        {"name": "'=1+1", "about": "Two\nlines", "parent": "", "is_fictional": rows[0]["is_fictional"], "refs": "[]"}
    ]


def test_export_has_no_confidential_deal(bd, administrator):
    DealFactory(is_confidential=True)
    assert text_of(bd.get("deals/export")) == ""
    assert text_of(administrator.get("deals/export")) != ""


@pytest.mark.parametrize("query", ["format=xml", "limit=1", "cursor=1", "fields=password", "format="])
def test_parameters_that_are_not_known_are_refused(bd, query):
    assert problem(bd.get(f"companies/export?{query}"), 400)[0][0] == query.split("=")[0]
