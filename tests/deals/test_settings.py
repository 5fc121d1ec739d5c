"""The pages where administrators shape pipelines, stages and gates."""

import pytest

from accounts.enums import Role
from deals.domain.default_pipeline import create_default_pipeline
from deals.domain.gates import tick_gate
from deals.models import Gate, Pipeline, Stage
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, GateFactory, PipelineFactory, StageFactory

pytestmark = pytest.mark.django_db
STAGE = {"name": "New", "type": "open", "probability_percent": "20", "rot_days": "30"}
GATE = {"fact": "document:nda", "label": "NDA", "help": "", "due_after_days": "30"}


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


@pytest.fixture
def gate():
    gate = GateFactory(stage__pipeline=PipelineFactory(slug="licences"), label="Gate A")
    StageFactory(pipeline=gate.stage.pipeline, name="Next")
    return gate


GET = [
    "/settings/pipelines/",
    "/settings/pipelines/licences/",
    "/settings/stages/{stage}/",
    "/settings/gates/{gate}/",
    "/settings/stages/{stage}/gates/preview/?fact=plant:",
]
POST = [
    "/settings/pipeline-order/",
    "/settings/pipeline-default/",
    "/settings/pipelines/licences/stages/",
    "/settings/pipelines/licences/order/",
    "/settings/stages/{stage}/empty/",
    "/settings/stages/{stage}/gates/",
    "/settings/stages/{stage}/gates/order/",
] + [
    f"/settings/{place}/{action}/"
    for place in ("pipelines/licences", "stages/{stage}", "gates/{gate}")
    for action in ("archive", "restore", "delete")
]


@pytest.mark.parametrize(("method", "path"), [("get", path) for path in GET] + [("post", path) for path in POST])
@pytest.mark.parametrize("role", [None, *Role])
def test_pages_are_for_administrators(client, gate, method, path, role):
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = getattr(client, method)(path.format(stage=gate.stage_id, gate=gate.pk))

    expected = {None: {302}, Role.ADMINISTRATOR: {200, 302, 422}}.get(role, {403})
    assert response.status_code in expected
    if role is None:
        assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", POST)
def test_actions_refuse_get(client, admin, gate, path):
    assert client.get(path.format(stage=gate.stage_id, gate=gate.pk)).status_code == 405


@pytest.mark.parametrize(
    "path", ["/settings/pipelines/nowhere/", "/settings/stages/999999/", "/settings/gates/999999/"]
)
def test_what_does_not_exist_is_not_found(client, admin, path):
    assert client.get(path).status_code == 404


def test_pipeline_is_added_renamed_archived_and_restored(client, admin, gate):
    added = client.post("/settings/pipelines/", {"name": "Services"})
    assert added.headers["Location"] == "/settings/pipelines/services/"

    client.post("/settings/pipelines/services/", {"name": "Service deals", "version": 1})
    client.post("/settings/pipelines/services/archive/")
    pipeline = Pipeline.objects.get(slug="services")
    assert (pipeline.name, pipeline.archived_at is None) == ("Service deals", False)

    client.post("/settings/pipelines/services/restore/")
    pipeline.refresh_from_db()
    assert pipeline.archived_at is None


def test_pipeline_of_a_taken_name_is_refused_beside_the_field(client, admin, gate):
    response = client.post("/settings/pipelines/", {"name": gate.stage.pipeline.name})

    assert response.status_code == 422
    assert response.context["form"].errors == {"name": ["There is a pipeline of this name already."]}


def test_default_pipeline_is_offered_until_it_exists(client, admin):
    assert not client.get("/settings/pipelines/").context["has_default"]

    client.post("/settings/pipeline-default/")

    assert client.get("/settings/pipelines/").context["has_default"]
    assert Stage.objects.count() == 17


@pytest.mark.parametrize(("button", "expected"), [("up", ["B", "A"]), ("down", ["A", "B"]), ("", ["A", "B"])])
def test_stages_are_reordered_by_arrow_buttons(client, admin, button, expected):
    first = StageFactory(name="A", pipeline__slug="licences")
    second = StageFactory(name="B", pipeline=first.pipeline)

    response = client.post(
        "/settings/pipelines/licences/order/",
        {"order": [first.pk, second.pk]} | ({button: second.pk} if button else {}),
    )

    assert response.headers["Location"] == "/settings/pipelines/licences/"
    assert list(first.pipeline.stages.order_by("position").values_list("name", flat=True)) == expected


def test_reordering_by_htmx_answers_with_the_list(client, admin, gate):
    order = list(gate.stage.pipeline.stages.order_by("-position").values_list("pk", flat=True))

    response = client.post("/settings/pipelines/licences/order/", {"order": order}, headers={"HX-Request": "true"})

    assert response.content.decode().lstrip().startswith('<form class="stack" id="stages"')
    assert list(gate.stage.pipeline.stages.order_by("position").values_list("pk", flat=True)) == order


@pytest.mark.parametrize("order", [[], ["x"], [0], ["99999999999999999999"]])
def test_reordering_rows_that_are_not_there_says_so(client, admin, gate, order):
    response = client.post("/settings/pipelines/licences/order/", {"order": order}, follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "The stages have changed meanwhile. Here they are as they are now."
    ]


def test_stage_is_added_and_changed(client, admin, gate):
    client.post("/settings/pipelines/licences/stages/", STAGE)
    stage = Stage.objects.get(name="New")
    client.post(f"/settings/stages/{stage.pk}/", STAGE | {"name": "Newer", "rot_days": "", "version": stage.version})

    stage.refresh_from_db()
    assert (stage.name, stage.probability_percent, stage.rot_days) == ("Newer", 20, None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Next"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"type": "dream"}, "type"),
        ({"probability_percent": "101"}, "probability_percent"),
        ({"probability_percent": ""}, "probability_percent"),
        ({"rot_days": "0"}, "rot_days"),
        ({"rot_days": "40000"}, "rot_days"),
    ],
)
def test_stage_form_says_what_is_wrong_beside_the_field(client, admin, gate, changes, field):
    added = client.post("/settings/pipelines/licences/stages/", STAGE | changes)
    changed = client.post(f"/settings/stages/{gate.stage_id}/", STAGE | {"version": gate.stage.version} | changes)

    assert (added.status_code, changed.status_code) == (422, 422)
    assert list(added.context["stage_form"].errors) == list(changed.context["form"].errors) == [field]


def test_stage_with_deals_is_emptied_then_archived(client, admin, gate):
    deal = DealFactory(stage=gate.stage)
    target = gate.stage.pipeline.stages.get(name="Next")

    refused = client.post(f"/settings/stages/{gate.stage_id}/archive/", follow=True)
    assert [str(message) for message in refused.context["messages"]] == [
        f"1 open deal is in {gate.stage}. Move it to another stage first."
    ]
    wrong = client.post(f"/settings/stages/{gate.stage_id}/empty/", {"target": target.pk, "reason": ""})
    assert list(wrong.context["empty_form"].errors) == ["reason"]
    client.post(f"/settings/stages/{gate.stage_id}/empty/", {"target": target.pk, "reason": "Merged"})
    client.post(f"/settings/stages/{gate.stage_id}/archive/")

    deal.refresh_from_db()
    gate.stage.refresh_from_db()
    assert (deal.stage, gate.stage.archived_at is None) == (target, False)


def test_gate_is_added_reworded_and_deleted(client, admin, gate):
    client.post(f"/settings/stages/{gate.stage_id}/gates/", GATE)
    added = Gate.objects.get(label="NDA")
    assert (added.fact, added.due_after_days) == ("document:nda", 30)
    assert "Document present: NDA · due after 30 days" in client.get(f"/settings/gates/{added.pk}/").content.decode()

    client.post(f"/settings/gates/{added.pk}/", {"label": "NDA signed", "help": "By both", "version": added.version})
    added.refresh_from_db()
    assert (added.label, added.help, added.due_after_days) == ("NDA signed", "By both", None)

    client.post(f"/settings/gates/{added.pk}/delete/")
    assert not Gate.objects.filter(pk=added.pk).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": "Gate A"}, "label"),
        ({"fact": "wish:"}, "fact"),
        ({"due_after_days": "1001"}, "due_after_days"),
        ({"due_after_days": "soon"}, "due_after_days"),
    ],
)
def test_gate_form_says_what_is_wrong_beside_the_field(client, admin, gate, changes, field):
    response = client.post(f"/settings/stages/{gate.stage_id}/gates/", GATE | changes)

    assert response.status_code == 422
    assert list(response.context["gate_form"].errors) == [field]


def test_ticked_gate_is_kept(client, admin, gate):
    deal = DealFactory(stage=gate.stage)
    tick_gate(deal=deal, gate=gate, note="", by=deal.owner, at=NOW)

    response = client.post(f"/settings/gates/{gate.pk}/delete/", follow=True)

    assert Gate.objects.filter(pk=gate.pk).exists()
    assert "Archive it instead" in str(next(iter(response.context["messages"])))


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("field:company", "All 2 deals now in"),
        ("field:capacity_gwh", "It would hold back 1 of the 2 deals now in"),
        ("checklist:", "It would hold back 2 of the 2 deals now in"),
    ],
)
def test_preview_counts_the_deals_that_a_gate_would_hold_back(client, admin, gate, fact, text):
    DealFactory(stage=gate.stage, capacity_gwh=5)
    DealFactory(stage=gate.stage)

    response = client.get(f"/settings/stages/{gate.stage_id}/gates/preview/", {"fact": fact})

    assert text in response.content.decode()


def test_preview_of_nonsense_says_nothing(client, admin, gate):
    assert client.get(f"/settings/stages/{gate.stage_id}/gates/preview/?fact=wish:").status_code == 204


def test_lists_take_the_same_queries_for_many(client, admin, fetch_raise, django_assert_num_queries):
    pipeline = create_default_pipeline()
    stage = pipeline.stages.order_by("position").first()
    client.get("/settings/pipelines/")
    for count in (1, 3):
        PipelineFactory.create_batch(count)
        DealFactory.create_batch(count, stage=stage)
        GateFactory.create_batch(count, stage=stage)
        with django_assert_num_queries(2):
            client.get("/settings/pipelines/")
        with django_assert_num_queries(3):
            client.get("/settings/pipelines/lrs-licensing/")
        with django_assert_num_queries(6):
            client.get(f"/settings/stages/{stage.pk}/")


@pytest.mark.parametrize(
    ("path", "stored", "typed"),
    [
        ("/settings/pipelines/licences/", {"name": "Saved first"}, {"name": "Mine"}),
        ("/settings/stages/{stage}/", {"name": "Saved first"}, STAGE | {"name": "Mine"}),
        ("/settings/gates/{gate}/", {"label": "Saved first"}, {"label": "Mine", "help": ""}),
    ],
)
def test_form_that_another_has_overtaken_shows_both_versions_once(client, admin, gate, path, stored, typed):
    row = {"pipelines": gate.stage.pipeline, "stages": gate.stage, "gates": gate}[path.split("/")[2]]
    path = path.format(stage=gate.stage_id, gate=gate.pk)
    shown = client.get(path).context["form"]["version"].value()
    type(row).objects.filter(pk=row.pk).update(**stored)

    refused = client.post(path, typed | {"version": shown})
    form = refused.context["form"]
    again = client.post(path, typed | {"version": form["version"].value()})

    ((field, old),) = stored.items()
    row.refresh_from_db()
    assert (refused.status_code, again.status_code) == (422, 302)
    assert (old, "Mine") in {(difference.stored, difference.typed) for difference in form.differences}
    assert "Both versions" in refused.content.decode()
    assert getattr(row, field) == "Mine"
