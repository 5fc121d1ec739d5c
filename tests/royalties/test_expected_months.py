"""Which reports are expected: the calendar, the overview and the checks of a statement agree on it."""

import datetime as dt

import pytest

from accounts.enums import Role
from plants.enums import MilestoneKind
from plants.models import PlantMilestone
from royalties.domain.missing_months import missing_months, missing_of
from royalties.domain.overview import open_reports
from royalties.domain.report_calendar import due_periods
from royalties.enums import Basis
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ProductionReportFactory, ReportFilingFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 9, 1)
FIRST_HALF = dt.date(2026, 6, 30)


@pytest.fixture
def agreement():
    """An agreement by half-years of one plant, in force since January."""
    agreement = AgreementFactory(plants=[PlantFactory(name="Aster 1")])
    RoyaltyTermFactory(agreement=agreement)
    return agreement


def plan_start(agreement, actual_on=None):
    PlantMilestone.objects.create(
        plant=agreement.plants.get(),
        kind=MilestoneKind.START_OF_PRODUCTION,
        forecast_on=dt.date(2026, 4, 15),
        actual_on=actual_on,
    )


def accept(agreement, *months):
    filing = ReportFilingFactory(agreement=agreement)
    for month in months:
        ProductionReportFactory(filing=filing, plant=agreement.plants.get(), month=dt.date(2026, month, 1))


def look(agreement):
    """Return the state of the first half, how many reports the overview has, and the months a statement waits for."""
    states = {row.period.ends_on: row.state for row in due_periods([agreement], since=FIRST_HALF, today=TODAY)}
    reports = open_reports(UserFactory(role=Role.FINANCE), today=TODAY)
    missing = missing_months(agreement, through=FIRST_HALF)
    return states[FIRST_HALF], len(reports), [gap.month.month for gap in missing]


def test_report_of_every_month_is_expected(agreement):
    assert look(agreement) == ("late", 1, [1, 2, 3, 4, 5, 6])
    accept(agreement, 1, 2, 3, 4, 5, 6)
    assert look(agreement) == ("accepted", 0, [])


def test_report_in_part_leaves_the_period_late(agreement):
    accept(agreement, 1, 2, 3)
    assert look(agreement) == ("late", 1, [4, 5, 6])


def test_nothing_is_expected_before_production_starts(agreement):
    plan_start(agreement)
    assert look(agreement) == ("not_expected", 0, [])


def test_reports_begin_with_the_month_in_which_production_starts(agreement):
    plan_start(agreement, actual_on=dt.date(2026, 4, 20))
    assert look(agreement) == ("late", 1, [4, 5, 6])
    accept(agreement, 4, 5, 6)
    assert look(agreement) == ("accepted", 0, [])


def test_nothing_is_expected_for_a_lump_sum(agreement):
    agreement.terms.update(basis=Basis.LUMP_SUM)
    assert look(agreement) == ("not_expected", 0, [])


def test_reports_end_with_the_terms(agreement):
    agreement.terms.update(effective_to=dt.date(2026, 2, 28))
    assert look(agreement) == ("late", 1, [1, 2])


@pytest.mark.parametrize("count", [1, 3])
def test_expected_months_take_the_same_queries_for_any_number(agreement, django_assert_num_queries, count):
    agreements = [agreement] * count
    with django_assert_num_queries(3):
        assert len(missing_of((one, FIRST_HALF) for one in agreements)) == count
