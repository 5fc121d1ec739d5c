import datetime as dt

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from plants.domain.milestones import (
    MilestoneDates,
    add_default_milestones,
    change_milestone,
    move_forecast,
    reach_milestone,
    set_baseline,
)
from plants.enums import MilestoneKind
from plants.models import MilestoneForecast
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
TODAY = AT.date()
MAY, JUNE, JULY = (dt.date(2028, month, 1) for month in (5, 6, 7))


def test_default_milestones_add_those_that_the_plant_lacks():
    milestone = PlantMilestoneFactory()

    added = add_default_milestones(plant=milestone.plant, by=UserFactory())

    assert len(added) == len(MilestoneKind) - 1
    assert add_default_milestones(plant=milestone.plant, by=UserFactory()) == []


def test_baseline_is_set_once_and_a_change_is_refused_in_words():
    milestone = PlantMilestoneFactory(baseline_on=None)
    user = UserFactory()

    milestone = set_baseline(milestone=milestone, baseline_on=MAY, by=user)
    same = set_baseline(milestone=milestone, baseline_on=MAY, by=user)
    with pytest.raises(DomainError, match="set once and kept") as refusal:
        set_baseline(milestone=milestone, baseline_on=JUNE, by=user)

    assert same.version == milestone.version
    assert (refusal.value.field, refusal.value.code) == ("baseline_on", "baseline-kept")


def test_forecast_move_is_remembered_with_slip_person_and_reason():
    milestone = PlantMilestoneFactory(baseline_on=MAY, forecast_on=MAY)
    user = UserFactory()

    moved = move_forecast(milestone=milestone, forecast_on=JUNE, reason=" Grid late ", by=user, at=AT)

    move = MilestoneForecast.objects.get()
    assert (move.previous_on, move.forecast_on, move.slip_days) == (MAY, JUNE, 31)
    assert (move.by, move.at, move.reason) == (user, AT, "Grid late")
    assert (moved.forecast_on, moved.slip_days) == (JUNE, 31)


def test_forecast_that_stays_is_no_move():
    milestone = PlantMilestoneFactory(forecast_on=MAY)

    move_forecast(milestone=milestone, forecast_on=MAY, by=UserFactory(), at=AT)

    assert not MilestoneForecast.objects.exists()


def test_reached_milestone_has_no_forecast_to_move():
    milestone = PlantMilestoneFactory(actual_on=dt.date(2026, 1, 1))

    with pytest.raises(DomainError, match="has been reached"):
        move_forecast(milestone=milestone, forecast_on=MAY, by=UserFactory(), at=AT)


def test_actual_date_is_never_in_the_future():
    milestone = PlantMilestoneFactory()

    with pytest.raises(DomainError, match="cannot be in the future"):
        reach_milestone(milestone=milestone, actual_on=TODAY + dt.timedelta(days=1), by=UserFactory(), today=TODAY)

    assert reach_milestone(milestone=milestone, actual_on=TODAY, by=UserFactory(), today=TODAY).actual_on == TODAY


def test_change_milestone_does_all_or_nothing():
    milestone = PlantMilestoneFactory(baseline_on=None)
    future = MilestoneDates(baseline_on=MAY, forecast_on=JUNE, actual_on=JULY)

    with pytest.raises(DomainError):
        change_milestone(milestone=milestone, dates=future, by=UserFactory(), at=AT, today=TODAY)

    milestone.refresh_from_db()
    assert (milestone.baseline_on, milestone.forecast_on) == (None, None)
    assert not MilestoneForecast.objects.exists()


def test_change_milestone_can_reopen_and_move_in_one_go():
    milestone = PlantMilestoneFactory(baseline_on=MAY, forecast_on=MAY, actual_on=TODAY)
    dates = MilestoneDates(baseline_on=MAY, forecast_on=JUNE, actual_on=None)

    changed = change_milestone(milestone=milestone, dates=dates, note="Again", by=UserFactory(), at=AT, today=TODAY)

    assert (changed.forecast_on, changed.actual_on, changed.note) == (JUNE, None, "Again")


def test_change_milestone_refuses_an_older_version():
    milestone = PlantMilestoneFactory(baseline_on=None)
    dates = MilestoneDates(baseline_on=MAY, forecast_on=None, actual_on=None)
    change_milestone(milestone=milestone, dates=dates, expected_version=1, by=UserFactory(), at=AT, today=TODAY)

    with pytest.raises(StaleVersionError):
        change_milestone(milestone=milestone, dates=dates, expected_version=1, by=UserFactory(), at=AT, today=TODAY)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_milestones_need_the_right(role):
    user = UserFactory(role=role)

    with pytest.raises(PermissionRefusedError):
        add_default_milestones(plant=PlantFactory(), by=user)
    with pytest.raises(PermissionRefusedError):
        move_forecast(milestone=PlantMilestoneFactory(), forecast_on=MAY, by=user, at=AT)
