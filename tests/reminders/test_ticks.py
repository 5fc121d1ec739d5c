"""Ticks: what is on from the start, and how little an idle one costs."""

import datetime as dt

import pytest

from reminders.domain.ticks import tick
from reminders.enums import SubjectKind
from reminders.models import Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TaskFactory

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def test_first_tick_makes_rules_of_every_kind_that_are_on():
    tick(at=NOW)

    assert set(ReminderRule.objects.filter(is_enabled=True).values_list("kind", flat=True)) == set(SubjectKind.values)


def test_tick_leaves_rules_alone_that_somebody_made_or_retired():
    tick(at=NOW)
    ReminderRule.objects.exclude(kind="task_due").delete()

    tick(at=NOW + 10 * MINUTE)

    assert ReminderRule.objects.count() == 1


def test_idle_tick_takes_two_queries(transactional_db, django_assert_num_queries):
    tick(at=NOW)
    tick(at=NOW + 10 * MINUTE)

    with django_assert_num_queries(2):
        tick(at=NOW + 20 * MINUTE)
    with django_assert_num_queries(1):
        tick(at=NOW + 1 * MINUTE)


def test_tick_finds_what_changed_since_the_last(transactional_db):
    tick(at=NOW)
    owner = UserFactory(role="Business development")
    TaskFactory(due_on=NOW.date(), deal__owner=owner)

    tick(at=NOW + 2 * MINUTE)
    assert Reminder.objects.count() == 0, "a scan at most every five minutes"
    tick(at=NOW + 5 * MINUTE)

    assert list(Reminder.objects.in_inbox(owner).values_list("kind", flat=True)) == ["task_due"]
