"""Which plan a deal has in the forecast, and how many queries that takes."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from deals.models import Deal, DealPlant
from royalties.domain.forecast_estimates import estimated_months
from royalties.domain.forecast_parameters import Horizon, Parameters
from royalties.domain.forecast_plans import read_forecast_deals
from royalties.domain.forecast_results import calculate_forecast, calculate_past
from royalties.domain.forecast_tables import Group, Step, tables_of
from royalties.enums import PlanBasis
from royalties.models import TermSheet
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory, StageFactory
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory, RampScenarioFactory
from tests.royalties.engine.documents import document
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)


def read(**changes):
    values = {"currency": "USD", "parameters": Parameters(), "today": TODAY}
    return read_forecast_deals(Deal.objects.unclosed(), **{**values, **changes})


def make_plant(**ramp):
    plant = PlantFactory(nameplate_gwh=Decimal(10), chemistry="lfp")
    RampScenarioFactory(plant=plant, **{"sop_on": dt.date(2026, 1, 1), "months_to_nameplate": 12, **ramp})
    return plant


def make_contract(**values):
    agreement = AgreementFactory(plants=[make_plant()], **values)
    RoyaltyTermFactory(agreement=agreement)
    return agreement


def estimated(**values):
    usual = {"annual_royalty": Decimal(12_000_000), "currency": "USD", "expected_sop_on": dt.date(2027, 1, 1)}
    return DealFactory(**{**usual, **values})


def test_deal_with_an_agreement_in_force_is_contracted():
    agreement = make_contract()
    AgreementFactory(deal=agreement.deal, status="draft")

    (planned,) = read().planned

    assert (planned.basis, planned.code, planned.probability) == (PlanBasis.CONTRACT, agreement.code, None)
    assert [ramp.plant for ramp in planned.plan.ramps] == [agreement.plants.get().pk]


def test_draft_agreement_is_weighted_by_the_probability_of_the_deal():
    deal = estimated(probability_percent=35)
    DealPlant.objects.create(deal=deal, plant=make_plant())
    RoyaltyTermFactory(agreement=AgreementFactory(deal=deal, status="draft"))

    (planned,) = read().planned

    assert (planned.basis, planned.probability) == (PlanBasis.DRAFT, Decimal("0.35"))
    assert len(planned.plan.ramps) == 1


def test_draft_agreement_without_a_date_leaves_the_estimate_and_says_so():
    deal = estimated()
    AgreementFactory(deal=deal, status="draft", effective_on=None, signed_on=None)

    (planned,) = read().planned

    assert planned.basis == PlanBasis.ESTIMATE
    assert "no effective date" in str(planned.notes[0])


def test_term_sheet_is_read_by_the_engine_and_its_plants_by_their_keys():
    deal = estimated()
    plant = make_plant()
    DealPlant.objects.create(deal=deal, plant=plant)
    TermSheet.objects.create(deal=deal, position=1, name="Broken", terms={"agreement": 1})
    scenario = {name: part for name, part in document().items() if name in ("agreement", "terms", "fees")}
    TermSheet.objects.create(deal=deal, position=2, name="Second", terms=scenario)

    (planned,) = read().planned

    assert (planned.basis, planned.source) == (PlanBasis.TERM_SHEET, "Second")
    assert [ramp.plant for ramp in planned.plan.ramps] == [str(plant.pk)]


def test_estimate_pays_the_estimated_royalty_once_its_ramp_is_over():
    estimated(stage=StageFactory(probability_percent=100), capacity_gwh=Decimal(12))
    horizon = Horizon.of_years(5, today=TODAY)

    found = read(parameters=Parameters(ramp_months=6))
    years = tables_of(
        calculate_forecast(found, horizon=horizon, parameters=Parameters()),
        currency="USD",
        horizon=horizon,
        step=Step.YEAR,
        group=Group.DEAL,
    )

    assert [row.sums.weighted for row in years.by_period][2:] == [Decimal(12_000_000)] * 4
    assert years.total.contracted == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"annual_royalty": None}, "no estimated royalty"),
        ({"expected_sop_on": None}, "no expected start of production"),
    ],
)
def test_deal_that_says_too_little_is_left_out_with_the_reason(values, reason):
    deal = estimated(**values)

    found = read()

    assert found.planned == []
    assert [left.deal for left in found.left_out] == [deal]
    assert reason in str(found.left_out[0].reason)


def test_open_deal_whose_start_has_passed_starts_this_month():
    estimated(expected_sop_on=dt.date(2020, 1, 1))

    (planned,) = read().planned

    assert planned.starts_on == dt.date(2026, 11, 1)
    assert "has passed" in str(planned.notes[0])


def test_closed_deals_are_not_read():
    estimated(stage=StageFactory(type="lost", probability_percent=0))

    assert read().planned == []


def test_fee_of_an_open_milestone_is_expected_on_its_day_and_moves_with_production():
    agreement = make_contract()
    plant = agreement.plants.get()
    PlantMilestoneFactory(plant=plant, baseline_on=dt.date(2027, 3, 1))
    fee = FeeFactory(
        agreement=agreement, trigger="milestone", plant=plant, milestone="start_of_production", due_on=None
    )

    (planned,) = read().planned

    assert [(found.id, found.on) for found in planned.plan.agreement.fees] == [(fee.pk, dt.date(2027, 3, 1))]
    assert planned.plan.sop_fees == {fee.pk}


def report(agreement, month, **values):
    filing = ReportFilingFactory(agreement=agreement, period_start=month, period_end=month)
    return ProductionReportFactory(filing=filing, plant=agreement.plants.get(), month=month, **values)


def test_foreign_sales_are_converted_at_stored_rates_or_listed_as_left_out():
    agreement = AgreementFactory(plants=[make_plant()])
    RoyaltyTermFactory(agreement=agreement, basis="net_sales", tiers=[(None, "3")])
    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 6, 30), rate=Decimal("1.25"))
    report(agreement, dt.date(2026, 3, 1), net_sales=Decimal(1000), currency="EUR")
    report(agreement, dt.date(2026, 4, 1), net_sales=Decimal(1000), currency="CNY")

    (planned,) = read().planned

    assert [line.net_sales for line in planned.plan.reported] == [Decimal(1250), 0]
    assert [(sales.currency, sales.month) for sales in planned.left_out_sales] == [("CNY", dt.date(2026, 4, 1))]
    assert planned.is_price_reported


def test_sales_of_a_currency_without_a_rate_need_a_price():
    agreement = AgreementFactory(plants=[make_plant()], currency="CHF")
    RoyaltyTermFactory(agreement=agreement, basis="net_sales", tiers=[(None, "3")])

    assert "assumed price" in str(read().left_out[0].reason)


def test_deal_without_a_rate_stands_apart():
    estimated(currency="CHF")
    horizon = Horizon.of_years(3, today=TODAY)

    forecast = calculate_forecast(read(), horizon=horizon, parameters=Parameters())
    tables = tables_of(forecast, currency="USD", horizon=horizon, step=Step.YEAR, group=Group.REGION)

    assert len(tables.apart) == 1
    assert tables.apart[0].own_total > 0
    assert tables.rows == []
    assert forecast.simulation is None


def test_reading_takes_a_fixed_number_of_queries(fetch_raise):
    counts = []
    for _row in range(2):
        agreement = make_contract()
        report(agreement, dt.date(2026, 3, 1))
        estimated()
        TermSheet.objects.create(deal=estimated(), position=1, name="A", terms={})
        with CaptureQueriesContext(connection) as queries:
            read()
        counts.append(len(queries))

    assert counts == [17, 17]


def test_table_of_one_agreement_is_what_the_engine_expects():
    from royalties.forecast.expected import expect

    make_contract()
    found = read()
    horizon = Horizon.of_years(3, today=TODAY)
    expected = expect(found.planned[0].plan, starts_on=horizon.starts_on, months=horizon.months)

    forecast = calculate_forecast(found, horizon=horizon, parameters=Parameters())
    by_step = {step: tables_of(forecast, currency="USD", horizon=horizon, step=step, group=Group.DEAL) for step in Step}

    assert [row.sums.contracted for row in by_step[Step.MONTH].by_period] == [month.total for month in expected.months]
    assert [row.sums.contracted for row in by_step[Step.QUARTER].by_period] == [
        quarter.total for quarter in expected.quarters
    ]
    assert [row.sums.contracted for row in by_step[Step.YEAR].by_period] == [year.total for year in expected.years]
    assert by_step[Step.YEAR].total.total == sum(year.total for year in expected.years)


def test_groups_add_up_to_the_periods_to_the_cent():
    FxRateFactory(base="EUR", quote="USD", on=dt.date(2026, 11, 20), rate=Decimal("1.1171"))
    make_contract(currency="EUR")
    estimated(region="europe", probability_percent=33)
    estimated(region="east_asia", currency="EUR", probability_percent=7)
    horizon = Horizon.of_years(5, today=TODAY)

    forecast = calculate_forecast(read(), horizon=horizon, parameters=Parameters())

    for group in Group:
        tables = tables_of(forecast, currency="USD", horizon=horizon, step=Step.QUARTER, group=group)
        assert sum(row.sums.total for row in tables.rows) == tables.total.total
        for position, row in enumerate(tables.by_period):
            assert sum(each.periods[position].total for each in tables.rows) == row.sums.total


def test_same_seed_gives_the_same_percentiles_and_another_one_others():
    estimated()
    horizon = Horizon.of_years(5, today=TODAY)

    one, same, other = (
        calculate_forecast(read(), horizon=horizon, parameters=Parameters(seed=seed, draws=1000)).simulation
        for seed in (1, 1, 2)
    )

    assert one == same
    assert one.years != other.years


def test_changed_probability_is_not_answered_from_the_cache():
    deal = estimated(probability_percent=10)
    horizon = Horizon.of_years(3, today=TODAY)
    before = calculate_forecast(read(), horizon=horizon, parameters=Parameters(draws=1000)).simulation
    Deal.objects.filter(pk=deal.pk).update(probability_percent=90)

    after = calculate_forecast(read(), horizon=horizon, parameters=Parameters(draws=1000)).simulation

    assert after.years[-1].weighted.mean > before.years[-1].weighted.mean


def test_past_compares_reported_months_only_and_counts_the_missing_ones():
    from royalties.domain.forecast_past import compare_past

    agreement = make_contract(reporting_period="month")
    for month in range(1, 10):
        report(
            agreement, dt.date(2026, month, 1), energy_produced_kwh=Decimal(100_000), energy_sold_kwh=Decimal(100_000)
        )

    past = compare_past(calculate_past(read(), today=TODAY), currency="USD")

    (row,) = past.agreements
    assert row.compared.actual.earned == 9 * 100_000 * 2
    assert row.compared.actual.shortfall == 0
    assert [period.label for period in row.incomplete] == ["2026-10"]
    assert past.missing == 1
    assert past.total.difference == row.compared.actual.earned - row.compared.said.earned
    assert sum(month.compared.said.earned for month in past.months) == past.total.said.earned


@pytest.fixture
def sharing():
    """Two agreements over a plant of 8.55 GWh a year at full ramp; a report of May at 90 % yield and 95 % use."""
    one = make_contract()
    other = AgreementFactory(deal=one.deal, licensee=one.licensee, number=2, plants=[one.plants.get()])
    RoyaltyTermFactory(agreement=other)
    return one, other


def energy_of(planned):
    return sum(sum(ramp.monthly_kwh(24)) for ramp in planned.plan.ramps)


def test_plant_under_two_agreements_is_planned_by_what_is_reported_under_each(sharing):
    one, other = sharing
    report(one, dt.date(2026, 5, 1), field="ev", energy_produced_kwh=300_000)
    report(other, dt.date(2026, 5, 1), field="storage", energy_produced_kwh=100_000)
    report(one, dt.date(2026, 6, 1), field="ev", energy_produced_kwh=900_000)
    plant = one.plants.get()

    first, second = read().planned

    assert first.shared == (
        f"{plant} is under {other.code} too: 75\N{NO-BREAK SPACE}% of its ramp is planned, as last reported.",
    )
    assert abs(energy_of(first) - 3 * energy_of(second)) < 100
    assert [ramp.nameplate_gwh for each in (first, second) for ramp in each.plan.ramps] == [
        Decimal("7.5"),
        Decimal("2.5"),
    ]


def test_plant_under_two_agreements_is_planned_whole_and_said_to_be_while_no_split_is_known(client, sharing):
    one, other = sharing
    report(one, dt.date(2026, 5, 1), energy_produced_kwh=300_000)
    words = f"{one.plants.get()} is under {other.code} too: its whole ramp is planned for each."

    assert read().planned[0].shared == (words,)

    report(other, dt.date(2026, 5, 1), energy_produced_kwh=300_000)  # the same energy, charged under both
    first, second = read().planned
    assert (first.shared, energy_of(first)) == ((words,), energy_of(second))
    client.force_login(UserFactory(role=Role.MANAGER))
    assert words in client.get("/insights/forecast/").content.decode()


def test_past_keeps_what_is_earned_apart_from_what_falls_short():
    from royalties.domain.forecast_past import compare_past

    agreement = make_contract(reporting_period="month", contract_year_start="07-01")
    agreement.minimums.create(contract_year=1, amount=Decimal(3_000_000))
    for month in range(1, 11):
        report(
            agreement, dt.date(2026, month, 1), energy_produced_kwh=Decimal(100_000), energy_sold_kwh=Decimal(100_000)
        )

    past = compare_past(calculate_past(read(), today=TODAY), currency="USD")

    # 1.2 million of the first half-year's 3 million are earned; the second contract year has the same minimum.
    assert (past.total.actual.earned, past.total.actual.shortfall) == (2_000_000, 1_800_000)
    june = next(month for month in past.months if month.period.label == "2026-06")
    assert (june.compared.actual.earned, june.compared.actual.shortfall) == (200_000, 1_800_000)
    assert past.total.difference == past.total.actual.total - past.total.said.total


def test_agreement_of_a_confidential_deal_is_in_no_sum_of_outsiders():
    make_contract(deal=DealFactory(is_confidential=True))
    outsider, manager = UserFactory(role=Role.FINANCE), UserFactory(role=Role.MANAGER)

    for user, count in ((outsider, 0), (manager, 1)):
        deals = Deal.objects.visible_to(user).unclosed()
        found = read_forecast_deals(deals, currency="USD", parameters=Parameters(), today=TODAY)
        assert len(found.planned) == count


@pytest.mark.parametrize(
    "starts_on", [dt.date(2025, 3, 1), dt.date(2026, 11, 1), dt.date(2028, 5, 20), TODAY.replace(year=2035)]
)
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_estimate_is_what_the_engine_says_but_for_cents(starts_on, currency):
    from royalties.forecast.expected import expect

    estimated(expected_sop_on=starts_on, stage=StageFactory(type="earning"), currency=currency)
    (planned,) = read().planned
    horizon = Horizon.of_years(5, today=TODAY)

    expected = expect(planned.plan, starts_on=horizon.starts_on, months=horizon.months).months
    months = estimated_months(planned.plan, horizon)

    assert [month.period for month in months] == [month.period for month in expected]
    assert [month.energy_kwh for month in months] == [month.energy_kwh for month in expected]
    assert all(abs(one.royalty - other.royalty) <= 6 for one, other in zip(months, expected, strict=True))
    assert abs(sum(month.total for month in months) - sum(month.total for month in expected)) <= horizon.months


def test_too_much_to_simulate_leaves_the_plan(monkeypatch):
    monkeypatch.setattr("royalties.domain.forecast_results.MOST_AMOUNTS", 1_000)
    estimated()

    forecast = calculate_forecast(read(), horizon=Horizon.of_years(3, today=TODAY), parameters=Parameters())

    assert (forecast.simulation, forecast.is_too_much, len(forecast.deals)) == (None, True, 1)
