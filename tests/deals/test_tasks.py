import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.enums import Role
from deals.domain.tasks import add_task, change_task, delete_task, finish_task, reopen_task
from deals.models import Task
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, TaskFactory

pytestmark = pytest.mark.django_db


def test_add_task_keeps_what_was_given():
    deal = DealFactory()

    task = add_task(deal=deal, title="  Send options ", due_on=TODAY, assignee=deal.owner, by=deal.owner)

    assert Task.objects.values_list("title", "due_on", "assignee").get(pk=task.pk) == (
        "Send options",
        TODAY,
        deal.owner_id,
    )


@pytest.mark.parametrize(("title", "due_on"), [("   ", TODAY), ("x" * 201, TODAY), ("x", dt.date(1900, 1, 1))])
def test_add_task_refuses_what_is_implausible(title, due_on):
    deal = DealFactory()

    with pytest.raises(ValidationError):
        add_task(deal=deal, title=title, due_on=due_on, assignee=None, by=deal.owner)
    assert not Task.objects.exists()


def test_add_task_refuses_read_only():
    with pytest.raises(PermissionRefusedError):
        add_task(deal=DealFactory(), title="x", due_on=TODAY, assignee=None, by=UserFactory(role=Role.READ_ONLY))


def test_add_task_refuses_assignee_outside_a_confidential_deal():
    deal = DealFactory(is_confidential=True)
    stranger = UserFactory(name="Ann Stranger")

    with pytest.raises(DomainError, match="Ann Stranger does not see this confidential deal") as caught:
        add_task(deal=deal, title="x", due_on=TODAY, assignee=stranger, by=deal.owner)
    assert caught.value.field == "assignee"


def test_add_task_refuses_inactive_assignee():
    deal = DealFactory()

    with pytest.raises(DomainError, match="not active"):
        add_task(deal=deal, title="x", due_on=TODAY, assignee=UserFactory(is_active=False), by=deal.owner)


def test_change_task_changes_only_what_is_named():
    task = TaskFactory(title="Call")

    changed = change_task(task=task, due_on=TODAY, expected_version=task.version, by=task.assignee)

    assert (changed.title, changed.due_on) == ("Call", TODAY)


def test_change_task_refuses_a_stale_version():
    task = TaskFactory()
    change_task(task=task, title="Newer", by=task.assignee)

    with pytest.raises(StaleVersionError):
        change_task(task=task, title="Older", expected_version=1, by=task.assignee)
    assert Task.objects.get().title == "Newer"


def test_change_task_refuses_other_fields():
    task = TaskFactory()

    with pytest.raises(TypeError):
        change_task(task=task, done_at=NOW, by=task.assignee)


def test_finish_task_keeps_the_first_time_and_reopens():
    task = TaskFactory()
    other = UserFactory()

    finish_task(task=task, by=other, at=NOW)
    finish_task(task=task, by=task.assignee, at=NOW + dt.timedelta(days=1))
    assert Task.objects.values_list("done_at", "done_by").get() == (NOW, other.pk)

    reopen_task(task=task, by=other)
    assert Task.objects.values_list("done_at", "done_by").get() == (None, None)


def test_delete_task_removes_it():
    task = TaskFactory()

    delete_task(task=task, by=task.assignee)

    assert not Task.objects.exists()
