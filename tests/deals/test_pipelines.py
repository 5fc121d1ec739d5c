"""Shaping pipelines."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError

from accounts.enums import Role
from deals.domain import pipelines
from deals.models import Pipeline, Stage
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


def test_add_pipeline_comes_last_with_a_free_name_in_links(admin):
    PipelineFactory(name="Licences", slug="services", position=4)

    pipeline = pipelines.add_pipeline(name="  Services ", by=admin)

    assert (pipeline.name, pipeline.slug, pipeline.position) == ("Services", "services-2", 5)


@pytest.mark.parametrize(
    ("name", "slug"), [("中国 licences", "中国-licences"), ("!!!", "pipeline"), ("ä" * 80, "ä" * 70)]
)
def test_add_pipeline_makes_links_of_any_script(admin, name, slug):
    assert pipelines.add_pipeline(name=name, by=admin).slug == slug


@pytest.mark.parametrize(("name", "code"), [(" ", "required"), ("LICENCES", "unique")])
def test_add_pipeline_refuses_an_empty_or_taken_name(admin, name, code):
    PipelineFactory(name="Licences")

    with pytest.raises(DomainError) as refused:
        pipelines.add_pipeline(name=name, by=admin)

    assert (refused.value.field, refused.value.code) == ("name", code)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_shaping_is_for_administrators(role):
    with pytest.raises(PermissionRefusedError):
        pipelines.add_pipeline(name="Mine", by=UserFactory(role=role))


def test_rename_pipeline_keeps_its_links(admin):
    pipeline = PipelineFactory(name="Licences", slug="licences")

    pipelines.rename_pipeline(pipeline=pipeline, name="Licensing", by=admin)

    pipeline.refresh_from_db()
    assert (pipeline.name, pipeline.slug) == ("Licensing", "licences")


def test_reorder_pipelines_writes_positions_in_the_order_given(admin):
    first, second, third = PipelineFactory.create_batch(3)

    pipelines.reorder_pipelines(order=[third.pk, first.pk, second.pk], by=admin)

    assert list(Pipeline.objects.order_by("position").values_list("pk", flat=True)) == [third.pk, first.pk, second.pk]


def test_reorder_pipelines_of_an_old_page_is_refused(admin):
    first = PipelineFactory()
    PipelineFactory()

    with pytest.raises(StaleVersionError):
        pipelines.reorder_pipelines(order=[first.pk], by=admin)


def test_archive_pipeline_keeps_its_deals_and_restore_brings_it_back(admin):
    PipelineFactory()
    deal = DealFactory()
    pipeline = deal.stage.pipeline

    pipelines.archive_pipeline(pipeline=pipeline, by=admin, at=NOW)
    pipeline.refresh_from_db()
    assert pipeline.archived_at == NOW

    pipelines.restore_pipeline(pipeline=pipeline, by=admin)
    pipeline.refresh_from_db()
    assert (pipeline.archived_at, pipeline.stages.get().deals.get()) == (None, deal)


def test_archive_pipeline_refuses_the_last_one_in_use(admin):
    with pytest.raises(DomainError):
        pipelines.archive_pipeline(pipeline=PipelineFactory(), by=admin, at=NOW)


def test_delete_pipeline_removes_one_that_no_deal_was_in(admin):
    PipelineFactory()
    gate = GateFactory()

    pipelines.delete_pipeline(pipeline=gate.stage.pipeline, by=admin)

    assert (Pipeline.objects.count(), Stage.objects.count()) == (1, 0)


def test_delete_pipeline_in_use_is_refused_and_leaves_it_whole(admin):
    PipelineFactory()
    deal = DealFactory()
    GateFactory(stage=deal.stage)

    with pytest.raises(DomainError, match="Archive it instead"):
        pipelines.delete_pipeline(pipeline=deal.stage.pipeline, by=admin)

    assert (deal.stage.gates.count(), Pipeline.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (lambda: PipelineFactory(name=""), "deals_pipeline_name_not_blank"),
        (lambda: PipelineFactory(name="Same").pk and PipelineFactory(name="Same"), "deals_pipeline_name_unique"),
        (lambda: PipelineFactory(slug="same").pk and PipelineFactory(slug="same"), "deals_pipeline_slug_unique"),
        (lambda: StageFactory(name=""), "deals_stage_name_not_blank"),
        (lambda: StageFactory(type="dream"), "deals_stage_type_known"),
        (lambda: StageFactory(probability_percent=101), "deals_stage_probability_percent"),
        (lambda: StageFactory(rot_days=0), "deals_stage_rot_days_from_1"),
        (lambda: StageFactory(pipeline=StageFactory(name="A").pipeline, name="A"), "deals_stage_name_unique"),
        (lambda: GateFactory(label=""), "deals_gate_not_blank"),
        (lambda: GateFactory(kind=""), "deals_gate_not_blank"),
        (lambda: GateFactory(stage=GateFactory(label="A").stage, label="A"), "deals_gate_label_unique"),
    ],
)
def test_the_database_refuses(change, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change()


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_two_stages_at_one_position():
    stage = StageFactory(position=1)

    with pytest.raises(IntegrityError, match="deals_stage_position_unique"):
        StageFactory(pipeline=stage.pipeline, position=1)


def test_the_database_protects_stages_of_deals():
    deal = DealFactory()

    with pytest.raises(ProtectedError):
        deal.stage.delete()
