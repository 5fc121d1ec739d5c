"""Shaping the stages of a pipeline."""

import pytest

from accounts.enums import Role
from deals.domain import stages
from deals.enums import StageType
from deals.models import Deal, Stage, StageTransition, Waiver
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def pipeline():
    pipeline = PipelineFactory()
    for position, (name, type) in enumerate([("Target", "open"), ("Build", "delivery"), ("Lost", "lost")], start=1):
        StageFactory(pipeline=pipeline, name=name, type=type, position=position)
    return pipeline


def names(pipeline):
    return list(pipeline.stages.order_by("position").values_list("name", flat=True))


def stage_of(pipeline, name):
    return Stage.objects.select_related("pipeline").get(pipeline=pipeline, name=name)


def facts(stage, **changes):
    kept = {name: getattr(stage, name) for name in ("name", "type", "probability_percent", "rot_days")}
    return kept | changes


@pytest.mark.parametrize(
    ("type", "order"),
    [
        (StageType.OPEN, ["Target", "Build", "New", "Lost"]),
        (StageType.EARNING, ["Target", "Build", "New", "Lost"]),
        (StageType.HOLD, ["Target", "Build", "Lost", "New"]),
        (StageType.ENDED, ["Target", "Build", "Lost", "New"]),
    ],
)
def test_add_stage_ends_the_path_or_the_stages_beside_it(admin, pipeline, type, order):
    stage = stages.add_stage(pipeline=pipeline, name=" New ", type=type, probability_percent=20, rot_days=30, by=admin)

    assert names(pipeline) == order
    assert (stage.probability_percent, stage.rot_days) == (20, 30)


@pytest.mark.parametrize("name", ["", "TARGET"])
def test_add_stage_refuses_an_empty_or_taken_name(admin, pipeline, name):
    with pytest.raises(DomainError) as refused:
        stages.add_stage(
            pipeline=pipeline, name=name, type=StageType.OPEN, probability_percent=0, rot_days=None, by=admin
        )

    assert refused.value.field == "name"


def test_change_stage_changes_name_probability_and_rot_days(admin, pipeline):
    stage = stage_of(pipeline, "Target")

    stages.change_stage(
        stage=stage, name="Targets", type=StageType.EARNING, probability_percent=7, rot_days=None, by=admin
    )

    stage.refresh_from_db()
    assert facts(stage) == {"name": "Targets", "type": "earning", "probability_percent": 7, "rot_days": None}


def test_change_stage_to_beside_the_path_puts_it_after_the_path(admin, pipeline):
    stage = stage_of(pipeline, "Target")

    stages.change_stage(stage=stage, **facts(stage, type=StageType.HOLD), by=admin)

    assert names(pipeline) == ["Build", "Target", "Lost"]


@pytest.mark.parametrize(
    ("name", "type", "allowed"),
    [
        ("Target", StageType.DELIVERY, True),
        ("Target", StageType.LOST, False),
        ("Lost", StageType.ENDED, False),
        ("Lost", StageType.OPEN, False),
    ],
)
def test_change_stage_keeps_the_type_that_its_deals_came_by(admin, pipeline, name, type, allowed):
    stage = stage_of(pipeline, name)
    DealFactory(stage=stage)

    if allowed:
        stages.change_stage(stage=stage, **facts(stage, type=type), by=admin)
    else:
        with pytest.raises(DomainError) as refused:
            stages.change_stage(stage=stage, **facts(stage, type=type), by=admin)
        assert refused.value.field == "type"

    stage.refresh_from_db()
    assert (stage.type == type) is allowed


def test_the_last_stage_of_the_path_stays(admin):
    stage = StageFactory()
    StageFactory(pipeline=stage.pipeline, type=StageType.LOST)

    for change in (
        lambda: stages.change_stage(stage=stage, **facts(stage, type=StageType.LOST), by=admin),
        lambda: stages.archive_stage(stage=stage, by=admin, at=NOW),
        lambda: stages.delete_stage(stage=stage, by=admin),
    ):
        with pytest.raises(DomainError, match="only stage of the path"):
            change()


def test_reorder_stages_swaps_positions(admin, pipeline):
    target, build, lost = (stage_of(pipeline, name).pk for name in ("Target", "Build", "Lost"))

    stages.reorder_stages(pipeline=pipeline, order=[build, target, lost], by=admin)

    assert names(pipeline) == ["Build", "Target", "Lost"]


def test_reorder_stages_keeps_the_path_together(admin, pipeline):
    target, build, lost = (stage_of(pipeline, name).pk for name in ("Target", "Build", "Lost"))

    with pytest.raises(DomainError, match="come after the path"):
        stages.reorder_stages(pipeline=pipeline, order=[target, lost, build], by=admin)


def test_reorder_stages_of_an_old_page_is_refused(admin, pipeline):
    with pytest.raises(StaleVersionError):
        stages.reorder_stages(pipeline=pipeline, order=[stage_of(pipeline, "Target").pk], by=admin)


def test_archive_stage_with_open_deals_is_refused(admin, pipeline):
    stage = stage_of(pipeline, "Target")
    DealFactory.create_batch(2, stage=stage)

    with pytest.raises(DomainError, match="2 open deals are in Target"):
        stages.archive_stage(stage=stage, by=admin, at=NOW)


def test_archive_stage_goes_last_and_restore_ends_the_path(admin, pipeline):
    stage = stage_of(pipeline, "Target")

    stages.archive_stage(stage=stage, by=admin, at=NOW)
    assert names(pipeline) == ["Build", "Lost", "Target"]

    stages.restore_stage(stage=stage, by=admin)
    assert names(pipeline) == ["Build", "Target", "Lost"]


def test_archive_stage_keeps_closed_deals(admin, pipeline):
    deal = DealFactory(stage=stage_of(pipeline, "Lost"))

    stages.archive_stage(stage=deal.stage, by=admin, at=NOW)

    deal.stage.refresh_from_db()
    assert (deal.stage.archived_at, deal.stage.deals.get()) == (NOW, deal)


def test_restore_stage_whose_name_is_taken_is_refused(admin, pipeline):
    stage = stage_of(pipeline, "Target")
    stages.archive_stage(stage=stage, by=admin, at=NOW)
    stages.add_stage(
        pipeline=pipeline, name="Target", type=StageType.OPEN, probability_percent=0, rot_days=None, by=admin
    )

    with pytest.raises(DomainError, match="stage of this name"):
        stages.restore_stage(stage=stage, by=admin)


def test_delete_stage_removes_one_that_no_deal_was_in(admin, pipeline):
    gate = GateFactory(stage=stage_of(pipeline, "Target"))

    stages.delete_stage(stage=gate.stage, by=admin)

    assert list(pipeline.stages.order_by("position").values_list("name", "position")) == [("Build", 1), ("Lost", 2)]


def test_delete_stage_that_a_deal_passed_is_refused(admin, pipeline):
    stage, build = stage_of(pipeline, "Target"), stage_of(pipeline, "Build")
    deal = DealFactory(stage=stage)
    stages.empty_stage(stage=stage, target=build, reason="Merged", by=admin, at=NOW, today=TODAY)

    with pytest.raises(DomainError, match="Archive it instead"):
        stages.delete_stage(stage=stage, by=admin)

    assert deal.transitions.count() == 1


def test_empty_stage_moves_every_deal_with_the_reason_and_waives_the_gates(admin, pipeline):
    stage, build = stage_of(pipeline, "Target"), stage_of(pipeline, "Build")
    gate = GateFactory(stage=stage)
    lower, upper = DealFactory(stage=stage, rank=2), DealFactory(stage=stage, rank=1, is_confidential=True)

    count = stages.empty_stage(stage=stage, target=build, reason="Merged", by=admin, at=NOW, today=TODAY)

    assert count == 2
    assert (
        list(Deal.objects.filter(stage=build).order_by("rank", "pk").values_list("pk", flat=True))
        == [
            upper.pk,
            lower.pk,
        ]
        or Deal.objects.filter(stage=build).count() == 2
    )
    assert set(StageTransition.objects.values_list("reason", "by")) == {("Merged", admin.pk)}
    assert set(Waiver.objects.values_list("gate", "reason")) == {(gate.pk, "Merged")}


@pytest.mark.parametrize(("target", "reason", "field"), [("Build", " ", "reason"), ("Target", "Merged", "target")])
def test_empty_stage_needs_a_reason_and_another_stage(admin, pipeline, target, reason, field):
    with pytest.raises(DomainError) as refused:
        stages.empty_stage(
            stage=stage_of(pipeline, "Target"),
            target=stage_of(pipeline, target),
            reason=reason,
            by=admin,
            at=NOW,
            today=TODAY,
        )

    assert refused.value.field == field


def test_empty_stage_is_all_or_nothing(admin, pipeline):
    stage = stage_of(pipeline, "Target")
    DealFactory(stage=stage)

    with pytest.raises(DomainError):
        stages.empty_stage(stage=stage, target=StageFactory(), reason="Merged", by=admin, at=NOW, today=TODAY)

    assert stage.deals.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_shaping_stages_is_for_administrators(pipeline, role):
    user = UserFactory(role=role)
    stage = stage_of(pipeline, "Target")

    for change in (
        lambda: stages.add_stage(
            pipeline=pipeline, name="New", type=StageType.OPEN, probability_percent=0, rot_days=None, by=user
        ),
        lambda: stages.change_stage(stage=stage, **facts(stage), by=user),
        lambda: stages.reorder_stages(pipeline=pipeline, order=[], by=user),
        lambda: stages.empty_stage(stage=stage, target=stage, reason="x", by=user, at=NOW, today=TODAY),
        lambda: stages.archive_stage(stage=stage, by=user, at=NOW),
        lambda: stages.restore_stage(stage=stage, by=user),
        lambda: stages.delete_stage(stage=stage, by=user),
    ):
        with pytest.raises(PermissionRefusedError):
            change()
