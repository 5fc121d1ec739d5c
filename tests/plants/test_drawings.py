import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plants.domain.directory import dots_of
from plants.domain.timeline import axis_of, marks_of
from plants.domain.world import HEIGHT, WIDTH, project
from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone

TODAY = dt.date(2026, 11, 24)


def milestone(**dates):
    return PlantMilestone(kind=MilestoneKind.START_OF_PRODUCTION, **dates)


def test_axis_spans_whole_years_and_shows_today_only_inside():
    past = [milestone(baseline_on=dt.date(2022, 5, 1), actual_on=dt.date(2023, 2, 1))]
    near = [*past, milestone(forecast_on=dt.date(2027, 3, 1))]

    assert [tick.year for tick in axis_of(past, today=TODAY).ticks] == [2022, 2023]
    assert axis_of(past, today=TODAY).today_x == ""
    assert axis_of(near, today=TODAY).today_x == "81.61%"


@pytest.mark.parametrize(("last_year", "ticks"), [(2030, 9), (2040, 10), (2099, 8)])
def test_axis_has_few_enough_years_to_read(last_year, ticks):
    axis = axis_of([milestone(baseline_on=dt.date(2022, 1, 1), forecast_on=dt.date(last_year, 6, 1))], today=TODAY)

    assert len(axis.ticks) == ticks


def test_marks_say_how_each_milestone_stands():
    late = milestone(baseline_on=dt.date(2026, 1, 1), forecast_on=dt.date(2026, 10, 1))
    ahead = milestone(baseline_on=dt.date(2026, 6, 1), actual_on=dt.date(2026, 5, 1))
    undated = milestone()

    marks = marks_of([late, ahead, undated], axis_of([late, ahead], today=TODAY), today=TODAY)

    assert [(mark.slip, mark.is_reached, mark.is_overdue) for mark in marks] == [
        ("late", False, True),
        ("ahead", True, False),
    ]


@given(latitude=st.decimals(-58, 84, places=5), longitude=st.decimals(-180, 180, places=5))
def test_every_inhabited_place_is_on_the_map(latitude, longitude):
    x, y = project(latitude=latitude, longitude=longitude)

    assert 0 <= x <= WIDTH
    assert 0 <= y <= HEIGHT


def test_north_is_up_and_east_is_right():
    assert project(latitude=Decimal(0), longitude=Decimal(0))[0] == WIDTH / 2
    oslo = project(latitude=Decimal("59.9"), longitude=Decimal("10.7"))
    rayong = project(latitude=Decimal("12.7"), longitude=Decimal("101.3"))
    assert oslo[0] < rayong[0]
    assert oslo[1] < rayong[1]


@given(places=st.lists(st.sampled_from([Decimal(50), Decimal("50.1"), Decimal(51)]), max_size=8))
def test_dots_never_cover_each_other(places):
    dots = dots_of(Plant(pk=pk, latitude=place, longitude=place) for pk, place in enumerate(places))

    assert [dot.number for dot in dots] == list(range(1, len(places) + 1))
    for index, dot in enumerate(dots):
        for other in dots[:index]:
            assert (dot.dot_x - other.dot_x) ** 2 + (dot.dot_y - other.dot_y) ** 2 > 18**2


def test_plants_without_a_position_have_no_dot():
    assert dots_of([Plant(pk=1)]) == []
