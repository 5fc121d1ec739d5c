"""Pipelines, stages, gates, moves and waivers over the API."""

import pytest

from accounts.enums import Role
from deals.models import Gate, GateCheck, Pipeline, Stage
from tests.api.test_every_resource import make_transition, make_waiver
from tests.api.test_objects import problem
from tests.api.test_plants import ids
from tests.deals.factories import NOW, DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db


def test_pipeline_is_created_renamed_archived_and_deleted(administrator):
    PipelineFactory()
    made = administrator.post("pipelines", {"name": "Renewals"})
    assert made.status_code == 201, made.content
    assert (made.json()["slug"], made.json()["archived_at"]) == ("renewals", None)
    address = f"pipelines/{made.json()['id']}"
    assert administrator.patch(address, {"name": "Second terms"}).json()["slug"] == "renewals"
    assert administrator.post(f"{address}/archive", {}).json()["archived_at"] is not None
    assert administrator.post(f"{address}/restore", {}).json()["archived_at"] is None
    assert administrator.delete(address).status_code == 204
    assert administrator.get(address).status_code == 404


def test_pipeline_that_cannot_be_is_refused(administrator, bd):
    pipeline = PipelineFactory(name="Licences")
    deal = DealFactory(stage__pipeline=pipeline)
    assert problem(administrator.post("pipelines", {"name": "LICENCES"}), 400) == [("name", "unique")]
    assert problem(administrator.post("pipelines", {"name": "X", "slug": "x"}), 400) == [("slug", "unknown_field")]
    assert problem(administrator.delete(f"pipelines/{pipeline.pk}"), 400) == [(None, "invalid")]
    assert problem(bd.post("pipelines", {"name": "X"}), 403) == []
    assert problem(bd.delete(f"pipelines/{pipeline.pk}"), 403) == []
    assert problem(bd.post(f"pipelines/{pipeline.pk}/archive", {}), 403) == []
    assert Pipeline.objects.get(pk=pipeline.pk).archived_at is None
    assert deal.stage.pipeline == pipeline


def test_stages_are_added_changed_ordered_and_deleted(administrator):
    pipeline = PipelineFactory()
    made = [
        administrator.post("stages", {"pipeline": str(pipeline.pk), "name": name, "probability_percent": 20}).json()
        for name in ("One", "Two", "Three")
    ]
    assert [one["position"] for one in made] == [1, 2, 3]
    changed = administrator.patch(f"stages/{made[0]['id']}", {"rot_days": 30})
    assert (changed.json()["rot_days"], changed.json()["probability_percent"]) == (30, 20)

    order = [made[2]["id"], made[0]["id"], made[1]["id"]]
    assert administrator.post(f"pipelines/{pipeline.pk}/order", {"order": order}).status_code == 200
    listed = administrator.get(f"stages?pipeline={pipeline.pk}&ordering=position").json()["results"]
    assert [one["id"] for one in listed] == order

    assert problem(administrator.post(f"pipelines/{pipeline.pk}/order", {"order": order[:2]}), 412) == []
    assert administrator.delete(f"stages/{order[0]}").status_code == 204
    assert administrator.post(f"stages/{order[1]}/archive", {}).json()["archived_at"] is not None


def test_stage_that_cannot_be_is_refused(administrator, bd):
    stage = StageFactory(name="Talks")
    DealFactory(stage=stage)
    body = {"pipeline": str(stage.pipeline_id), "name": "talks"}
    assert problem(administrator.post("stages", body), 400) == [("name", "unique")]
    assert problem(administrator.post("stages", {**body, "name": "X", "probability_percent": 101}), 400) == [
        ("probability_percent", "max_value")
    ]
    assert problem(administrator.patch(f"stages/{stage.pk}", {"type": "hold"}), 400) == [("type", "invalid")]
    assert problem(administrator.post(f"stages/{stage.pk}/archive", {}), 409) == []
    assert problem(administrator.delete(f"stages/{stage.pk}"), 400) == [("type", "invalid")]
    assert problem(bd.patch(f"stages/{stage.pk}", {"name": "X"}), 403) == []
    assert Stage.objects.get(pk=stage.pk).name == "Talks"


def test_stage_is_emptied_with_a_reason(administrator):
    source = StageFactory(position=1)
    target = StageFactory(pipeline=source.pipeline, position=2)
    GateFactory(stage=source)
    deal = DealFactory(stage=source)
    address = f"stages/{source.pk}/empty"
    assert problem(administrator.post(address, {"target": str(target.pk)}), 400) == [("reason", "required")]
    emptied = administrator.post(address, {"target": str(target.pk), "reason": "Merged"})
    assert emptied.status_code == 200, emptied.content
    assert ids(administrator.get(f"deals?stage={target.pk}")) == [deal.pk]
    assert [one["reason"] for one in administrator.get("waivers").json()["results"]] == ["Merged"]


def test_gates_are_added_reworded_ordered_and_deleted(administrator):
    stage = StageFactory()
    body = {"stage": str(stage.pk), "label": "NDA signed", "kind": "document", "requirement": "nda"}
    made = administrator.post("gates", body)
    assert made.status_code == 201, made.content
    other = administrator.post("gates", {"stage": str(stage.pk), "label": "Fit", "kind": "checklist"}).json()
    address = f"gates/{made.json()['id']}"
    assert administrator.patch(address, {"help": "Both sides"}).json()["label"] == "NDA signed"
    assert administrator.patch(address, {"due_after_days": 10}).json()["help"] == "Both sides"
    ordered = administrator.post(f"stages/{stage.pk}/order", {"order": [other["id"], made.json()["id"]]})
    assert ordered.status_code == 200, ordered.content
    listed = administrator.get(f"gates?stage={stage.pk}&ordering=position").json()["results"]
    assert [one["id"] for one in listed] == [other["id"], made.json()["id"]]
    assert administrator.post(f"{address}/archive", {}).json()["archived_at"] is not None
    assert administrator.delete(address).status_code == 204


def test_gate_that_cannot_be_is_refused(administrator, bd):
    gate = GateFactory(label="Fit")
    deal = DealFactory(stage=gate.stage)
    GateCheck.objects.create(deal=deal, gate=gate, by=deal.owner, at=NOW)
    stage = str(gate.stage_id)
    for body, errors in [
        ({"stage": stage, "label": "FIT", "kind": "checklist"}, [("label", "unique")]),
        ({"stage": stage, "label": "X", "kind": "miracle"}, [("kind", "invalid")]),
        ({"stage": stage, "label": "X", "kind": "document", "requirement": "x"}, [("requirement", "invalid")]),
        ({"stage": str(StageFactory(type="hold").pk), "label": "X", "kind": "checklist"}, [(None, "invalid")]),
    ]:
        assert problem(administrator.post("gates", body), 400) == errors
    assert problem(administrator.delete(f"gates/{gate.pk}"), 409) == []
    assert problem(administrator.patch(f"gates/{gate.pk}", {"kind": "field"}), 400) == [("kind", "unknown_field")]
    assert problem(bd.patch(f"gates/{gate.pk}", {"label": "X"}), 403) == []
    assert Gate.objects.count() == 1


def test_what_deals_belong_to_is_not_deleted(administrator):
    _other, pipeline = PipelineFactory.create_batch(2)
    stage, _next = StageFactory.create_batch(2, pipeline=pipeline)
    gate = GateFactory(stage=stage)
    deal = DealFactory(stage=stage)
    GateCheck.objects.create(deal=deal, gate=gate, by=deal.owner, at=NOW)

    for address in (f"pipelines/{pipeline.pk}", f"stages/{stage.pk}", f"gates/{gate.pk}"):
        refused = administrator.delete(address)
        assert refused.status_code == 409, (address, refused.content)
        assert refused.json()["type"].endswith(":in-use")
    refused = administrator.post(f"stages/{stage.pk}/archive", {})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "in-use")


def test_pipelines_stages_and_gates_are_filtered(bd, administrator):
    gate = GateFactory(label="Fit report", kind="document", requirement="fit_report")
    stage, pipeline = gate.stage, gate.stage.pipeline
    other = GateFactory(stage=StageFactory(type="lost"))
    administrator.post(f"gates/{other.pk}/archive", {})
    for query in [
        "q=fit%20r",
        f"stage={stage.pk}",
        f"pipeline={pipeline.pk}",
        "kind=document",
        f"archived=false&stage={stage.pk}",
    ]:
        assert ids(bd.get(f"gates?{query}")) == [gate.pk]
    assert ids(bd.get("gates?archived=true")) == [other.pk]
    for query in [
        f"q={stage.name.replace(' ', '%20')}",
        f"pipeline={pipeline.pk}",
        f"type=open&pipeline={pipeline.pk}",
    ]:
        assert ids(bd.get(f"stages?{query}")) == [stage.pk]
    assert ids(bd.get("stages?archived=true")) == []
    assert ids(bd.get(f"pipelines?q={pipeline.name.replace(' ', '%20')}")) == [pipeline.pk]
    assert ids(bd.get("pipelines?archived=true")) == []


def test_moves_and_waivers_are_filtered_and_never_written(bd, administrator):
    waiver, other = make_waiver(), make_transition()
    move = waiver.transition
    for query in [
        f"deal={move.deal_id}",
        f"company={move.deal.company_id}",
        f"to_stage={move.to_stage_id}",
        f"by={move.by_id}",
        f"kind=forward&deal={move.deal_id}",
    ]:
        assert ids(bd.get(f"transitions?{query}")) == [move.pk]
    assert ids(bd.get(f"transitions?from_stage={move.to_stage_id}")) == []
    assert ids(bd.get("transitions?q=nothing")) == []
    for query in [
        f"deal={move.deal_id}",
        f"company={move.deal.company_id}",
        f"gate={waiver.gate_id}",
        f"transition={move.pk}",
        f"by={move.by_id}",
        "q=known",
    ]:
        assert ids(bd.get(f"waivers?{query}")) == [waiver.pk]
    assert ids(bd.get(f"waivers?transition={other.pk}")) == []
    for name, pk in (("transitions", move.pk), ("waivers", waiver.pk)):
        assert administrator.post(name, {}).status_code == 405
        assert administrator.patch(f"{name}/{pk}", {}).status_code == 405
        assert administrator.delete(f"{name}/{pk}").status_code == 405
        assert administrator.post(f"{name}/bulk", {}).status_code in (404, 405)


def test_move_over_the_api_is_a_transition_with_its_waiver(caller_of):
    manager = caller_of(Role.MANAGER)
    first = StageFactory(position=1)
    second = StageFactory(pipeline=first.pipeline, position=2)
    gate, deal = GateFactory(stage=first), DealFactory(stage=first)
    body = {"stage": str(second.pk), "waive": [str(gate.pk)], "waiver_reason": "Known"}
    assert manager.post(f"deals/{deal.pk}/move", body).status_code == 200
    move = manager.get(f"transitions?deal={deal.pk}").json()["results"][0]
    waiver = manager.get(f"waivers?deal={deal.pk}&include=gate,transition").json()["results"][0]
    assert (move["from_stage"], move["to_stage"], move["by"]) == (str(first.pk), str(second.pk), str(manager.user.pk))
    assert (waiver["reason"], waiver["embedded"]["transition"]) == ("Known", move)
