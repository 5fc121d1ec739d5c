"""Links in mails: what they do, once, for whom, and what they never tell."""

import datetime as dt
import re
import threading

import pytest
import structlog
import time_machine
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.urls import reverse

from lrs_tracker.logging import hide_secrets
from reminders.domain.actions import mark_done
from reminders.domain.links import LINK_AGE, LinkClosedError, LinkUsedError, make_token, open_link, use_link
from reminders.enums import LinkAction, MessageKind, ReminderStatus, SubjectKind
from reminders.models import KindPreference, Mute, Reminder, UsedLink
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory
from tests.reminders.factories import NotificationFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=2)
GONE = "This link does not work any more"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def reminder():
    return ReminderFactory(
        title="Call the plant", deal__title="Secret plan", deal__company__name="Aster Motors", rule__name="Tasks"
    )


def token_of(reminder, action=LinkAction.DONE, at=NOW, **facts):
    message = NotificationFactory(recipient=reminder.told_to, reminders=[reminder], **facts)
    return make_token(notification=message, reminder=reminder, action=action, at=at)


def address(token):
    return reverse("reminders:mail_link", args=[token])


def body(response):
    return response.content.decode()


@pytest.mark.parametrize("action", LinkAction)
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_a_link_changes_nothing(client, reminder, action, method):
    before = Reminder.objects.values().get()
    response = getattr(client, method)(address(token_of(reminder, action)))
    assert response.status_code == 200
    assert Reminder.objects.values().get() == before
    assert [model.objects.count() for model in (UsedLink, Mute, KindPreference)] == [0, 0, 0]


def test_page_has_one_button_and_says_what_will_happen(client, reminder):
    page = body(client.get(address(token_of(reminder))))
    assert page.count('<button class="btn btn-primary">') == 1
    assert "Mark as done" in page
    assert "Call the plant" in page


def test_done_takes_the_reminder_out_of_the_inbox(client, reminder):
    response = client.post(address(token_of(reminder)))
    assert response.status_code == 200
    assert "It has left your inbox" in body(response)
    reminder.refresh_from_db()
    assert reminder.done_at == LATER


@pytest.mark.parametrize(
    ("action", "back_at"),
    [
        (LinkAction.SNOOZE_DAY, dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC)),
        (LinkAction.SNOOZE_WEEK, dt.datetime(2026, 12, 1, 7, tzinfo=dt.UTC)),
    ],
)
def test_snooze_brings_the_reminder_back_at_the_readers_hour(client, action, back_at):
    reminder = ReminderFactory(recipient__time_zone="Europe/Berlin")
    token = token_of(reminder, action)
    assert f"comes back on {back_at:%a %-d %b %Y}, 08:00." in body(client.get(address(token)))
    assert f"comes back on {back_at:%a %-d %b %Y}, 08:00." in body(client.post(address(token)))
    reminder.refresh_from_db()
    assert (reminder.status, reminder.snoozed_until, reminder.send_at) == (ReminderStatus.WAITING, back_at, back_at)


def test_mute_silences_the_rule_for_this_deal_only(client, reminder):
    response = client.post(address(token_of(reminder, LinkAction.MUTE)))
    assert f"nothing more of “Tasks” for {reminder.deal.code}" in body(response)
    mute = Mute.objects.get()
    assert (mute.user, mute.rule, mute.deal) == (reminder.told_to, reminder.rule, reminder.deal)


def test_one_click_of_a_mail_program_stops_mails_of_every_kind_in_the_message(reminder):
    client = Client(enforce_csrf_checks=True)
    other = ReminderFactory(
        rule=RuleFactory(kind=SubjectKind.DOCUMENT_EXPIRY), recipient=reminder.told_to, deal=reminder.deal
    )
    message = NotificationFactory(kind=MessageKind.DIGEST, recipient=reminder.told_to, reminders=[reminder, other])
    token = make_token(notification=message, reminder=reminder, action=LinkAction.UNSUBSCRIBE, at=NOW)
    response = client.post(address(token), {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert set(KindPreference.objects.values_list("user", "kind", "by_email", "by_chat")) == {
        (reminder.told_to_id, "task_due", False, True),
        (reminder.told_to_id, "document_expiry", False, True),
    }
    change = Change.objects.filter(resource="reminder-kind-preference").first()
    assert change.actor == reminder.told_to


def test_link_works_once(client, reminder):
    token = token_of(reminder, LinkAction.SNOOZE_DAY)
    client.post(address(token))
    sleeping = Reminder.objects.values().get()
    for method in ("get", "post"):
        page = body(getattr(client, method)(address(token)))
        assert "This was done already" in page
        assert "Call the plant" not in page
        assert "Aster" not in page
    assert Reminder.objects.values().get() == sleeping


def test_links_of_a_message_that_was_sent_twice_are_the_same_link(reminder):
    message = NotificationFactory(recipient=reminder.told_to, reminders=[reminder])
    first, second = (
        make_token(notification=message, reminder=reminder, action=LinkAction.SNOOZE_DAY, at=at)
        for at in (NOW, NOW + dt.timedelta(minutes=5))
    )
    assert first != second
    use_link(first, at=LATER)
    with pytest.raises(LinkUsedError):
        use_link(second, at=LATER)


def test_snooze_of_a_later_message_works_again(reminder):
    use_link(token_of(reminder, LinkAction.SNOOZE_DAY), at=LATER)
    link = use_link(token_of(reminder, LinkAction.SNOOZE_DAY), at=LATER)
    assert link.reminder == reminder


def test_done_by_another_way_is_done_already(client, reminder):
    token = token_of(reminder, LinkAction.SNOOZE_DAY)
    mark_done(reminders=[reminder], user=reminder.told_to, at=LATER)
    assert "This was done already" in body(client.post(address(token)))
    reminder.refresh_from_db()
    assert reminder.status == ReminderStatus.TOLD


def test_link_expires_after_two_weeks(reminder):
    token = token_of(reminder)
    assert open_link(token, at=NOW + LINK_AGE - dt.timedelta(seconds=1)).reminder == reminder
    with pytest.raises(LinkClosedError):
        open_link(token, at=NOW + LINK_AGE)


def closed_tokens(reminder):
    """Return tokens that do not work, each for another reason; the one of an inactive user is the last."""
    good = token_of(reminder)
    signed, signature = good.rsplit(".", 1)
    yield token_of(reminder, at=NOW - LINK_AGE)
    yield "no-such-token"
    yield f"{signed}.{signature[:-2]}aa"
    yield f"{signed}x.{signature}"
    yield "x" * 5_000
    yield "ключ"
    yield token_of(ReminderFactory(told_to=UserFactory(role=False)))
    yield token_of(
        ReminderFactory(deal=DealFactory(is_confidential=True, title="Secret plan"), recipient=UserFactory())
    )
    elsewhere = ReminderFactory()
    token = token_of(elsewhere)
    Reminder.objects.filter(pk=elsewhere.pk).update(told_to=UserFactory())
    yield token
    reminder.told_to.is_active = False
    reminder.told_to.save()
    yield good


def test_whatever_does_not_work_is_answered_alike_and_does_nothing(client, reminder):
    pages = set()
    for token in closed_tokens(reminder):
        for method in ("get", "post"):
            response = getattr(client, method)(address(token))
            assert response.status_code == 404
            pages.add(re.search("<main.*</main>", body(response), re.DOTALL)[0])
    (page,) = pages
    assert GONE in page
    assert "Secret" not in page
    assert "Aster" not in page
    assert not UsedLink.objects.exists()
    assert not Reminder.objects.filter(done_at__isnull=False).exists()


def test_link_of_another_use_of_the_key_does_not_work(reminder):
    named = [1, reminder.pk, reminder.told_to_id, "done", int(LATER.timestamp()) + 60]
    with pytest.raises(LinkClosedError):
        open_link(Signer(salt="another", sep=".").sign_object(named), at=LATER)


def test_page_tells_nobody_its_address(client, reminder):
    token = token_of(reminder)
    for response in (client.get(address(token)), client.post(address(token)), client.get(address("no-such"))):
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert "no-store" in response["Cache-Control"]
        assert token not in body(response)
    digest = UsedLink.objects.get().digest
    assert token not in digest


def test_address_is_not_logged(client, reminder, settings):
    token = token_of(reminder)
    with structlog.testing.capture_logs(processors=[hide_secrets]) as logs:
        client.get(address(token))
    assert [(line["event"], line["path"]) for line in logs] == [("request", "/from-mail/[hidden]/")]


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_acts(reminder):
    token = token_of(reminder, LinkAction.SNOOZE_WEEK)
    start = threading.Barrier(2)
    results = []

    def click():
        try:
            start.wait()
            use_link(token, at=LATER)
            results.append("acted")
        except LinkUsedError:
            results.append("used")
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["acted", "used"]


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, reminder, method):
    assert getattr(client, method)(address(token_of(reminder))).status_code == 405
