"""Pipelines, their stages, and the gates before leaving a stage, as resources."""

from collections.abc import Sequence

from accounts.models import User
from deals.domain import pipelines, stage_gates, stages
from deals.enums import StageType
from deals.filters import GateFilter, PipelineFilter, StageFilter
from deals.models import Gate, Pipeline, Stage
from lrs_tracker.api.actions import action
from lrs_tracker.api.reading import choice, instant, integer, key, text
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import DistinctList, Link, StrictSerializer, Text, Writer
from lrs_tracker.domain_functions import DomainFunctions

_MOST = 200


class PipelineWriter(Writer):
    """What may be written of a pipeline; its name in links follows from its first name."""

    class Meta:
        model = Pipeline
        fields = ["name"]


class StageOrderBody(StrictSerializer):
    """Every stage in use, in the order that they shall have."""

    order = DistinctList(child=Link(Stage), min_length=1, max_length=_MOST)


def _order_stages(*, pipeline: Pipeline, order: Sequence[Stage], by: User) -> None:
    stages.reorder_stages(pipeline=pipeline, order=[stage.pk for stage in order], by=by)


@register
class Pipelines(Resource):
    """Sequences of stages that deals pass."""

    name = "pipelines"
    singular = "pipeline"
    title = "Pipelines"
    description = "A sequence of stages that deals pass. One that deals were in is archived, not deleted."
    model = Pipeline
    members = versioned(
        {
            "name": text("name"),
            "slug": text("slug"),
            "position": integer("position"),
            "archived_at": instant("archived_at"),
        }
    )
    filters = PipelineFilter
    orders = {"name": "name", "position": "position", "created_at": "created_at"}
    creator = PipelineWriter
    changer = PipelineWriter
    domain = DomainFunctions(
        create=pipelines.add_pipeline, change=pipelines.rename_pipeline, delete=pipelines.delete_pipeline
    )
    actions = {
        "archive": action("archive", pipelines.archive_pipeline, "Take a pipeline out of use"),
        "restore": action("restore", pipelines.restore_pipeline, "Take an archived pipeline back into use"),
        "order": action("order_stages_of", _order_stages, "Order the stages of a pipeline", body=StageOrderBody),
    }


class StageCreator(Writer):
    """A new stage, last on the path or beside it."""

    class Meta:
        model = Stage
        fields = ["pipeline", "name", "type", "probability_percent", "rot_days"]


class StageChanger(Writer):
    """What a stage is; its place is changed by ordering the pipeline."""

    class Meta:
        model = Stage
        fields = ["name", "type", "probability_percent", "rot_days"]


class EmptyStageBody(StrictSerializer):
    """Where the deals of a stage go, and why."""

    target = Link(Stage)
    reason = Text(max_length=1000)


class GateOrderBody(StrictSerializer):
    """Every gate in use, in the order that they shall have."""

    order = DistinctList(child=Link(Gate), min_length=1, max_length=_MOST)


def _order_gates(*, stage: Stage, order: Sequence[Gate], by: User) -> None:
    stage_gates.reorder_gates(stage=stage, order=[gate.pk for gate in order], by=by)


@register
class Stages(Resource):
    """Columns of the board."""

    name = "stages"
    singular = "stage"
    title = "Stages"
    description = (
        "A column of the board. Its type says what it means; its position orders the path, and after it what stands "
        "beside. `rot_days` after which a deal counts as stuck, null for never."
    )
    model = Stage
    members = versioned(
        {
            "pipeline": key("pipeline_id"),
            "name": text("name"),
            "type": choice("type", StageType),
            "position": integer("position"),
            "probability_percent": integer("probability_percent"),
            "rot_days": integer("rot_days", nullable=True),
            "archived_at": instant("archived_at"),
        }
    )
    filters = StageFilter
    orders = {"name": "name", "position": "position", "created_at": "created_at"}
    includes = {"pipeline": Include("pipeline", "pipelines")}
    creator = StageCreator
    changer = StageChanger
    domain = DomainFunctions(create=stages.add_stage, change=stages.change_stage, delete=stages.delete_stage)
    actions = {
        "archive": action("archive", stages.archive_stage, "Take a stage out of use"),
        "restore": action("restore", stages.restore_stage, "Take an archived stage back into use"),
        "empty": action("empty", stages.empty_stage, "Move every deal of a stage to another one", body=EmptyStageBody),
        "order": action("order_gates_of", _order_gates, "Order the gates of a stage", body=GateOrderBody),
    }


class GateCreator(Writer):
    """A new gate; `kind` and `requirement` name the fact that it asks for."""

    class Meta:
        model = Gate
        fields = ["stage", "label", "kind", "requirement", "help", "due_after_days"]


class GateChanger(Writer):
    """How a gate is worded and when it is due; what it asks for stays."""

    class Meta:
        model = Gate
        fields = ["label", "help", "due_after_days"]


@register
class Gates(Resource):
    """What must be true before a deal leaves a stage."""

    name = "gates"
    singular = "gate"
    title = "Gates"
    description = (
        "One thing that must be true before a deal leaves a stage forward: a field, document, contact role, milestone "
        "or other fact, named by `kind` and `requirement`. Its id is the key by which a move waives it."
    )
    model = Gate
    members = versioned(
        {
            "stage": key("stage_id"),
            "label": text("label"),
            "kind": text("kind"),
            "requirement": text("requirement"),
            "help": text("help"),
            "due_after_days": integer("due_after_days", nullable=True),
            "position": integer("position"),
            "archived_at": instant("archived_at"),
        }
    )
    filters = GateFilter
    orders = {"label": "label", "position": "position", "created_at": "created_at"}
    includes = {"stage": Include("stage", "stages")}
    creator = GateCreator
    changer = GateChanger
    domain = DomainFunctions(
        create=stage_gates.add_gate, change=stage_gates.reword_gate, delete=stage_gates.delete_gate
    )
    actions = {
        "archive": action("archive", stage_gates.archive_gate, "Stop asking for a gate"),
        "restore": action("restore", stage_gates.restore_gate, "Ask for an archived gate again"),
    }
