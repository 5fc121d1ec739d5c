"""The engine on stored agreements: the database's sums are the engine's own, and statements follow from them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from money.enums import RateKind
from plants.enums import Chemistry
from plants.models import PlantMilestone
from royalties.domain.calculation import calculate_to_date, rates_missing_for, report_line, stated_lines
from royalties.domain.engine_input import read_agreement
from royalties.domain.quantities import read_quantities
from royalties.engine.codes import LineKind
from royalties.engine.quantities import term_quantities
from royalties.enums import EscalatorKind, FeeTrigger, FieldOfUse, ReportStatus
from royalties.models import Cap, Minimum, PriceIndex, PriceIndexValue, ProductionReport, RoyaltyTerm
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
END = dt.date(2026, 12, 31)


def amounts(calculation):
    """Return the amounts of a calculation by kind and the end of the period."""
    return {(key.kind, key.period_end): line.amount for key, line in calculation.lines.items()}


def report(filing, month, kwh, **values):
    """Store an accepted line of a month."""
    return ProductionReportFactory(filing=filing, month=dt.date(2026, month, 1), energy_sold_kwh=kwh, **values)


def test_first_worked_example_is_stated_to_the_cent():
    term = RoyaltyTermFactory()
    filing = ReportFilingFactory(agreement=term.agreement)
    report(filing, 3, 9_000_000)
    report(filing, 9, 9_000_000)

    found = amounts(calculate_to_date(term.agreement, through=END))

    assert found == {
        (LineKind.ROYALTY, dt.date(2026, 6, 30)): Decimal(16_000_000),
        (LineKind.ROYALTY, END): Decimal(12_000_000),
    }


def test_minimum_cap_fee_and_withholding_are_read():
    agreement = AgreementFactory(withholding_percent=10, advance=15_000_000)
    RoyaltyTermFactory(agreement=agreement)
    Minimum.objects.create(agreement=agreement, contract_year=1, amount=17_000_000)
    Cap.objects.create(agreement=agreement, contract_year=1, amount=18_000_000)
    FeeFactory(agreement=agreement, trigger=FeeTrigger.EFFECTIVE_DATE, due_on=None)
    report(ReportFilingFactory(agreement=agreement), 3, 9_000_000)

    found = amounts(calculate_to_date(agreement, through=END))

    half = dt.date(2026, 6, 30)
    assert found == {
        (LineKind.ROYALTY, half): 16_000_000,
        (LineKind.FEE, half): 1_000_000,
        (LineKind.RECOUPMENT, half): 15_000_000,
        (LineKind.WITHHOLDING, half): 200_000,
        (LineKind.SHORTFALL, END): 1_000_000,
        (LineKind.WITHHOLDING, END): 100_000,
    }


def test_fee_on_a_milestone_falls_due_once_it_is_reached():
    plant = PlantFactory()
    fee = FeeFactory(trigger=FeeTrigger.MILESTONE, due_on=None, plant=plant, milestone="permits", offset_days=30)
    milestone = PlantMilestone.objects.create(plant=plant, kind="permits", forecast_on=dt.date(2026, 3, 1))
    assert read_agreement(fee.agreement).fees == ()

    milestone.actual_on = dt.date(2026, 3, 2)
    milestone.save()

    assert [known.on for known in read_agreement(fee.agreement).fees] == [dt.date(2026, 4, 1)]


def test_index_escalator_is_read_with_its_values():
    index = PriceIndex.objects.create(name="PPI", source="Statistics office")
    for year, value in ((2025, 100), (2026, 103)):
        PriceIndexValue.objects.create(index=index, year=year, value=value)
    term = RoyaltyTermFactory(
        tiers=[(None, "2")],
        escalator=EscalatorKind.INDEX,
        index=index,
        index_base_year=2025,
        index_lag_years=1,
    )
    filing = ReportFilingFactory(agreement=term.agreement)
    ProductionReportFactory(filing=filing, month=dt.date(2027, 1, 1), energy_sold_kwh=100)

    calculation = calculate_to_date(term.agreement, through=dt.date(2027, 6, 30))

    assert amounts(calculation) == {(LineKind.ROYALTY, dt.date(2027, 6, 30)): Decimal("206.00")}


def test_term_that_an_amendment_voided_counts_nothing_and_is_passed_over():
    first = RoyaltyTermFactory(effective_to=dt.date(2026, 3, 31))
    void = RoyaltyTermFactory(
        agreement=first.agreement,
        effective_from=dt.date(2026, 4, 1),
        effective_to=dt.date(2026, 3, 31),
        continues=first,
    )
    last = RoyaltyTermFactory(agreement=first.agreement, effective_from=dt.date(2026, 4, 1), continues=void)

    terms = read_agreement(first.agreement).terms

    assert [(term.id, term.continues) for term in terms] == [(first.pk, None), (last.pk, first.pk)]


def test_foreign_sales_use_the_rate_at_the_period_end_or_name_what_is_missing():
    agreement = AgreementFactory(currency="JPY")
    RoyaltyTermFactory(agreement=agreement, basis="net_sales", tiers=[(None, "3")])
    filing = ReportFilingFactory(agreement=agreement)
    report(filing, 2, 0, net_sales=Decimal("1000000.00"), currency="EUR")
    half = dt.date(2026, 6, 30)
    assert rates_missing_for(agreement, through=END) == [("EUR", "JPY", half, RateKind.PERIOD_END)]

    FxRateFactory(base="EUR", quote="JPY", on=half, rate="163.27")

    assert rates_missing_for(agreement, through=END) == []
    assert amounts(calculate_to_date(agreement, through=END)) == {(LineKind.ROYALTY, half): Decimal(4_898_100)}


def test_rate_of_the_kind_goes_before_the_reference_rate():
    agreement = AgreementFactory(currency="JPY")
    RoyaltyTermFactory(agreement=agreement, basis="net_sales", tiers=[(None, "100")])
    report(ReportFilingFactory(agreement=agreement), 2, 0, net_sales=100, currency="EUR")
    half = dt.date(2026, 6, 30)
    FxRateFactory(base="EUR", quote="JPY", on=half, rate="163")
    FxRateFactory(base="EUR", quote="JPY", on=half, rate="160", kind=RateKind.PERIOD_END)

    assert amounts(calculate_to_date(agreement, through=END)) == {(LineKind.ROYALTY, half): Decimal(16_000)}


def test_filing_to_be_counted_takes_the_place_of_its_lines_and_writes_nothing():
    term = RoyaltyTermFactory()
    accepted = report(ReportFilingFactory(agreement=term.agreement), 3, 9_000_000)
    waiting = ReportFilingFactory(
        agreement=term.agreement, status=ReportStatus.SUBMITTED, decided_at=None, decided_by=None
    )
    report(
        waiting,
        3,
        11_000_000,
        plant=accepted.plant,
        number=2,
        status=ReportStatus.SUBMITTED,
        accepted_on=None,
    )

    with CaptureQueriesContext(connection) as queries:
        found = amounts(calculate_to_date(term.agreement, through=END, counting=waiting))

    assert found == {(LineKind.ROYALTY, dt.date(2026, 6, 30)): Decimal(19_000_000)}
    assert not [query for query in queries.captured_queries if not query["sql"].lstrip().startswith(("SELECT", "WITH"))]


def test_nothing_is_stated_by_a_draft():
    assert stated_lines(AgreementFactory()) == {}


def test_queries_do_not_grow_with_reports():
    term = RoyaltyTermFactory()
    filing = ReportFilingFactory(agreement=term.agreement)
    report(filing, 1, 1)
    with CaptureQueriesContext(connection) as few:
        calculate_to_date(term.agreement, through=END)
    for month in range(2, 12):
        report(filing, month, 1)

    with CaptureQueriesContext(connection) as many:
        calculate_to_date(term.agreement, through=END)

    assert len(few) == len(many) == 8


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.data())
def test_sums_of_the_database_are_those_of_the_engine(chosen):
    draw = chosen.draw
    day = st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31))
    start = draw(day)
    agreement = AgreementFactory(
        effective_on=start,
        expires_on=draw(st.none() | st.dates(start, dt.date(2027, 6, 30))),
        contract_year_start=draw(st.sampled_from(["", "01-01", "04-06", "02-29", "10-31"])),
        reporting_period=draw(st.sampled_from(["month", "quarter", "half_year", "year"])),
    )
    plants = [PlantFactory(), PlantFactory()]
    for _number in range(draw(st.integers(1, 3))):
        term = RoyaltyTermFactory(
            agreement=agreement,
            basis=draw(st.sampled_from(["energy_produced", "energy_sold", "units", "net_sales", "lump_sum"])),
            effective_from=draw(day),
            effective_to=draw(st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1))),
            chemistries=draw(st.lists(st.sampled_from(Chemistry.values[:2]), unique=True)),
            fields=draw(st.lists(st.sampled_from(FieldOfUse.values[:2]), unique=True)),
        )
        term.plants.set(draw(st.lists(st.sampled_from(plants), unique=True)))
    filing = ReportFilingFactory(agreement=agreement)
    calendar = read_agreement(agreement).calendar
    keys = st.tuples(
        st.sampled_from(plants),
        st.dates(dt.date(2024, 1, 1), dt.date(2027, 6, 30)).map(lambda date: date.replace(day=1)),
        st.sampled_from(Chemistry.values[:2]),
        st.sampled_from(FieldOfUse.values[:2]),
    )
    for plant, month, chemistry, field in draw(st.lists(keys, unique=True, max_size=12)):
        if calendar.period_of_month(month) is not None:
            figures = draw(st.tuples(*[st.integers(0, 10**9)] * 3))
            ProductionReportFactory(
                filing=filing,
                plant=plant,
                month=month,
                chemistry=chemistry,
                field=field,
                energy_produced_kwh=figures[0],
                energy_sold_kwh=figures[1],
                units=figures[2],
                net_sales=figures[0],
                currency=draw(st.sampled_from(["USD", "EUR"])),
            )

    stored = read_agreement(agreement)
    by_database = read_quantities({agreement.pk: stored})[agreement.pk]

    lines = [report_line(row) for row in ProductionReport.objects.filter(agreement=agreement)]
    by_engine = term_quantities(stored, lines, dt.date(2099, 1, 1))
    assert sorted(by_database) == sorted(by_engine)
    assert RoyaltyTerm.objects.filter(agreement=agreement).exists()
