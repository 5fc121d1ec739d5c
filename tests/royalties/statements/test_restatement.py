"""What the next statement would say if a report were accepted."""

import datetime as dt
from decimal import Decimal

import pytest

from royalties.domain.amendments import record_amendment
from royalties.domain.restatement import preview_amendment, preview_filing
from royalties.domain.statement_lines import next_lines
from royalties.domain.terms import TierStep, replace_term
from royalties.enums import ReportStatus
from royalties.models import Amendment, ProductionReport, Statement
from sync.models import Change
from tests.royalties.factories import ProductionReportFactory, ReportFilingFactory
from tests.royalties.statements.desk import FIRST_ISSUE, SECOND_ISSUE, finance, issue, make_agreement, report

pytestmark = pytest.mark.django_db

BEFORE = FIRST_ISSUE - dt.timedelta(days=10)


@pytest.fixture
def agreement():
    """An agreement with both halves of 2026 stated, 9 GWh each."""
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-07", "9", through="2026-12", at=SECOND_ISSUE - dt.timedelta(days=9))
    issue(agreement, SECOND_ISSUE)
    return agreement


def submit(agreement, month, gwh):
    """Submit a report of a month that waits for a decision."""
    filing = ReportFilingFactory(agreement=agreement, status=ReportStatus.SUBMITTED, decided_at=None, decided_by=None)
    ProductionReportFactory(
        filing=filing,
        plant=agreement.plants.get(),
        month=month,
        number=2,
        status=ReportStatus.SUBMITTED,
        energy_sold_kwh=Decimal(gwh) * 1_000_000,
        accepted_on=None,
    )
    return filing


def test_preview_shows_each_line_before_and_after_without_writing(agreement):
    filing = submit(agreement, dt.date(2026, 1, 1), "11")
    changes = Change.objects.count()
    preview = preview_filing(filing)
    assert [(line.label, line.before, line.after) for line in preview.changed_lines] == [
        ("Restatement of H1 2026, report v1 → v2", None, Decimal(3_000_000)),
        ("Recalculation of H2 2026 after the restatement of H1 2026", None, Decimal(-1_000_000)),
    ]
    assert (preview.change, preview.is_restatement) == (Decimal(2_000_000), True)
    assert (Change.objects.count(), Statement.objects.count()) == (changes, 2)


def test_preview_equals_the_statement_after_acceptance(agreement):
    filing = submit(agreement, dt.date(2026, 3, 1), "2.5")
    expected = preview_filing(filing)
    ProductionReport.objects.filter(filing=filing).delete()
    report(agreement, "2026-03", "2.5", at=SECOND_ISSUE + dt.timedelta(days=30))
    report(agreement, "2027-01", through="2027-06", at=SECOND_ISSUE + dt.timedelta(days=160))
    third = issue(agreement, SECOND_ISSUE + dt.timedelta(days=170))
    assert third.payable == expected.payable_after


def test_preview_of_a_report_of_the_period_to_come_is_no_restatement(agreement):
    preview = preview_filing(submit(agreement, dt.date(2027, 1, 1), "1"))
    assert [(line.label, line.after) for line in preview.changed_lines] == [("Royalty per kWh", Decimal(2_000_000))]
    assert not preview.is_restatement


def test_preview_of_a_change_of_the_agreement_is_taken_back(agreement):
    tier = agreement.terms.get().tiers.get(position=1)

    def amend():
        tier.rate = Decimal("2.10")
        tier.save()

    preview = preview_amendment(agreement, amend=amend)
    assert preview.change == Decimal(500_000)
    tier.refresh_from_db()
    assert tier.rate == Decimal(2)


def test_term_that_an_amendment_put_in_place_of_one_is_named_as_its_correction(agreement):
    user = finance()
    values = {"title": "Lower rates", "signed_on": dt.date(2027, 3, 1), "effective_on": dt.date(2026, 7, 1)}
    amendment = record_amendment(agreement=agreement, values=values, by=user)
    Amendment.objects.update(created_at=SECOND_ISSUE + dt.timedelta(days=1))
    amendment.refresh_from_db()
    replace_term(
        term=agreement.terms.get(),
        amendment=amendment,
        values={"label": "New royalty", "basis": "energy_sold", "mode": "graduated", "window": "contract_year"},
        tiers=[TierStep(None, Decimal("0.50"))],
        plants=[],
        counts_on=False,
        by=user,
    )

    lines = next_lines(agreement, through=dt.date(2026, 12, 31)).lines

    assert {(line.label, line.amount) for line in lines} == {
        ("Correction of H2 2026 by amendment 1", Decimal(4_500_000)),
        ("Correction of H2 2026 by amendment 1", Decimal(-12_000_000)),
    }


def test_statement_that_credits_is_not_due(agreement, client):
    report(agreement, "2026-07", "8", at=SECOND_ISSUE + dt.timedelta(days=1))
    statement = issue(agreement, SECOND_ISSUE + dt.timedelta(days=2), through=dt.date(2026, 12, 31))
    client.force_login(finance())

    tiles = client.get(statement.get_absolute_url()).content.decode().split('<div class="tile tile-key">')[1]

    assert statement.payable < 0
    assert tiles.split('<span class="hint">')[1].startswith("set against an invoice, or repaid</span>")
