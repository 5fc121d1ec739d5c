"""Handing over the work of someone who leaves: deals, tasks, waiting reminders; all at once, and in the change log."""

import datetime as dt

import pytest

from accounts.domain import users
from accounts.domain.hand_over import work_of
from accounts.enums import Role
from deals.enums import StageType
from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError
from reminders.enums import ReminderStatus
from reminders.models import Preference, Reminder
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, StageFactory, TaskFactory
from tests.reminders.factories import ReminderFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR, name="Ada Admin")


@pytest.fixture
def boss():
    return UserFactory(name="Wei Lin", role=Role.BUSINESS_DEVELOPMENT)


@pytest.fixture
def maria(boss):
    return UserFactory(name="Maria Falk", manager=boss)


def leave(user, admin, to=None):
    users.deactivate_user(user=user, by=admin, at=NOW, to=to)


def waiting(user, **facts):
    facts = {"due_on": TODAY + DAY, "send_at": NOW + DAY, "status": ReminderStatus.WAITING} | facts
    return ReminderFactory(recipient=user, told_at=None, told_to=None, **facts)


def stored(row):
    row.refresh_from_db()
    return row


def test_open_work_goes_to_who_takes_over_and_the_past_stays(admin, maria, boss):
    deal, lost = DealFactory(owner=maria), DealFactory(owner=maria, stage=StageFactory(type=StageType.LOST))
    secret, foreign = DealFactory(owner=maria, is_confidential=True), DealFactory(owner=admin)
    task, done = TaskFactory(assignee=maria), TaskFactory(assignee=maria, done_at=NOW, done_by=maria)
    reminder, told = waiting(maria), ReminderFactory(recipient=maria)

    leave(maria, admin, to=boss)

    assert [stored(row).owner for row in (deal, secret, lost, foreign)] == [boss, boss, maria, admin]
    assert [stored(row).assignee for row in (task, done)] == [boss, maria]
    assert [stored(row).recipient for row in (reminder, told)] == [boss, maria]
    assert not stored(maria).is_active


def test_each_change_is_in_the_change_log(admin, maria, boss):
    deal, task = DealFactory(owner=maria), TaskFactory(assignee=maria)

    with change_context(actor_id=admin.pk, channel="web"):
        leave(maria, admin, to=boss)

    changes = Change.objects.filter(actor=admin).order_by("resource")
    assert [(change.resource, change.object_id) for change in changes] == [
        ("deal", deal.pk),
        ("task", task.pk),
        ("user", maria.pk),
    ]
    assert len({change.transaction_id for change in changes}) == 1


def test_a_task_of_a_deal_hidden_from_who_takes_over_goes_to_its_owner(admin, maria, boss):
    owner = UserFactory()
    hidden = TaskFactory(deal=DealFactory(owner=owner, is_confidential=True), assignee=maria)
    orphan = TaskFactory(deal=DealFactory(owner=UserFactory(is_active=False), is_confidential=True), assignee=maria)

    leave(maria, admin, to=boss)

    assert [stored(task).assignee for task in (hidden, orphan)] == [owner, None]


def test_reminders_come_in_the_hours_of_who_takes_over(admin, maria, boss):
    boss.time_zone = "Asia/Shanghai"
    boss.save()
    Preference.objects.create(user=boss, send_time=dt.time(9))
    reminder, held = waiting(maria), waiting(maria, status=ReminderStatus.HELD)

    leave(maria, admin, to=boss)

    assert stored(reminder).send_at == dt.datetime(2026, 11, 25, 1, tzinfo=dt.UTC)
    assert stored(held).recipient == boss


def test_what_is_waiting_for_both_is_told_once(admin, maria, boss):
    own = waiting(boss)
    subject = {"rule": own.rule, "subject_id": own.subject_id, "deal": own.deal}
    same = waiting(maria, **subject)
    held = waiting(maria, **subject, offset_days=-7, status=ReminderStatus.HELD)
    waiting(boss, **subject, offset_days=-7)
    told = ReminderFactory(rule=own.rule)
    waiting(boss, **subject, offset_days=3, escalates=told)
    escalation = waiting(maria, **subject, offset_days=-7, escalates=told)
    other_day = waiting(maria, **subject, offset_days=-1)

    leave(maria, admin, to=boss)

    assert (stored(own).recipient, own.status) == (boss, "waiting")
    for left in (same, held, escalation):
        assert (stored(left).recipient, left.status, left.reason) == (maria, "skipped", "handed_over")
    assert (stored(other_day).recipient, other_day.status) == (boss, "waiting")
    assert not Reminder.objects.filter(recipient=maria, status__in=["waiting", "held"]).exists()


def test_work_must_go_to_somebody(admin, maria):
    deal = DealFactory(owner=maria)
    TaskFactory.create_batch(2, deal=deal, assignee=maria)
    assert work_of(maria) == ["1 open deal", "2 open tasks"]

    with pytest.raises(DomainError, match=r"Maria Falk has 1 open deal, 2 open tasks\."):
        leave(maria, admin)

    assert stored(maria).is_active


def test_nobody_takes_over_from_themselves_nor_when_they_are_gone(admin, maria):
    DealFactory(owner=maria)

    for to in (maria, UserFactory(is_active=False)):
        with pytest.raises(DomainError, match="somebody else who is active"):
            leave(maria, admin, to=to)

    assert stored(maria).is_active


def test_who_holds_nothing_leaves_without_a_question(admin, maria):
    leave(maria, admin)
    assert not stored(maria).is_active


@pytest.mark.parametrize("count", [1, 20])
def test_handing_over_takes_the_same_queries_for_many(admin, maria, boss, count, django_assert_num_queries):
    for number in range(count):
        TaskFactory(deal=DealFactory(owner=maria), assignee=maria)
        waiting(maria, subject_id=number)
    admin.has_perm("accounts.change_user")
    boss.has_perm("deals.view_deal")

    with django_assert_num_queries(22):
        leave(maria, admin, to=boss)


def test_page_asks_who_takes_over_and_proposes_the_manager(client, admin, maria, boss):
    DealFactory(owner=maria)
    client.force_login(admin)

    response = client.get(f"/settings/users/{maria.pk}/")

    html = response.content.decode()
    assert "Their open work goes to somebody else: 1 open deal." in html
    assert f'<option value="{boss.pk}" selected>Wei Lin</option>' in html
    assert f'<option value="{maria.pk}"' not in html.split('name="to"')[1]


def test_page_of_someone_without_work_asks_nothing(client, admin, maria):
    client.force_login(admin)
    assert 'name="to"' not in client.get(f"/settings/users/{maria.pk}/").content.decode()


def test_page_hands_over_and_deactivates(client, admin, maria, boss):
    deal = DealFactory(owner=maria)
    client.force_login(admin)

    client.post(f"/settings/users/{maria.pk}/deactivate/", {"to": boss.pk})

    assert (stored(deal).owner, stored(maria).is_active) == (boss, False)


@pytest.mark.parametrize("to", ["", "999999", "x"])
def test_page_says_that_somebody_must_take_over(client, admin, maria, to):
    DealFactory(owner=maria)
    client.force_login(admin)

    response = client.post(f"/settings/users/{maria.pk}/deactivate/", {"to": to}, follow=True)

    assert "choose who takes over" in str(next(iter(response.context["messages"])))
    assert stored(maria).is_active
