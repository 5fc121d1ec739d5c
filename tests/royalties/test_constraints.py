"""What the database refuses, whoever asks."""

import contextlib
import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from royalties.enums import LineKind, ReportStatus, StatementStatus
from royalties.models import Invoice, ProductionReport, Statement, StatementLine
from tests.royalties.factories import (
    InvoiceFactory,
    IssuedStatementFactory,
    ProductionReportFactory,
    RoyaltyTermFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def refused(name):
    """Check that the database refuses the block by a constraint or rule of this name."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    assert re.search(name, error.value.__cause__.diag.constraint_name)


def line_of(statement, **values):
    """Return an unsaved royalty line of a statement."""
    term = RoyaltyTermFactory(agreement=statement.agreement)
    facts = {"position": 1, "kind": LineKind.ROYALTY, "term": term, "period_end": statement.period_end, "amount": 1}
    return StatementLine(statement=statement, label="Royalty", **(facts | values))


@pytest.fixture
def issued():
    """An issued statement with one line."""
    statement = StatementFactory(earned=1, payable=1)
    line_of(statement).save()
    Statement.objects.filter(pk=statement.pk).update(
        status=StatementStatus.ISSUED,
        number=1,
        issued_on=dt.date(2026, 7, 10),
        issued_at=dt.datetime(2026, 7, 10, tzinfo=dt.UTC),
        issued_by=IssuedStatementFactory().issued_by,
        due_on=dt.date(2026, 8, 14),
    )
    statement.refresh_from_db()
    return statement


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE royalties_statement SET earned = earned + 1, payable = payable + 1 WHERE id = %s",
        "UPDATE royalties_statement SET status = 'draft', number = NULL WHERE id = %s",
        "UPDATE royalties_statement SET terms_used = '{\"a\": 1}' WHERE id = %s",
        "UPDATE royalties_statement SET number = 7 WHERE id = %s",
        "UPDATE royalties_statement SET period_end = period_end + 1 WHERE id = %s",
        "DELETE FROM royalties_statement WHERE id = %s",
        "UPDATE royalties_statementline SET amount = 2 WHERE statement_id = %s",
        "UPDATE royalties_statementline SET trace = '{\"a\": 1}' WHERE statement_id = %s",
        "DELETE FROM royalties_statementline WHERE statement_id = %s",
    ],
)
def test_issued_statement_never_changes_by_sql(issued, sql):
    with refused("kept|no_gap|never"), connection.cursor() as cursor:
        cursor.execute(sql, [issued.pk])

    assert Statement.objects.values_list("earned", "number").get(pk=issued.pk) == (1, 1)
    assert StatementLine.objects.get(statement=issued).amount == 1


def test_issued_statement_takes_no_further_line(issued):
    with refused("statementline_kept"):
        line_of(issued, position=2).save()


def test_line_of_a_draft_cannot_move_to_an_issued_statement(issued):
    line = line_of(StatementFactory())
    line.save()

    with refused("statementline_kept"):
        StatementLine.objects.filter(pk=line.pk).update(statement=issued)


@pytest.mark.parametrize("table", ["royalties_statement", "royalties_statementline"])
def test_statements_are_not_truncated(issued, table):
    with refused("kept"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL lrs.may_truncate = 'off'")
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_status_of_an_issued_statement_goes_on(issued):
    Statement.objects.filter(pk=issued.pk).update(status=StatementStatus.SETTLED, settled_on=dt.date(2026, 8, 1))

    assert Statement.objects.get(pk=issued.pk).status == StatementStatus.SETTLED


def test_statement_number_leaves_no_gap(issued):
    with refused("no_gap"):
        IssuedStatementFactory(agreement=issued.agreement, number=3)


def test_agreement_has_one_draft():
    draft = StatementFactory()

    with refused("one_draft"):
        StatementFactory(agreement=draft.agreement)


def test_payable_adds_up():
    with refused("payable_adds_up"):
        StatementFactory(earned=Decimal(5), payable=Decimal(4))


def test_one_accepted_version_counts():
    first = ProductionReportFactory()

    with refused("one_accepted"):
        ProductionReportFactory(filing=first.filing, plant=first.plant, number=2)


def test_negative_figures_need_the_flag_of_returns():
    with refused("negative_only_returns"):
        ProductionReportFactory(energy_sold_kwh=-1)
    assert ProductionReportFactory(energy_sold_kwh=-1, is_return=True).pk


def test_nil_report_has_no_figures():
    with refused("nil_is_nothing"):
        ProductionReportFactory(is_nil=True)


def test_acceptance_has_its_date():
    with refused("acceptance_dated"):
        ProductionReportFactory(accepted_on=None)
    with refused("acceptance_dated"):
        ProductionReportFactory(status=ReportStatus.SUBMITTED)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE royalties_invoice SET amount = 1 WHERE id = %s",
        "UPDATE royalties_invoice SET number = 9 WHERE id = %s",
        "UPDATE royalties_invoice SET due_on = due_on + 30 WHERE id = %s",
        "DELETE FROM royalties_invoice WHERE id = %s",
    ],
)
def test_invoice_never_changes_by_sql(sql):
    invoice = InvoiceFactory()

    with refused("invoice_kept"), connection.cursor() as cursor:
        cursor.execute(sql, [invoice.pk])


def test_invoice_number_leaves_no_gap():
    first = InvoiceFactory()

    with refused("no_gap"):
        InvoiceFactory(statement=IssuedStatementFactory(agreement=first.agreement), number=3)
    assert Invoice.objects.count() == 1
    assert ProductionReport.objects.count() == 0
