"""Deals, pipelines and the work on deals in the admin: the same rules as the pages."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.enums import StageType
from deals.models import Deal, DealTeamMember, Gate, GateCheck, Note, Pipeline, SavedView, Stage, Task, Waiver
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    TODAY,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


def deal_form(deal, **changes):
    shown = {
        "company": deal.company_id,
        "title": deal.title,
        "owner": deal.owner_id or "",
        "chemistry": deal.chemistry,
        "region": deal.region,
        "capacity_gwh": "",
        "currency": deal.currency,
        "plant_concept": "",
        "scope": [],
    }
    return shown | changes


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def outsider(client):
    """Return a member of staff who is no administrator, and logged in."""
    outsider = UserFactory(role=Role.BUSINESS_DEVELOPMENT, is_staff=True)
    client.force_login(outsider)
    return outsider


def test_confidential_deal_does_not_exist_for_staff_outside_its_team(client, outsider):
    deal = DealFactory(title="Hidden one", is_confidential=True, company__name="Secret Motor")
    task, note, document = TaskFactory(deal=deal), NoteFactory(deal=deal), DocumentFactory(deal=deal)
    DealFactory(title="Open one")

    listed = client.get("/admin/deals/deal/", {"q": "one"}).content.decode()
    assert "Open one" in listed
    assert "Hidden one" not in listed
    assert client.get("/admin/deals/deal/", {"q": deal.code}).context["cl"].result_count == 0
    for page in ("change", "history"):
        assert client.get(reverse(f"admin:deals_deal_{page}", args=[deal.pk])).headers["Location"] == "/admin/"
    for row in (task, note, document):
        name = row._meta.model_name
        assert deal.code not in client.get(f"/admin/deals/{name}/").content.decode()
        assert client.get(f"/admin/deals/{name}/{row.pk}/change/").headers["Location"] == "/admin/"
    autocomplete = {"app_label": "deals", "model_name": "task", "field_name": "deal", "term": "one"}
    found = client.get("/admin/autocomplete/", autocomplete).json()["results"]
    assert str(deal.pk) not in [result["id"] for result in found]
    assert len(found) == 1
    assert "Secret" not in client.get("/admin/sync/change/", {"q": str(deal.pk)}).content.decode()


def test_confidential_deal_takes_no_rows_from_staff_outside_its_team(client, outsider):
    deal = DealFactory(is_confidential=True)

    response = client.post("/admin/deals/task/add/", {"deal": deal.pk, "title": "Call", "due_on": TODAY.isoformat()})

    assert response.context["adminform"].form.errors["deal"] == [
        "Select a valid choice. That choice is not one of the available choices."
    ]
    assert Task.objects.count() == 0


def test_confidential_deal_exists_for_staff_in_its_team(client, outsider):
    deal = DealFactory(title="Ours", is_confidential=True)
    DealTeamMember.objects.create(deal=deal, user=outsider)

    assert client.get(f"/admin/deals/deal/{deal.pk}/change/").status_code == 200
    assert "Ours" in client.get("/admin/deals/deal/").content.decode()


def test_deal_is_found_by_its_code(client, admin):
    deal = DealFactory(title="Wanted")
    DealFactory(title="Other")

    response = client.get("/admin/deals/deal/", {"q": deal.code.lower()})

    assert list(response.context["cl"].result_list) == [deal]


def test_deal_form_changes_facts_and_never_the_stage(client, admin):
    deal = DealFactory()
    other = StageFactory(pipeline=deal.stage.pipeline)

    client.post(
        f"/admin/deals/deal/{deal.pk}/change/",
        deal_form(deal, title="Renamed", scope=["licence", "operation"], stage=other.pk),
    )

    before = deal.stage
    deal.refresh_from_db()
    assert (deal.title, deal.scope, deal.stage) == ("Renamed", ["licence", "operation"], before)


def test_change_through_the_admin_is_logged_as_such_with_its_author(client, admin):
    deal = DealFactory()

    client.post(f"/admin/deals/deal/{deal.pk}/change/", deal_form(deal, title="Renamed"))

    change = Change.objects.filter(resource="deal", object_id=deal.pk, operation="update").get()
    assert (change.actor, change.channel, change.fields["title"][1]) == (admin, "admin", "Renamed")
    history = client.get(f"/admin/deals/deal/{deal.pk}/history/").content.decode()
    assert "Renamed" in history
    assert str(admin) in history


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity_gwh": "-1"}, "capacity_gwh"),
        ({"currency": "QQQ"}, "currency"),
        ({"annual_royalty": "5"}, "__all__"),
        ({"company": "999999"}, "company"),
    ],
)
def test_deal_form_says_what_is_wrong(client, admin, changes, field):
    deal = DealFactory()

    response = client.post(f"/admin/deals/deal/{deal.pk}/change/", deal_form(deal, **changes))

    assert list(response.context["adminform"].form.errors) == [field]


def move(client, deals, **answer):
    return client.post(
        "/admin/deals/deal/", {"action": "move", "_selected_action": [deal.pk for deal in deals]} | answer, follow=True
    )


def test_move_action_moves_by_the_rules_of_moves(client, admin):
    source = StageFactory()
    target = StageFactory(pipeline=source.pipeline)
    gate = GateFactory(stage=source, label="Sponsor named")
    deals = DealFactory.create_batch(2, stage=source)

    asked = move(client, deals)
    assert asked.context["title"] == "Move to another stage"

    refused = move(client, deals, target=target.pk)
    assert "Sponsor named" in refused.context["form"].non_field_errors()
    assert target.deals.count() == 0

    done = move(client, deals, target=target.pk, waiver_reason="Agreed by phone")
    assert "moved to" in messages_of(done)[0]
    assert (target.deals.count(), list(Waiver.objects.values_list("gate", "by").distinct())) == (
        2,
        [(gate.pk, admin.pk)],
    )


def test_move_action_asks_for_a_reason_and_one_pipeline(client, admin):
    deal, other = DealFactory(), DealFactory()
    lost = StageFactory(pipeline=deal.stage.pipeline, type=StageType.LOST)

    assert move(client, [deal], target=lost.pk).context["form"].errors == {"reason": ["Give a reason."]}
    assert messages_of(move(client, [deal, other])) == ["Choose deals of one pipeline."]


def test_move_action_is_not_for_readers(client):
    client.force_login(UserFactory(role=Role.READ_ONLY, is_staff=True))
    deal = DealFactory()
    target = StageFactory(pipeline=deal.stage.pipeline)

    move(client, [deal], target=target.pk)

    assert Deal.objects.get(pk=deal.pk).stage == deal.stage


def test_pipeline_stage_and_gate_are_made_and_changed_by_their_rules(client, admin):
    client.post("/admin/deals/pipeline/add/", {"name": "Services"})
    pipeline = Pipeline.objects.get(slug="services")
    facts = {"name": "First", "type": "open", "probability_percent": "5", "rot_days": ""}
    client.post("/admin/deals/stage/add/", {"pipeline": pipeline.pk, **facts})
    stage = Stage.objects.get(name="First")
    client.post(
        "/admin/deals/gate/add/",
        {"stage": stage.pk, "fact": "document:nda", "label": "NDA in force", "help": "", "due_after_days": "30"},
    )
    gate = Gate.objects.get(label="NDA in force")
    assert (stage.position, gate.fact, gate.due_after_days) == (1, "document:nda", 30)

    client.post(f"/admin/deals/pipeline/{pipeline.pk}/change/", {"name": "Service deals"})
    client.post(f"/admin/deals/stage/{stage.pk}/change/", facts | {"name": "Start"})
    client.post(f"/admin/deals/gate/{gate.pk}/change/", {"label": "NDA signed", "help": "", "due_after_days": "45"})

    for row in (pipeline, stage, gate):
        row.refresh_from_db()
    assert (pipeline.name, pipeline.slug, stage.name, gate.label, gate.due_after_days) == (
        "Service deals",
        "services",
        "Start",
        "NDA signed",
        45,
    )


def test_refusal_of_a_domain_function_is_an_error_of_the_form(client, admin):
    deal = DealFactory()
    facts = {"name": deal.stage.name, "type": "lost", "probability_percent": "5", "rot_days": ""}

    response = client.post(f"/admin/deals/stage/{deal.stage_id}/change/", facts)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {
        "type": ["Deals are in this stage, and they came here by the rules of its type. Move them first."]
    }


def test_stage_in_use_is_not_deleted(client, admin):
    deal = DealFactory()

    response = client.post(f"/admin/deals/stage/{deal.stage_id}/delete/", {"post": "yes"})

    assert response.status_code == 200
    assert response.context["title"] == "Cannot delete stage"
    assert response.context["protected"]
    assert Stage.objects.filter(pk=deal.stage_id).exists()


def test_unused_stage_is_deleted_and_the_last_one_kept(client, admin):
    stage = StageFactory(pipeline=PipelineFactory())
    other = StageFactory(pipeline=stage.pipeline)

    client.post(f"/admin/deals/stage/{stage.pk}/delete/", {"post": "yes"})
    response = client.post(f"/admin/deals/stage/{other.pk}/delete/", {"post": "yes"}, follow=True)

    assert list(Stage.objects.all()) == [other]
    assert messages_of(response)[-1] == "This is the only stage of the path. Add another one first."


def test_checklist_item_is_ticked_and_taken_back(client, admin):
    deal = DealFactory()
    gate = GateFactory(stage=deal.stage)

    client.post("/admin/deals/gatecheck/add/", {"deal": deal.pk, "gate": gate.pk, "note": "By mail"})
    check = GateCheck.objects.get()
    assert (check.by, check.note) == (admin, "By mail")

    client.post(f"/admin/deals/gatecheck/{check.pk}/delete/", {"post": "yes"})
    assert GateCheck.objects.count() == 0


def test_item_of_another_pipeline_is_not_ticked(client, admin):
    response = client.post(
        "/admin/deals/gatecheck/add/", {"deal": DealFactory().pk, "gate": GateFactory().pk, "note": ""}
    )

    assert response.context["adminform"].form.errors == {"__all__": ["This item belongs to another pipeline."]}


def test_note_has_its_author_and_a_view_its_owner(client, admin):
    deal = DealFactory()

    client.post("/admin/deals/note/add/", {"deal": deal.pk, "kind": "note", "body": "Met them"})
    client.post("/admin/deals/savedview/add/", {"name": "Mine", "page": "board", "query": ""})

    assert (Note.objects.get().author, SavedView.objects.get().owner) == (admin, admin)


def test_shared_view_of_another_is_not_changed(client, admin):
    view = SavedView.objects.create(owner=UserFactory(), name="Theirs", is_shared=True)

    response = client.post(f"/admin/deals/savedview/{view.pk}/change/", {"name": "Ours", "page": "board"})

    assert response.status_code == 403
