"""A statement's PDF, CSV and JSON say what the database says."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from companies.models import Company
from lrs_tracker.formats import format_figure
from royalties.domain.statement_pdf import write_pdf
from royalties.engine.recomputation import recompute
from royalties.models import Licensor
from tests.royalties.factories import AgreementFactory, IssuedStatementFactory
from tests.royalties.statements.desk import FIRST_ISSUE, SECOND_ISSUE, draft, finance, issue, make_agreement, report

pytestmark = pytest.mark.django_db

BEFORE = FIRST_ISSUE - dt.timedelta(days=10)
# What Typst, HTML, a template or a spreadsheet could take for something else than text.
HOSTILE = "#panic() *x* $1$ <b> \\u{41} [a](b) {{ x }} =1+1 @ref // ü Škoda"


@pytest.fixture
def statement():
    """A second statement with a restatement, an advance and a tax."""
    agreement = make_agreement(advance=Decimal(15_000_000), withholding_percent=Decimal("12.5"))
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-02", "1.25", at=SECOND_ISSUE - dt.timedelta(days=9))
    report(agreement, "2026-07", "9", through="2026-12", at=SECOND_ISSUE - dt.timedelta(days=9))
    return issue(agreement, SECOND_ISSUE)


def text_of(pdf):
    """Return the text of all pages with blanks made equal."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_pdf_has_every_figure_of_the_statement(client, statement):
    client.force_login(finance())
    response = client.get(reverse("royalties:statement_pdf", args=[statement.pk]))
    text = text_of(response.content)
    for line in statement.lines.all():
        is_deducted = line.kind in {"recoupment", "withholding"}
        assert format_figure(-line.amount if is_deducted else line.amount, "USD") in text, line
        assert " ".join(line.label.split()) in text
    for amount in (statement.earned, statement.recouped, statement.withheld, statement.payable):
        assert format_figure(amount, "USD").lstrip("−") in text
    assert f"Royalty statement {statement.number}" in text
    assert "DRAFT" not in text
    assert (
        response["Content-Disposition"] == f'inline; filename="LRS-{statement.agreement.deal_id:04d}-1-statement-2.pdf"'
    )


def test_pdf_is_the_same_for_the_same_statement(statement):
    assert write_pdf(statement) == write_pdf(statement)


def test_pdf_takes_the_moment_of_issue_to_the_microsecond():
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    assert write_pdf(issue(agreement, FIRST_ISSUE.replace(microsecond=123_456))).startswith(b"%PDF")


def test_draft_says_so():
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    assert "DRAFT" in text_of(write_pdf(draft(agreement, FIRST_ISSUE)))


def test_pdf_takes_no_text_for_markup():
    licensor = Licensor.objects.get(pk=AgreementFactory().licensor_id)
    licensor.name = f"{HOSTILE} GmbH"
    licensor.address = HOSTILE
    licensor.save()
    agreement = make_agreement(licensor=licensor)
    Company.objects.filter(pk=agreement.licensee_id).update(name=HOSTILE)
    agreement.terms.update(label=HOSTILE)
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    text = text_of(write_pdf(issue(agreement, FIRST_ISSUE)))
    assert "#panic() *x* $1$ <b> \\u{41} [a](b) {{ x }} =1+1 @ref // ü Škoda" in text


def test_long_names_wrap_onto_the_page():
    agreement = make_agreement(title="T" * 200)
    agreement.terms.update(label="Ä" * 120)
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    text = text_of(write_pdf(issue(agreement, FIRST_ISSUE))).replace(" ", "").replace("\u200b", "")
    assert "T" * 200 in text
    assert "16,000,000.00" in text


def test_statement_without_terms_or_lines_has_a_pdf():
    assert b"%PDF" in write_pdf(IssuedStatementFactory())[:8]


def test_json_has_the_stored_traces(client, statement):
    client.force_login(finance())
    response = client.get(reverse("royalties:statement_json", args=[statement.pk]))
    document = json.loads(response.content)
    assert (document["number"], document["payable"]) == (2, f"{statement.payable:.2f}")
    assert [Decimal(line["amount"]) for line in document["lines"]] == [
        recompute(line["trace"]) for line in document["lines"]
    ]


def csv_rows(client, statement):
    """Return the rows of a statement's CSV as texts, by their headings."""
    client.force_login(finance())
    response = client.get(reverse("royalties:statement_csv", args=[statement.pk]))
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_csv_says_on_every_row_what_statement_it_is_of(client, statement):
    agreement = statement.agreement
    assert {tuple(row.items())[:9] for row in csv_rows(client, statement)} == {
        (
            ("Agreement", agreement.code),
            ("Title", agreement.title),
            ("Licensee", agreement.licensee.name),
            ("Statement", "2"),
            ("Status", "Issued"),
            ("Statement from", "2026-07-01"),
            ("Statement to", "2026-12-31"),
            ("Issued", "2027-02-01"),
            ("Due", statement.due_on.isoformat()),
        )
    }


def test_csv_lines_add_up_to_the_row_of_their_total(client, statement):
    *lines, total = csv_rows(client, statement)
    assert [int(row["Line"]) for row in lines] == list(range(1, statement.lines.count() + 1))
    assert (total["Line"], total["Type"], total["Label"]) == ("", "Total", "Payable")
    assert sum(Decimal(row["Amount"]) for row in lines) == Decimal(total["Amount"]) == statement.payable
    assert {row["Currency"] for row in [*lines, total]} == {"USD"}
    assert {(row["Type"], row["Unit"]) for row in lines} >= {("Royalty", "kWh"), ("Withholding tax", "")}


def test_csv_keeps_a_tax_that_is_paid_on_top_apart(client):
    agreement = make_agreement(withholding_percent=Decimal(10), is_grossed_up=True)
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    royalty, tax, total = csv_rows(client, issue(agreement, FIRST_ISSUE))
    assert (royalty["Amount"], tax["Amount"], total["Amount"]) == ("16000000.00", "0.00", "16000000.00")
    assert (royalty["Tax paid on top"], tax["Tax paid on top"], total["Tax paid on top"]) == (
        "",
        "1777777.78",
        "1777777.78",
    )


def test_csv_of_a_draft_has_no_number_yet(client):
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    assert {(row["Statement"], row["Status"]) for row in csv_rows(client, draft(agreement, FIRST_ISSUE))} == {
        ("", "Draft")
    }


def test_csv_has_no_cell_that_a_spreadsheet_runs(client):
    agreement = make_agreement(title="=1+1")
    Company.objects.filter(pk=agreement.licensee_id).update(name="@SUM(A1)")
    agreement.terms.update(label="+cmd|' /C calc'!A0")
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    statement = issue(agreement, FIRST_ISSUE)
    royalty, total = csv_rows(client, statement)
    assert (royalty["Title"], royalty["Licensee"], royalty["Label"]) == ("'=1+1", "'@SUM(A1)", "'+cmd|' /C calc'!A0")
    assert (total["Title"], total["Licensee"]) == ("'=1+1", "'@SUM(A1)")
