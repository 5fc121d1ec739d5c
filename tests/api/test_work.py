"""Tasks, notes, and the people, plants and contacts of deals over the API."""

import datetime as dt

import pytest

from accounts.enums import Role
from deals.enums import ContactRole
from deals.models import Note, Task
from tests.accounts.factories import UserFactory
from tests.api.test_objects import problem
from tests.api.test_plants import ids
from tests.companies.factories import ContactFactory
from tests.deals.factories import (
    DealContactFactory,
    DealFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db


def test_task_is_created_changed_done_reopened_and_deleted(bd):
    deal = DealFactory()
    body = {"deal": str(deal.pk), "title": "Send the draft", "due_on": "2027-01-31", "assignee": str(bd.user.pk)}
    made = bd.post("tasks", body)
    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in body} == body
    address = f"tasks/{made.json()['id']}"

    changed = bd.patch(address, {"due_on": "2027-02-28"}, If_Match=made["ETag"])
    assert (changed.json()["title"], changed.json()["due_on"]) == ("Send the draft", "2027-02-28")
    assert problem(bd.post(f"{address}/done", {}, If_Match=made["ETag"]), 412) == []
    done = bd.post(f"{address}/done", {}, If_Match=changed["ETag"]).json()
    assert (done["done_by"], done["done_at"] is not None) == (str(bd.user.pk), True)
    assert bd.post(f"{address}/done", {}).json() == done
    reopened = bd.post(f"{address}/reopen", {}).json()
    assert (reopened["done_by"], reopened["done_at"]) == (None, None)
    assert bd.delete(address).status_code == 204
    assert bd.get(address).status_code == 404


def test_task_that_cannot_be_is_refused(bd, caller_of):
    deal = DealFactory()
    body = {"deal": str(deal.pk), "title": "Call", "due_on": "2027-01-31"}
    outsider = UserFactory()
    hidden = DealFactory(is_confidential=True, owner=bd.user)
    for changed, errors in [
        ({"title": "  "}, [("title", "blank")]),
        ({"due_on": "0027-01-31"}, [("due_on", "implausible_date")]),
        ({"due_on": "31.1.2027"}, [("due_on", "invalid")]),
        ({"assignee": str(UserFactory(is_active=False).pk)}, [("assignee", "invalid")]),
        ({"assignee": str(outsider.pk), "deal": str(hidden.pk)}, [("assignee", "invalid")]),
        ({"done_at": "2027-01-31T00:00:00Z"}, [("done_at", "unknown_field")]),
    ]:
        assert problem(bd.post("tasks", {**body, **changed}), 400) == errors
    task = TaskFactory()
    reader = caller_of(Role.READ_ONLY)
    assert problem(reader.post(f"tasks/{task.pk}/done", {}), 403) == []
    assert problem(reader.delete(f"tasks/{task.pk}"), 403) == []
    assert Task.objects.count() == 1


def test_tasks_are_filtered(bd):
    deal = DealFactory()
    first = TaskFactory(deal=deal, title="Send the draft", due_on=dt.date(2026, 12, 1))
    second = TaskFactory(due_on=dt.date(2026, 12, 31), assignee=None)
    bd.post(f"tasks/{second.pk}/done", {})
    for query in [
        "q=draft",
        f"deal={deal.pk}",
        f"company={deal.company_id}",
        f"assignee={first.assignee_id}",
        "done=false",
        "due_until=2026-12-15",
    ]:
        assert ids(bd.get(f"tasks?{query}")) == [first.pk]
    for query in ["assignee=null", "done=true", "due_from=2026-12-15"]:
        assert ids(bd.get(f"tasks?{query}")) == [second.pk]
    assert problem(bd.get("tasks?due_from=12/15/2026"), 400) == [("due_from", "invalid")]
    assert ids(bd.get("tasks?ordering=-due_on")) == [second.pk, first.pk]


def test_many_tasks_are_written_at_once(bd):
    deal, task = DealFactory(), TaskFactory()
    operations = [
        {"op": "create", "data": {"deal": str(deal.pk), "title": "Call", "due_on": "2027-01-31"}},
        {"op": "update", "id": str(task.pk), "version": 1, "data": {"title": "Write"}},
        {"op": "update", "id": str(task.pk), "version": 1, "data": {"title": "Write again"}},
        {"op": "delete", "id": str(task.pk)},
    ]
    results = bd.post("tasks/bulk", {"operations": operations}).json()["results"]
    assert [one["status"] for one in results] == [201, 200, 412, 204]
    assert [task.title for task in Task.objects.all()] == ["Call"]


def test_note_is_written_by_its_author_and_managers(bd, caller_of):
    deal, colleague = DealFactory(), UserFactory(name="Ada Weber")
    made = bd.post(
        "notes", {"deal": str(deal.pk), "kind": "call", "body": "Call @Ada Weber", "happened_on": "2026-01-05"}
    )
    assert made.status_code == 201, made.content
    note = made.json()
    assert (note["author"], note["mentions"]) == (str(bd.user.pk), [str(colleague.pk)])
    address = f"notes/{note['id']}"

    assert bd.patch(address, {"body": "Agreed."}).json()["happened_on"] == "2026-01-05"
    assert problem(caller_of().patch(address, {"body": "X"}), 403) == []
    assert problem(caller_of().delete(address), 403) == []
    assert caller_of(Role.MANAGER).delete(address).status_code == 204
    assert Note.objects.count() == 0


def test_note_that_cannot_be_is_refused(bd):
    deal = DealFactory(is_confidential=True, owner=bd.user)
    UserFactory(name="Ada Weber")
    for body, errors in [
        ({"body": ""}, [("body", "blank")]),
        ({"body": "X", "kind": "call", "happened_on": "2999-01-01"}, [("happened_on", "implausible_date")]),
        ({"body": "Ask @Ada Weber"}, [("body", "invalid")]),
        ({"body": "X" * 20_001}, [("body", "max_length")]),
        ({"body": "X", "author": "1"}, [("author", "unknown_field")]),
    ]:
        assert problem(bd.post("notes", {"deal": str(deal.pk), **body}), 400) == errors
    assert Note.objects.count() == 0


def test_notes_are_filtered(bd):
    first = NoteFactory(kind="meeting", body="Terms agreed", happened_on=dt.date(2026, 1, 5))
    second = NoteFactory()
    for query in [
        "q=terms",
        f"deal={first.deal_id}",
        f"company={first.deal.company_id}",
        "kind=meeting",
        f"author={first.author_id}",
    ]:
        assert ids(bd.get(f"notes?{query}")) == [first.pk]
    assert ids(bd.get("notes?kind=meeting&kind=note")) == [first.pk, second.pk]


def test_parts_of_a_deal_are_written_as_whole_lists(bd):
    deal = DealFactory()
    one, two = UserFactory.create_batch(2)
    plant, contact = PlantFactory(), ContactFactory()
    DealContactFactory(deal=deal, role=ContactRole.LEGAL)
    deal.team.add(one)
    address = f"deals/{deal.pk}"
    read = bd.get(address)
    body = {
        "title": "Line 2",
        "team": [str(two.pk), str(bd.user.pk)],
        "plants": [str(plant.pk)],
        "contacts": [
            {"contact": str(contact.pk), "role": "sponsor"},
            {"contact": str(contact.pk), "role": "legal"},
        ],
    }

    changed = bd.patch(address, body, If_Match=read["ETag"])

    assert changed.status_code == 200, changed.content
    found = changed.json()
    assert (found["title"], found["team"], found["plants"]) == ("Line 2", sorted(body["team"], key=int), body["plants"])
    assert found["contacts"] == body["contacts"]
    assert problem(bd.patch(address, {"team": []}, If_Match=read["ETag"]), 412) == []
    same = bd.patch(address, {name: body[name] for name in ("team", "plants", "contacts")})
    assert same.json() == found
    assert bd.patch(address, {"team": [], "plants": [], "contacts": []}).json()["contacts"] == []
    assert bd.get(f"{address}?include=plants").json()["embedded"] == {"plants": []}


def test_another_list_alone_raises_the_version_of_a_deal(bd):
    deal = DealFactory()
    read = bd.get(f"deals/{deal.pk}")
    changed = bd.patch(f"deals/{deal.pk}", {"plants": [str(PlantFactory().pk)]}, If_Match=read["ETag"])
    assert changed.json()["version"] == read.json()["version"] + 1
    assert problem(bd.patch(f"deals/{deal.pk}", {"plants": []}, If_Match=read["ETag"]), 412) == []


def test_deal_is_put_with_its_parts_again_and_again(bd):
    plant, contact, stage = PlantFactory(), ContactFactory(), StageFactory()
    body = {
        "company": str(contact.company_id),
        "stage": str(stage.pk),
        "team": [str(bd.user.pk)],
        "plants": [str(plant.pk)],
        "contacts": [{"contact": str(contact.pk), "role": "sponsor"}],
    }
    made = bd.put("deals/by-ref/crm/1", body)
    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in body} == body
    again = bd.put("deals/by-ref/crm/1", body)
    assert (again.status_code, again.json()) == (200, made.json())


def test_part_that_cannot_be_is_refused_and_nothing_is_written(bd, caller_of):
    deal = DealFactory()
    archived = PlantFactory()
    bd.post(f"plants/{archived.pk}/archive", {})
    before = bd.get(f"deals/{deal.pk}").json()
    contact = str(ContactFactory().pk)
    for body, errors in [
        ({"plants": [str(archived.pk)]}, [("plants", "invalid")]),
        ({"plants": ["999999"]}, [("plants[0]", "unknown")]),
        ({"plants": "1"}, [("plants", "not_a_list")]),
        ({"team": [str(UserFactory(is_active=False).pk)]}, [("team", "invalid")]),
        ({"team": [5]}, [("team[0]", "invalid")]),
        ({"contacts": [{"contact": contact, "role": "boss"}]}, [("contacts[0].role", "invalid_choice")]),
        ({"contacts": [{"contact": contact, "role": "legal", "x": 1}]}, [("contacts[0].x", "unknown_field")]),
        ({"contacts": [{"contact": contact}]}, [("contacts[0].role", "required")]),
    ]:
        assert problem(bd.patch(f"deals/{deal.pk}", {"title": "X", **body}), 400) == errors
    assert problem(caller_of(Role.FINANCE).patch(f"deals/{deal.pk}", {"plants": [str(PlantFactory().pk)]}), 403) == []
    assert bd.get(f"deals/{deal.pk}").json() == before


def test_nobody_locks_themselves_out_of_a_deal(bd):
    deal = DealFactory(is_confidential=True)
    deal.team.add(bd.user)
    assert problem(bd.patch(f"deals/{deal.pk}", {"team": []}), 400) == [("team", "invalid")]
    assert bd.get(f"deals/{deal.pk}").json()["team"] == [str(bd.user.pk)]


def test_deals_are_filtered(bd):
    pipeline = PipelineFactory()
    stage = StageFactory(pipeline=pipeline, type="lost", rot_days=1)
    first = DealFactory(
        stage=stage, title="Line 2", region="europe", chemistry="lfp", is_confidential=True, owner=bd.user
    )
    second = DealFactory()
    plant, contact = PlantFactory(), ContactFactory()
    parts = {
        "team": [str(UserFactory().pk)],
        "plants": [str(plant.pk), str(PlantFactory().pk)],
        "contacts": [{"contact": str(contact.pk), "role": role} for role in ("legal", "sponsor")],
    }
    assert bd.patch(f"deals/{first.pk}", parts).status_code == 200
    for query in [
        "q=line",
        f"q=LRS-{first.pk}",
        f"owner={bd.user.pk}",
        "region=europe",
        "chemistry=lfp",
        f"company={first.company_id}",
        f"pipeline={pipeline.pk}",
        f"stage={stage.pk}",
        "stage_type=lost",
        f"plant={plant.pk}&plant={parts['plants'][1]}",
        f"contact={contact.pk}",
        f"member={parts['team'][0]}",
        "closed=true",
        "mine=true",
        "stuck=true",
        "confidential=true",
    ]:
        assert ids(bd.get(f"deals?{query}")) == [first.pk], query
    for query in ["closed=false", "mine=false", "stuck=false", "confidential=false"]:
        assert ids(bd.get(f"deals?{query}")) == [second.pk], query
    assert problem(bd.get("deals?plant=999999"), 400) == [("plant", "invalid_choice")]
