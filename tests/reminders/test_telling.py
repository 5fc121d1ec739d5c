"""Telling: the right person, right now, once, and each reason why somebody is not told."""

import datetime as dt

import pytest

from accounts.enums import Role
from deals.domain.tasks import finish_task
from reminders.domain.scan import scan
from reminders.domain.telling import tell_due
from reminders.enums import Channel, RecipientKind, SubjectKind
from reminders.models import KindPreference, Mute, Notification, Preference, Reminder
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, TaskFactory
from tests.reminders.factories import ChatEndpointFactory, RuleFactory
from tests.royalties.factories import InvoiceFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def owner():
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT, name="Mei Lin")


@pytest.fixture
def task(owner):
    return TaskFactory(title="Send the draft", due_on=TODAY, deal__owner=owner, deal__company__name="Aurora Motors")


def told():
    return list(Reminder.objects.filter(status="told").order_by("pk"))


def reasons():
    return [reminder.reason for reminder in Reminder.objects.order_by("pk")]


def test_tell_puts_a_reminder_into_words_and_into_the_inbox(owner, task):
    RuleFactory()
    scan(at=NOW)

    assert tell_due(at=NOW) == 1

    (reminder,) = told()
    assert (reminder.told_to, reminder.told_at) == (owner, NOW)
    assert reminder.title == "Send the draft: due today"
    assert reminder.detail == "Due Tue 24 Nov 2026"
    assert reminder.url == f"/deals/{task.deal.code}/?tab=tasks"
    assert list(Reminder.objects.in_inbox(owner)) == [reminder]


def test_tell_waits_until_it_is_time(task):
    RuleFactory()
    scan(at=NOW - DAY)

    assert tell_due(at=NOW - dt.timedelta(hours=2)) == 0
    assert tell_due(at=NOW) == 1


def test_tell_never_tells_what_waited_longer_than_its_grace_on_a_day_off_either(task):
    """A machine that was down for long and starts on a Saturday tells nothing old on Monday."""
    RuleFactory(grace_days=7)
    scan(at=NOW - DAY)
    saturday = NOW + 11 * DAY

    tell_due(at=saturday)
    tell_due(at=saturday + 2 * DAY)

    assert reasons() == ["too_late"]
    assert told() == []


def test_tell_tells_one_week_of_the_digests_that_are_due_at_once():
    """A machine that was down from before Monday until after Friday tells a manager of one week."""
    manager = UserFactory(role=Role.MANAGER)
    RuleFactory(kind=SubjectKind.WEEKLY_DIGEST, channels=[Channel.EMAIL], enabled_on=TODAY)
    sunday, next_saturday, next_monday = NOW - 2 * DAY, NOW + 4 * DAY, NOW + 6 * DAY
    InvoiceFactory(issued_on=TODAY - 30 * DAY, due_on=TODAY + 4 * DAY)
    scan(at=sunday)

    tell_due(at=next_saturday)
    scan(at=next_monday)
    tell_due(at=next_monday)

    digests = Reminder.objects.filter(recipient=manager, due_on__lte=next_monday).order_by("due_on")
    assert [(digest.due_on, digest.reason) for digest in digests] == [
        (TODAY - DAY, "overtaken"),
        (next_monday.date(), ""),
    ]
    assert Notification.objects.filter(recipient=manager).count() == 1


def test_tell_fills_the_sentence_of_the_rule(task):
    RuleFactory(title="{company} ({deal}): {what} by {date}")
    scan(at=NOW)
    tell_due(at=NOW)

    assert told()[0].title == f"Aurora Motors ({task.deal.code}): Send the draft by Tue 24 Nov 2026"


@pytest.mark.parametrize("sentence", ["{moon}: {what}", "{what.nothing}", "{", "{0}"])
def test_tell_falls_back_to_the_sentence_of_the_kind(task, sentence):
    RuleFactory(title=sentence)
    scan(at=NOW)
    tell_due(at=NOW)

    assert told()[0].title == "Send the draft: due today"


def test_tell_skips_what_was_done_before_it_was_told(owner, task):
    RuleFactory()
    scan(at=NOW)
    finish_task(task=task, by=owner, at=NOW)
    tell_due(at=NOW)

    assert reasons() == ["closed"]


def test_tell_skips_what_was_moved_to_another_date(task):
    RuleFactory()
    scan(at=NOW)
    type(task).objects.filter(pk=task.pk).update(due_on=TODAY + 9 * DAY)
    tell_due(at=NOW)

    assert reasons() == ["closed"]


def test_tell_skips_the_former_owner_and_the_next_scan_finds_the_new_one(task):
    RuleFactory()
    scan(at=NOW)
    other = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    type(task).objects.filter(pk=task.pk).update(assignee=other)
    tell_due(at=NOW)
    scan(at=NOW)
    tell_due(at=NOW)

    assert reasons() == ["closed", ""]
    assert [reminder.told_to for reminder in told()] == [other]


def test_tell_skips_who_may_not_see_the_deal_any_more(owner):
    member = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    deal = DealFactory(owner=owner, is_confidential=True)
    TaskFactory(deal=deal, due_on=TODAY)
    RuleFactory(recipients=[RecipientKind.PERSON], person=member)
    scan(at=NOW)
    tell_due(at=NOW)

    assert reasons() == ["unseen"]
    assert Reminder.objects.get().title == ""


def test_tell_skips_the_inactive(owner, task):
    RuleFactory()
    scan(at=NOW)
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    tell_due(at=NOW)

    assert reasons() == ["inactive"]


@pytest.mark.parametrize("everywhere", [True, False])
def test_tell_skips_the_muted(owner, task, everywhere):
    rule = RuleFactory()
    Mute.objects.create(user=owner, rule=rule, deal=None if everywhere else task.deal)
    scan(at=NOW)
    tell_due(at=NOW)

    assert reasons() == ["muted"]


def test_tell_skips_a_rule_that_was_switched_off(task):
    rule = RuleFactory()
    scan(at=NOW)
    type(rule).objects.update(is_enabled=False)
    tell_due(at=NOW)

    assert reasons() == ["rule_off"]


def test_tell_tells_the_last_of_several_that_are_due_at_once(task):
    RuleFactory(offsets=[-2, -1, 0])
    scan(at=NOW)
    tell_due(at=NOW)

    assert sorted(reasons()) == ["", "overtaken", "overtaken"]
    assert [reminder.offset_days for reminder in told()] == [0]


def test_tell_tells_the_stand_in_of_someone_away(owner, task):
    delegate = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    Preference.objects.create(user=owner, away_from=TODAY, away_until=TODAY + 7 * DAY, delegate=delegate)
    RuleFactory()
    scan(at=NOW)
    tell_due(at=NOW)

    (reminder,) = told()
    assert (reminder.recipient, reminder.told_to) == (owner, delegate)


def test_tell_tells_someone_away_when_the_stand_in_may_not_see_the_deal(owner):
    delegate = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    Preference.objects.create(user=owner, away_from=TODAY, away_until=TODAY + 7 * DAY, delegate=delegate)
    TaskFactory(due_on=TODAY, deal__owner=owner, deal__is_confidential=True)
    RuleFactory()
    scan(at=NOW)
    tell_due(at=NOW)

    assert [reminder.told_to for reminder in told()] == [owner]


def test_tell_again_tells_nobody_twice(task):
    RuleFactory(channels=[Channel.EMAIL])
    scan(at=NOW)

    assert (tell_due(at=NOW), tell_due(at=NOW)) == (1, 0)
    assert Notification.objects.count() == 1


def test_tell_makes_one_digest_for_those_who_want_it_and_sends_urgent_ones_apart(owner, task):
    Preference.objects.create(user=owner, wants_digest=True)
    TaskFactory(due_on=TODAY, deal=task.deal, assignee=owner)
    RuleFactory(channels=[Channel.EMAIL])
    RuleFactory(channels=[Channel.EMAIL], is_urgent=True)
    scan(at=NOW)
    tell_due(at=NOW)

    messages = Notification.objects.order_by("kind", "pk")
    assert [(message.kind, message.reminders.count()) for message in messages] == [
        ("digest", 2),
        ("single", 1),
        ("single", 1),
    ]


def test_tell_goes_by_the_ways_that_a_person_wants(owner, task):
    KindPreference.objects.create(user=owner, kind="task_due", by_email=False, by_chat=True)
    endpoint = ChatEndpointFactory(owner=owner)
    Preference.objects.create(user=owner, chat_endpoint=endpoint)
    RuleFactory(channels=[Channel.EMAIL, Channel.CHAT])
    scan(at=NOW)
    tell_due(at=NOW)

    assert [(message.channel, message.chat_endpoint) for message in Notification.objects.all()] == [("chat", endpoint)]


@pytest.mark.parametrize("people", [1, 3])
def test_tell_query_count_does_not_grow_with_what_is_told(django_assert_num_queries, people, owner):
    RuleFactory(channels=[Channel.EMAIL])
    for _number in range(people):
        TaskFactory(due_on=TODAY, deal__owner=owner)
    scan(at=NOW)

    with django_assert_num_queries(24):
        tell_due(at=NOW)
