"""Statements over the API: what finance issued, to the last trace."""

import datetime as dt

import pytest

from accounts.enums import Role
from tests.api.test_objects import problem
from tests.royalties.factories import FeeFactory, IssuedStatementFactory, StatementFactory
from tests.royalties.statements.desk import FIRST_ISSUE, issue, make_agreement, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement():
    """The statement of worked example 1's first half-year: 9 GWh, and a fee."""
    agreement = make_agreement()
    FeeFactory(agreement=agreement)
    report(agreement, "2026-01", "9", at=FIRST_ISSUE, through="2026-06")
    return issue(agreement, FIRST_ISSUE)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def test_statement_is_read_with_lines_and_traces(bd, statement):
    one = bd.get(f"statements/{statement.pk}").json()

    expected = {
        "number": 1,
        "status": "issued",
        "period_start": "2026-01-01",
        "period_end": "2026-06-30",
        "earned": usd("16000000.00"),
        "fees": usd("1000000.00"),
        "payable": usd("17000000.00"),
        "invoice": str(statement.invoice.pk),
        "credit_note": None,
        "issued_by": str(statement.issued_by_id),
    }
    assert {name: one[name] for name in expected} == expected
    lines = [(line["kind"], line["quantity"], line["amount"]) for line in one["lines"]]
    assert lines == [("royalty", "9000000.000", usd("16000000.00")), ("fee", None, usd("1000000.00"))]
    royalty, fee = one["lines"]
    assert (royalty["term"], royalty["fee"], royalty["period_end"]) == (
        str(statement.agreement.terms.get().pk),
        None,
        "2026-06-30",
    )
    assert fee["fee"] == str(statement.agreement.fees.get().pk)
    assert royalty["trace"] == statement.lines.order_by("position").first().trace


def test_list_has_lines_without_traces(bd, statement):
    [listed] = bd.get("statements").json()["results"]
    whole = bd.get(f"statements/{statement.pk}").json()
    for line in whole["lines"]:
        del line["trace"]
    assert listed == whole
    [trimmed] = bd.get("statements?fields=lines").json()["results"]
    assert trimmed == {"lines": whole["lines"]}
    embedded = bd.get(f"statements/{statement.pk}?fields=number,lines&include=invoice,deal").json()
    assert embedded["embedded"]["invoice"]["outstanding"] == usd("17000000.00")
    assert "trace" in embedded["lines"][0]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_statements_are_not_written(caller_of, statement, method):
    finance = caller_of(Role.FINANCE)
    path = "statements" if method == "POST" else f"statements/{statement.pk}"
    assert problem(finance.call(method, path, {"payable": "1"}), 405) == []


def test_statements_are_narrowed(bd):
    first = IssuedStatementFactory(agreement__title="Nordwind one")
    draft = StatementFactory(period_start=dt.date(2027, 1, 1), period_end=dt.date(2027, 6, 30), currency="EUR")

    def ids(query):
        answer = bd.get(f"statements?{query}")
        assert answer.status_code == 200, answer.content
        return [int(one["id"]) for one in answer.json()["results"]]

    for query in ("q=nordwind", "status=issued", "currency=usd", "year=2026", "period_to=2026-12-31"):
        assert ids(query) == [first.pk], query
    assert ids("period_from=2027-01-01") == ids("ordering=-period_end&limit=1") == [draft.pk]
