"""The accrual of the portfolio."""

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from royalties.domain.portfolio import recalculate_portfolio
from royalties.enums import AgreementStatus, LineKind
from royalties.models import EarnedLine
from tests.money.factories import FxRateFactory
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
HALF = dt.date(2026, 6, 30)


def recalculate():
    return recalculate_portfolio(through=dt.date(2026, 12, 31), at=timezone.now())


def test_every_agreement_gets_its_lines_anew():
    first, second = RoyaltyTermFactory(), RoyaltyTermFactory()
    fee = FeeFactory(agreement=second.agreement)
    for term in (first, second):
        ProductionReportFactory(filing=ReportFilingFactory(agreement=term.agreement))
    recalculate()

    done = recalculate()

    assert (done.agreements, done.lines, done.refused) == (2, 3, {})
    rows = EarnedLine.objects.order_by("agreement", "kind").values_list("agreement", "kind", "term", "fee", "amount")
    assert list(rows) == [
        (first.agreement_id, LineKind.ROYALTY, first.pk, None, Decimal(16_000_000)),
        (second.agreement_id, LineKind.FEE, None, fee.pk, Decimal(1_000_000)),
        (second.agreement_id, LineKind.ROYALTY, second.pk, None, Decimal(16_000_000)),
    ]


def test_agreement_without_a_rate_keeps_its_lines_and_stops_no_other():
    sales = RoyaltyTermFactory(basis="net_sales", tiers=[(None, "3")])
    other = RoyaltyTermFactory()
    report = {"currency": "EUR", "net_sales": 100, "energy_sold_kwh": 0}
    ProductionReportFactory(filing=ReportFilingFactory(agreement=sales.agreement), **report)
    ProductionReportFactory(filing=ReportFilingFactory(agreement=other.agreement))
    rate = FxRateFactory(base="EUR", quote="USD", on=HALF, rate="1.1")
    recalculate()
    rate.delete()

    done = recalculate()

    assert list(done.refused) == [sales.agreement_id]
    assert "EUR to USD" in str(done.refused[sales.agreement_id])
    assert EarnedLine.objects.get(agreement=sales.agreement).amount == Decimal("3.30")
    assert EarnedLine.objects.get(agreement=other.agreement).amount == 16_000_000


def test_drafts_accrue_nothing():
    term = RoyaltyTermFactory(agreement=AgreementFactory(status=AgreementStatus.DRAFT))
    ProductionReportFactory(filing=ReportFilingFactory(agreement=term.agreement))

    assert recalculate().lines == 0


def test_command_shows_progress_and_what_it_wrote():
    ProductionReportFactory(filing=ReportFilingFactory(agreement=RoyaltyTermFactory().agreement))
    out, progress = StringIO(), StringIO()

    call_command("recalculate_royalties", through=dt.date(2026, 12, 31), stdout=out, stderr=progress)

    assert out.getvalue() == "1 agreements, 1 lines\n"
    assert progress.getvalue() == "1 of 1 agreements\n"
