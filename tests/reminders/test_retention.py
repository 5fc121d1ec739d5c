"""What is kept, for how long."""

import datetime as dt

import pytest

from reminders.domain import retention
from reminders.domain.links import make_token, use_link
from reminders.domain.operations import total_messages
from reminders.enums import LinkAction
from reminders.models import Notification, NotificationItem, Reminder, Scan, UsedLink
from reminders.tasks import purge
from tests.deals.factories import NOW
from tests.reminders.factories import NotificationFactory, ReminderFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def message(age, **values):
    """A message that was written some days ago and came to what is said."""
    reminder = ReminderFactory()
    made = NotificationFactory(recipient=reminder.recipient, reminders=[reminder])
    facts = {"status": "sent", "sent_at": NOW - age} | values
    Notification.objects.filter(pk=made.pk).update(created_at=NOW - age, **facts)
    return made


def test_messages_are_kept_for_400_days_and_their_reminders_for_good():
    kept = [message(399 * DAY), message(500 * DAY, status="pending", sent_at=None)]
    for values in ({}, {"status": "failed", "sent_at": None}, {"status": "skipped", "sent_at": None}):
        message(401 * DAY, **values)
    totals = total_messages()

    purged = retention.purge_old(at=NOW)

    assert purged.messages == 3
    assert list(Notification.objects.order_by("pk")) == kept
    assert NotificationItem.objects.count() == 2
    assert Reminder.objects.filter(status="told", told_at=NOW).count() == 5
    assert total_messages() == totals


def test_scans_are_kept_for_90_days():
    ages = (0, 89, 91, 200)
    scans = [Scan.objects.create(at=NOW - age * DAY, took_ms=1, seen=1, created=1) for age in ages]

    assert retention.purge_old(at=NOW).scans == 2

    assert list(Scan.objects.order_by("pk")) == scans[:2]


def test_used_links_are_kept_until_they_have_expired():
    reminder = ReminderFactory()
    mail = NotificationFactory(recipient=reminder.recipient, reminders=[reminder])
    token = make_token(notification=mail, reminder=reminder, action=LinkAction.DONE, at=NOW)
    use_link(token, at=NOW)

    assert retention.purge_old(at=NOW + 14 * DAY).links == 0
    assert retention.purge_old(at=NOW + 31 * DAY).links == 1
    assert not UsedLink.objects.exists()


def test_many_are_deleted_in_batches(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _number in range(5):
        Scan.objects.create(at=NOW - 100 * DAY, took_ms=1, seen=1, created=1)

    # Three batches, each found and deleted, and the three looks that find nothing more.
    with django_assert_num_queries(3 * 2 + 3):
        assert retention.purge_old(at=NOW).scans == 5


def test_the_clock_deletes_what_is_old(time_machine):
    message(401 * DAY)
    time_machine.move_to(NOW, tick=False)

    purge.delay()
    purge()

    assert not Notification.objects.exists()
