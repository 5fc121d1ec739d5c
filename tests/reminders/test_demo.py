"""The demonstration desk has reminders to look at."""

import datetime as dt
import zoneinfo

import pytest

from accounts.models import User
from reminders.enums import SubjectKind
from reminders.models import Notification, Reminder, ReminderRule, Scan

pytestmark = pytest.mark.django_db


def test_demo_desk_has_reminders_in_the_inboxes_of_its_people(demo_desk):
    kinds = set(Reminder.objects.filter(status="told").values_list("kind", flat=True))

    assert ReminderRule.objects.count() == len(SubjectKind)
    assert len(kinds) >= 4, kinds
    for name in ("bd", "bd2", "finance", "manager"):
        user = User.objects.get(email=f"{name}@example.com")
        assert Reminder.objects.in_inbox(user).exists(), name
    assert not any(Scan.objects.values_list("errors", flat=True))


def test_demo_desk_was_told_at_eight_where_each_person_is(demo_desk):
    told = Reminder.objects.filter(status="told", told_to__isnull=False).select_related("told_to")
    zones = {one.told_to.time_zone for one in told}

    hours = {one.told_at.astimezone(zoneinfo.ZoneInfo(one.told_to.time_zone)).time() for one in told}

    assert hours == {dt.time(8)}
    assert len(zones) > 1, zones


def test_demo_desk_sends_nothing(demo_desk):
    assert not Notification.objects.exists()
    assert not Reminder.objects.filter(title="", status="told").exists()
