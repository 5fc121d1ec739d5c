"""What acceptance would change equals what it changes."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from royalties.domain.filings import accept_filing, accept_warnings
from royalties.domain.report_checks import open_warnings
from royalties.domain.restatement import preview_filing
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ProductionReportFactory, ReportFilingFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db


def test_preview_leaves_out_the_estimate_that_the_report_replaces():
    finance = UserFactory(role=Role.FINANCE)
    plant = PlantFactory()
    agreement = AgreementFactory(plants=[plant])
    RoyaltyTermFactory(agreement=agreement, tiers=[(None, "2.00")])
    ProductionReportFactory(
        filing=ReportFilingFactory(agreement=agreement), plant=plant, is_estimate=True, energy_sold_kwh=Decimal(100)
    )
    filing = ReportFilingFactory(agreement=agreement, status="submitted", decided_at=None, decided_by=None)
    ProductionReportFactory(
        filing=filing,
        plant=plant,
        chemistry="nmc",
        month=dt.date(2026, 3, 1),
        status="submitted",
        accepted_on=None,
        energy_produced_kwh=Decimal(70),
        energy_sold_kwh=Decimal(70),
    )
    preview = preview_filing(filing)
    assert (preview.payable_before, preview.payable_after, preview.change) == (200, 140, -60)
    keys = [flag.key for flag in open_warnings(filing)]
    accept_warnings(filing=filing, keys=keys, by=finance, at=NOW)
    accept_filing(filing=filing, by=finance, at=NOW)
    filing.refresh_from_db()
    assert preview_filing(filing).payable_before == 140
