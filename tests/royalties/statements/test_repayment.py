"""The rest of an advance is given back with the agreement's last period, and corrected as any line."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from royalties.models import CreditNote
from tests.royalties.statements.desk import FIRST_ISSUE, SECOND_ISSUE, finance, issue, make_agreement, report
from tests.royalties.statements.test_statement_files import csv_rows, text_of

pytestmark = pytest.mark.django_db

MILLION = Decimal(1_000_000)
DAY = dt.timedelta(days=1)


def issue_last(**facts):
    """Return the last statement of an agreement that recouped 16 of 20 million."""
    agreement = make_agreement(
        advance=20 * MILLION, is_advance_repayable=True, expires_on=dt.date(2026, 12, 31), **facts
    )
    report(agreement, "2026-01", "9", through="2026-06", at=FIRST_ISSUE - DAY)
    first = issue(agreement, FIRST_ISSUE)
    assert (first.recouped, first.payable) == (16 * MILLION, 0)
    report(agreement, "2026-07", through="2026-12", at=SECOND_ISSUE - DAY)
    return issue(agreement, SECOND_ISSUE)


@pytest.fixture
def last():
    return issue_last()


def test_rest_of_the_advance_is_a_line_of_its_own_and_a_credit_note(last):
    line = last.lines.get(kind="repayment")
    assert (line.label, line.amount) == ("Repayment of the advance not recouped", 4 * MILLION)
    assert (last.recouped, last.payable) == (4 * MILLION, -4 * MILLION)
    assert CreditNote.objects.get(statement=last).amount == 4 * MILLION
    assert last.terms_used["advance_repayable"] is True


def test_restatement_after_the_end_repays_less(last):
    report(last.agreement, "2026-01", "11", at=SECOND_ISSUE + DAY)
    correction = issue(last.agreement, SECOND_ISSUE + 9 * DAY, through=last.period_end)
    lines = {line.kind: (line.label, line.amount) for line in correction.lines.all()}
    assert lines == {
        "royalty": ("Restatement of H1 2026, report v1 → v2", 3 * MILLION),
        "recoupment": ("Correction of H1 2026: Recoupment of advance", 3 * MILLION),
        "repayment": ("Correction of H2 2026: Repayment of the advance not recouped", -3 * MILLION),
    }
    assert (correction.recouped, correction.payable) == (0, 3 * MILLION)


def test_page_pdf_and_csv_say_what_is_repaid(client, last):
    client.force_login(finance())
    page = client.get(f"{last.get_absolute_url()}?traces=all").content.decode()
    for text in (
        "Advance repaid",
        "Repaid, as the agreement ends",
        "recouped from royalties, what is left at the end is repaid",
        "−4,000,000.00",
    ):
        assert text in page, text
    assert "Advance recouped" not in page
    pdf = text_of(client.get(reverse("royalties:statement_pdf", args=[last.pk])).content)
    assert "Advance repaid −4,000,000.00" in pdf
    assert "Advance recouped" not in pdf
    assert [(row["Type"], row["Amount"]) for row in csv_rows(client, last)][-2:] == [
        ("Repayment of advance", "-4000000.00"),
        ("Total", "-4000000.00"),
    ]


def test_tax_of_what_is_repaid_is_given_back(client):
    last = issue_last(withholding_percent=Decimal(10))
    assert (last.withheld, last.payable) == (Decimal(-400_000), Decimal(-3_600_000))
    client.force_login(finance())
    page = client.get(last.get_absolute_url()).content.decode()
    assert "given back" in page
    assert "certificate due" not in page
