import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Role
from lrs_tracker.problems import PermissionRefusedError
from plants.domain.ramp_chart import chart_of
from plants.domain.ramp_curve import add_months, full_output_gwh, ramp_months, ramp_share, ramp_years
from plants.domain.ramps import add_ramp, nameplate_of
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory, PlantPhaseFactory, RampScenarioFactory

MONTHS = st.integers(1, 240)
GWH = st.decimals(0, 1000, places=3)
SOP = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


@given(months=MONTHS)
def test_ramp_share_rises_from_nothing_to_all(months):
    shares = [ramp_share(month=Decimal(month), months_to_nameplate=months) for month in range(-1, months + 2)]

    assert shares == sorted(shares)
    assert (shares[0], shares[1], shares[-2], shares[-1]) == (0, 0, 1, 1)


@given(months=MONTHS, month=st.decimals(0, 240, places=1))
def test_ramp_share_is_symmetric_about_half_time(months, month):
    early = ramp_share(month=month, months_to_nameplate=months)
    late = ramp_share(month=months - month, months_to_nameplate=months)

    assert abs(early + late - 1) <= Decimal("0.000001")


@given(sop_on=SOP, months=MONTHS, full_gwh=GWH)
def test_ramp_years_rise_and_end_with_a_whole_year_at_full_output(sop_on, months, full_gwh):
    years = ramp_years(sop_on=sop_on, months_to_nameplate=months, full_gwh=full_gwh)

    assert [year.year for year in years] == list(range(sop_on.year, years[-1].year + 1))
    outputs = [year.output_gwh for year in years]
    assert outputs == sorted(outputs)
    assert (years[-1].months, years[-1].output_gwh) == (12, full_gwh)


@given(sop_on=SOP, months=MONTHS, full_gwh=GWH)
def test_ramp_is_drawn_within_its_box(sop_on, months, full_gwh):
    chart = chart_of(ramp_months(sop_on=sop_on, months_to_nameplate=months, full_gwh=full_gwh))

    heights = [float(point.split(",")[1]) for point in chart.line.removeprefix("M").split(" L")]
    assert heights == sorted(heights, reverse=True)
    assert 0 <= heights[-1] <= heights[0] == 100


def test_ramp_months_run_from_sop_to_nameplate():
    months = ramp_months(sop_on=dt.date(2028, 1, 31), months_to_nameplate=2, full_gwh=Decimal(10))

    assert [(month.begins_on, month.share, month.gwh_a_year) for month in months] == [
        (dt.date(2028, 1, 31), Decimal(0), Decimal("0.000")),
        (dt.date(2028, 2, 29), Decimal("0.500000"), Decimal("5.000")),
        (dt.date(2028, 3, 31), Decimal(1), Decimal("10.000")),
    ]


def test_full_output_is_nameplate_times_utilisation_times_yield():
    output = full_output_gwh(nameplate_gwh=Decimal(35), utilisation_percent=Decimal(90), yield_percent=Decimal(95))

    assert output == Decimal("29.925")


def test_add_months_ends_on_the_last_day_of_a_shorter_month():
    assert add_months(dt.date(2027, 12, 31), 2) == dt.date(2028, 2, 29)


@pytest.mark.django_db
def test_each_ramp_is_a_new_version():
    first = RampScenarioFactory()

    second = add_ramp(
        plant=first.plant, values={"sop_on": dt.date(2029, 1, 1), "months_to_nameplate": 30}, by=UserFactory()
    )

    assert (second.number, second.plant.ramps.count()) == (2, 2)
    with pytest.raises(PermissionRefusedError):
        add_ramp(plant=first.plant, values={}, by=UserFactory(role=Role.READ_ONLY))


@pytest.mark.django_db
def test_nameplate_is_the_plants_else_the_sum_of_its_phases():
    bare, whole = PlantFactory(), PlantFactory(nameplate_gwh=Decimal(35))
    phases = [PlantPhaseFactory(plant=bare), PlantPhaseFactory(plant=bare, number=2, nameplate_gwh=Decimal(5))]

    assert nameplate_of(bare, []) is None
    assert nameplate_of(bare, phases) == Decimal(15)
    assert nameplate_of(whole, phases) == Decimal(35)
