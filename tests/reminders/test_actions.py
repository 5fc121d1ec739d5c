"""What people do with what they were told."""

import datetime as dt

import pytest

from lrs_tracker.problems import DomainError, PermissionRefusedError
from reminders.domain.actions import mark_done, mark_read, mute, snooze, undo, undo_mute, unmute
from reminders.enums import ReminderStatus, SkipReason
from reminders.models import Mute, Preference, Reminder
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory
from tests.reminders.factories import ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def maria():
    return UserFactory(time_zone="Europe/Berlin")


def told(user, **facts):
    return ReminderFactory(recipient=user, **facts)


def inbox(user):
    return list(Reminder.objects.in_inbox(user).order_by("pk"))


def test_mark_read_counts_once(maria):
    reminder = told(maria)

    assert mark_read(reminders=[reminder], user=maria, at=NOW) == 1
    assert mark_read(reminders=[reminder], user=maria, at=LATER) == 0

    reminder.refresh_from_db()
    assert reminder.read_at == NOW


def test_mark_done_leaves_the_inbox_and_undo_brings_it_back(maria):
    reminder, other = told(maria), told(maria)

    assert mark_done(reminders=[reminder], user=maria, at=NOW) == 1
    assert inbox(maria) == [other]

    assert undo(reminders=[reminder], user=maria, at=LATER) == 1
    assert inbox(maria) == [reminder, other]


def test_mark_done_also_ends_a_snooze(maria):
    reminder = told(maria)
    snooze(reminders=[reminder], user=maria, until=TODAY + DAY, at=NOW)

    mark_done(reminders=[reminder], user=maria, at=LATER)

    reminder.refresh_from_db()
    assert (reminder.status, reminder.snoozed_until, reminder.done_at) == (ReminderStatus.TOLD, None, LATER)


def test_snooze_waits_until_the_persons_own_send_time(maria):
    Preference.objects.create(user=maria, send_time=dt.time(7, 30))
    reminder = told(maria, read_at=NOW)

    moment = snooze(reminders=[reminder], user=maria, until=TODAY + DAY, at=NOW)

    reminder.refresh_from_db()
    # 07:30 in Berlin, in winter.
    assert moment == dt.datetime(2026, 11, 25, 6, 30, tzinfo=dt.UTC)
    assert (reminder.status, reminder.send_at, reminder.snoozed_until) == (ReminderStatus.WAITING, moment, moment)
    assert (reminder.told_at, reminder.read_at) == (NOW, None)


def test_snooze_to_a_weekend_ends_on_the_working_day_after(maria):
    saturday = dt.date(2026, 11, 28)

    moment = snooze(reminders=[told(maria)], user=maria, until=saturday, at=NOW)

    assert moment == dt.datetime(2026, 11, 30, 7, 0, tzinfo=dt.UTC)


def test_snooze_keeps_the_hour_when_the_clocks_change(maria):
    # Berlin leaves summer time on 25 October 2026.
    at = dt.datetime(2026, 10, 23, 9, tzinfo=dt.UTC)

    moment = snooze(reminders=[told(maria)], user=maria, until=dt.date(2026, 10, 26), at=at)

    assert moment == dt.datetime(2026, 10, 26, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize("until", [TODAY, TODAY - DAY])
def test_snooze_refuses_what_has_passed(maria, until):
    reminder = told(maria)

    with pytest.raises(DomainError, match="a day to come") as refused:
        snooze(reminders=[reminder], user=maria, until=until, at=NOW)

    assert refused.value.field == "until"
    assert inbox(maria) == [reminder]


def test_undo_ends_a_snooze_as_read(maria):
    reminder = told(maria)
    snooze(reminders=[reminder], user=maria, until=TODAY + DAY, at=NOW)

    undo(reminders=[reminder], user=maria, at=LATER)

    reminder.refresh_from_db()
    assert inbox(maria) == [reminder]
    assert (reminder.snoozed_until, reminder.read_at) == (None, LATER)


def test_undo_leaves_what_was_settled_while_it_was_snoozed(maria):
    settled = told(maria, status=ReminderStatus.SKIPPED, reason=SkipReason.CLOSED)

    assert undo(reminders=[settled], user=maria, at=LATER) == 0
    assert inbox(maria) == []


def test_mute_silences_the_rule_for_the_deal_and_takes_out_what_it_told(maria):
    rule, deal = RuleFactory(), DealFactory()
    first, second = told(maria, rule=rule, deal=deal), told(maria, rule=rule, deal=deal, subject_id=7)
    other_deal, other_rule = told(maria, rule=rule), told(maria, deal=deal)

    gone = mute(reminders=[first], user=maria, at=NOW)

    assert sorted(gone) == [first.pk, second.pk]
    assert inbox(maria) == [other_deal, other_rule]
    assert [(one.rule, one.deal) for one in Mute.objects.filter(user=maria)] == [(rule, deal)]

    undo_mute(reminders=[first, second], user=maria, at=LATER)

    assert inbox(maria) == [first, second, other_deal, other_rule]
    assert not Mute.objects.exists()


def test_mute_of_a_reminder_without_a_deal_silences_the_rule_altogether(maria):
    reminder = told(maria, deal=None, subject_id=1, url="/")
    of_a_deal = told(maria, rule=reminder.rule)

    mute(reminders=[reminder], user=maria, at=NOW)

    assert list(Mute.objects.values_list("rule", "deal")) == [(reminder.rule_id, None)]
    assert inbox(maria) == [of_a_deal]


def test_mute_twice_is_one_mute(maria):
    reminder = told(maria)

    mute(reminders=[reminder], user=maria, at=NOW)
    mute(reminders=[reminder], user=maria, at=LATER)

    assert Mute.objects.count() == 1


def test_unmute_is_for_the_one_who_muted(maria):
    own = Mute.objects.create(user=maria, rule=RuleFactory())

    with pytest.raises(PermissionRefusedError):
        unmute(mute=own, user=UserFactory())
    unmute(mute=own, user=maria)

    assert not Mute.objects.exists()


@pytest.mark.parametrize(
    "action",
    [
        mark_read,
        mark_done,
        undo,
        mute,
        undo_mute,
        lambda **asked: snooze(**asked, until=TODAY + DAY),
    ],
)
def test_nobody_acts_on_what_somebody_else_was_told(maria, action):
    own, foreign = told(maria), told(UserFactory())

    with pytest.raises(PermissionRefusedError):
        action(reminders=[own, foreign], user=maria, at=NOW)

    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.read_at, own.done_at, foreign.read_at, foreign.done_at) == (None, None, None, None)
    assert not Mute.objects.exists()


def test_who_stands_in_acts_and_the_person_away_does_not(maria):
    delegate = UserFactory()
    reminder = told(maria, told_to=delegate)

    with pytest.raises(PermissionRefusedError):
        mark_done(reminders=[reminder], user=maria, at=NOW)
    mark_done(reminders=[reminder], user=delegate, at=NOW)

    assert inbox(delegate) == []


@pytest.mark.parametrize("count", [1, 40])
def test_many_at_once_take_few_queries(maria, count, django_assert_num_queries):
    reminders = [told(maria) for _number in range(count)]

    # Each: a savepoint, the statements, its release.
    with django_assert_num_queries(3):
        mark_done(reminders=reminders, user=maria, at=NOW)
    with django_assert_num_queries(3):
        undo(reminders=reminders, user=maria, at=NOW)
    with django_assert_num_queries(4):
        snooze(reminders=reminders, user=maria, until=TODAY + DAY, at=NOW)
    undo(reminders=reminders, user=maria, at=NOW)
    with django_assert_num_queries(5):
        mute(reminders=reminders, user=maria, at=NOW)
