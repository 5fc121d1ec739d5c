"""Every kind of subject: due, not due, closed, out of sight, muted, snoozed, escalated."""

import datetime as dt

import pytest

from deals.models import Deal, Task
from reminders.domain.actions import mute, snooze
from reminders.domain.scan import scan
from reminders.domain.telling import tell_due
from reminders.enums import RecipientKind, SubjectKind
from reminders.models import Reminder
from tests.deals.factories import NOW, TODAY
from tests.reminders.factories import RuleFactory
from tests.reminders.subjects import CASES, make_deal, make_outsider

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
KINDS = sorted(CASES)
# A contract year that is over is at risk no more.
LASTING = [kind for kind in KINDS if kind != SubjectKind.MINIMUM_AT_RISK]


def outcomes():
    return list(Reminder.objects.order_by("pk").values_list("status", "reason"))


@pytest.fixture
def deal():
    return make_deal()


def test_every_kind_has_its_case():
    assert {*CASES, SubjectKind.WEEKLY_DIGEST} == set(SubjectKind)


@pytest.mark.parametrize("kind", KINDS)
def test_subject_that_is_due_is_told_to_its_owner(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind)

    scan(at=NOW)
    tell_due(at=NOW)

    (reminder,) = Reminder.objects.all()
    assert (reminder.status, reminder.told_to, reminder.deal) == ("told", deal.owner, deal)
    assert (reminder.due_on, reminder.url[:1]) == (TODAY, "/")
    assert "{" not in reminder.title
    assert len(reminder.title) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_subject_that_is_not_due_is_not_told(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind, offsets=[-20, 20])

    scan(at=NOW)
    tell_due(at=NOW)

    assert ("told", "") not in outcomes()


@pytest.mark.parametrize("kind", KINDS)
def test_subject_that_was_closed_before_is_not_told(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind)
    scan(at=NOW)

    CASES[kind].close(Deal.objects.get(pk=deal.pk))
    tell_due(at=NOW)

    assert outcomes() == [("skipped", "closed")]


@pytest.mark.parametrize("kind", KINDS)
def test_subject_that_went_out_of_sight_is_not_told(kind, deal):
    outsider = make_outsider()
    CASES[kind].make(deal)
    RuleFactory(kind=kind, recipients=[RecipientKind.PERSON], person=outsider)
    scan(at=NOW)

    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)
    tell_due(at=NOW)

    assert outcomes() == [("skipped", "unseen")]
    assert Reminder.objects.get().title == ""


@pytest.mark.parametrize("kind", LASTING)
def test_subject_that_was_muted_is_not_told_again(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind, offsets=[0, 1])
    scan(at=NOW)
    tell_due(at=NOW)

    mute(reminders=list(Reminder.objects.filter(status="told")), user=deal.owner, at=NOW)
    scan(at=NOW + DAY)
    tell_due(at=NOW + DAY)

    assert [reason for _status, reason in outcomes()].count("muted") == 1


@pytest.mark.parametrize("kind", LASTING)
def test_subject_that_was_snoozed_is_told_again_on_its_day(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind)
    scan(at=NOW)
    tell_due(at=NOW)

    snooze(reminders=list(Reminder.objects.all()), user=deal.owner, until=TODAY + 2 * DAY, at=NOW)
    tell_due(at=NOW + DAY)
    assert outcomes() == [("waiting", "")]
    tell_due(at=NOW + 2 * DAY)

    assert list(Reminder.objects.values_list("status", "told_at")) == [("told", NOW + 2 * DAY)]


@pytest.mark.parametrize("kind", LASTING)
def test_subject_that_nobody_acted_on_is_told_to_the_manager_once(kind, deal):
    CASES[kind].make(deal)
    RuleFactory(kind=kind, escalate_after_days=2)
    scan(at=NOW)
    tell_due(at=NOW)

    for days in (1, 2, 3, 6):
        scan(at=NOW + days * DAY)
        tell_due(at=NOW + days * DAY)

    (escalation,) = Reminder.objects.filter(escalates__isnull=False)
    assert (escalation.told_to, escalation.told_at) == (deal.owner.manager, NOW + 2 * DAY)


def test_minimum_is_not_told_of_when_its_year_is_over(deal):
    CASES[SubjectKind.MINIMUM_AT_RISK].make(deal)
    RuleFactory(kind=SubjectKind.MINIMUM_AT_RISK)
    scan(at=NOW)

    tell_due(at=NOW + DAY)

    assert outcomes() == [("skipped", "closed")]


def test_done_is_not_escalated(deal):
    CASES[SubjectKind.TASK_DUE].make(deal)
    RuleFactory(escalate_after_days=2)
    scan(at=NOW)
    tell_due(at=NOW)
    Task.objects.update(done_at=NOW, done_by=deal.owner)

    scan(at=NOW + 3 * DAY)
    tell_due(at=NOW + 3 * DAY)

    assert not Reminder.objects.filter(escalates__isnull=False, status="told").exists()
