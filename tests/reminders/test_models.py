import pytest

from tests.reminders.factories import ReminderFactory

pytestmark = pytest.mark.django_db


def test_reminder_factory_makes_a_told_reminder():
    assert ReminderFactory().told_to is not None
