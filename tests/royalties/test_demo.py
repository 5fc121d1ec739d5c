"""The royalties of the demonstration desk show what the application can do."""

import datetime as dt

import pytest

from deals.domain.demo.load import load_demo
from royalties.domain.interest import preview_interest
from royalties.enums import InvoiceKind, LineKind, ReportStatus, StatementStatus, TierMode
from royalties.models import Agreement, Invoice, ProductionReport, RoyaltyTerm, Statement, StatementLine

pytestmark = pytest.mark.django_db


def test_desk_has_what_the_product_is_for(demo_desk):
    reports = ProductionReport.objects.filter(agreement__title="Licence for stationary storage")
    assert reports.values("month").distinct().count() >= 24
    assert ProductionReport.objects.filter(status=ReportStatus.SUPERSEDED, number=1).exists()
    assert StatementLine.objects.filter(kind=LineKind.ROYALTY, is_adjustment=True).exists()
    assert RoyaltyTerm.objects.filter(mode=TierMode.VOLUME).exists()
    assert StatementLine.objects.filter(kind=LineKind.SHORTFALL, amount__gt=0).exists()
    assert set(ProductionReport.objects.values_list("currency", flat=True)) >= {"EUR", "JPY", "CNY"}
    assert Statement.objects.filter(status=StatementStatus.DISPUTED).count() == 1
    assert Statement.objects.filter(status=StatementStatus.SETTLED).exists()


def test_overdue_invoice_bears_interest_that_was_charged(demo_desk):
    interest = Invoice.objects.get(kind=InvoiceKind.INTEREST)

    overdue = interest.interest_on

    assert overdue.due_on < demo_desk.date()
    assert preview_interest(overdue, through=interest.interest_through).total == interest.amount


@pytest.mark.parametrize("day", [dt.date(2026, 1, 31), dt.date(2026, 3, 1)])
def test_desk_loads_at_either_end_of_a_month(day):
    load_demo(at=dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC))

    assert Agreement.objects.count() == 8
    assert Statement.objects.exists()
