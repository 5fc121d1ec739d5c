"""The pipeline that a desk starts with."""

import pytest

from deals.domain.default_pipeline import create_default_pipeline
from deals.domain.gate_facts import kinds
from deals.models import Gate, Pipeline, Stage

pytestmark = pytest.mark.django_db


def test_create_default_pipeline_makes_the_stages_of_the_product_in_order():
    pipeline = create_default_pipeline()

    stages = pipeline.stages.order_by("position").values_list("name", "type", "probability_percent", "rot_days")
    assert list(stages) == [
        ("Target identified", "open", 3, 60),
        ("First contact", "open", 5, 45),
        ("NDA & qualification", "open", 10, 45),
        ("Feasibility", "open", 20, 90),
        ("Clearance to negotiate", "open", 30, 60),
        ("Term sheet", "open", 40, 90),
        ("Definitive agreements", "open", 60, 120),
        ("Signed, conditions precedent", "delivery", 80, 90),
        ("Effective, FID & site", "delivery", 90, 120),
        ("Build & technology transfer", "delivery", 95, 180),
        ("Commissioning & SOP", "delivery", 97, 180),
        ("Ramp", "earning", 100, None),
        ("Steady state", "earning", 100, None),
        ("On hold", "hold", 0, None),
        ("Lost", "lost", 0, None),
        ("Terminated", "ended", 0, None),
        ("Expired", "ended", 0, None),
    ]


def test_create_default_pipeline_asks_only_for_known_facts():
    create_default_pipeline()

    known = {name: {requirement for requirement, _label in kind.requirements} for name, kind in kinds().items()}
    for gate in Gate.objects.all():
        assert gate.requirement in (known[gate.kind] or {""}), gate.label


def test_create_default_pipeline_guards_every_stage_of_the_path():
    create_default_pipeline()

    unguarded = Stage.objects.filter(gates=None).order_by("position").values_list("name", flat=True)
    assert list(unguarded) == ["On hold", "Lost", "Terminated", "Expired"]


def test_create_default_pipeline_twice_keeps_what_administrators_changed():
    pipeline = create_default_pipeline()
    pipeline.name = "Licensing"
    pipeline.save(update_fields=["name"])
    pipeline.stages.filter(name="Ramp").update(name="Ramp-up")

    again = create_default_pipeline()

    assert (again.pk, again.name, Pipeline.objects.count()) == (pipeline.pk, "Licensing", 1)
    assert Stage.objects.count() == 17
