"""The operations page and the ledger."""

import csv
import datetime as dt
import io

import pytest
from django.contrib.auth.models import Permission

from accounts.enums import Role
from lrs_tracker.celery import app
from lrs_tracker.heartbeats import BEAT, REMINDERS, WORKER, note_heartbeat
from reminders.models import Notification, Reminder, Scan
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory
from tests.deals.factories import NOW, DealFactory, TaskFactory
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
STATE, LEDGER = "/settings/operations/", "/settings/operations/ledger/"
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR, time_zone="UTC")
    client.force_login(admin)
    return admin


def send(reminder, **values):
    """A message that carries a reminder."""
    facts = {"channel": "email", "kind": "single", "recipient": reminder.recipient, "next_attempt_at": NOW} | values
    message = Notification.objects.create(**facts)
    message.reminders.add(reminder)
    return message


def says(response):
    """The texts of a page without its tags, in one line."""
    return " ".join(response.content.decode().split())


def titles(response):
    """The sentences of the ledger's rows."""
    return [reminder.title for reminder in response.context["page"]]


PAGES = [
    ("get", STATE),
    ("get", LEDGER),
    ("get", f"{LEDGER}?export=csv"),
    ("post", f"{STATE}resend/"),
    ("post", f"{STATE}messages/{{message}}/resend/"),
]


@pytest.mark.parametrize(("method", "path"), PAGES)
@pytest.mark.parametrize("role", [None, *Role])
def test_pages_are_for_administrators(client, method, path, role):
    message = send(ReminderFactory(), status="failed")
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = getattr(client, method)(path.format(message=message.pk))

    assert response.status_code in {None: {302}, Role.ADMINISTRATOR: {200, 302}}.get(role, {403})


@pytest.mark.parametrize("path", [f"{STATE}resend/", f"{STATE}messages/1/resend/"])
def test_actions_refuse_get(client, admin, path):
    assert client.get(path).status_code == 405


def test_state_counts_what_waits_and_what_became_of_it(client, admin):
    reminder = ReminderFactory()
    ReminderFactory(status="waiting", told_at=None, told_to=None, send_at=NOW - MINUTE)
    ReminderFactory(status="waiting", told_at=None, told_to=None, send_at=NOW + DAY)
    ReminderFactory(status="held", told_at=None, told_to=None)
    send(reminder, next_attempt_at=NOW - 5 * MINUTE)
    send(reminder, leased_until=NOW + MINUTE)
    send(reminder, leased_until=NOW - MINUTE)
    for values in ({"status": "sent", "sent_at": NOW}, {"status": "failed"}, {"status": "skipped"}):
        Notification.objects.filter(pk=send(reminder).pk).update(**values)

    context = client.get(STATE).context

    reminders, messages = context["reminders_by_state"], context["messages_by_state"]
    assert (reminders.waiting, reminders.due, reminders.held) == (2, 1, 1)
    assert (messages.waiting, messages.being_sent, messages.failed) == (2, 1, 1)
    assert (context["totals"]["sent"], context["totals"]["skipped"]) == (1, 1)
    assert messages.lag_seconds(NOW) == 300


@pytest.mark.parametrize(
    ("action", "became"), [("send", ("waiting", "", NOW)), ("discard", ("skipped", "discarded", NOW - 30 * DAY))]
)
def test_state_asks_what_becomes_of_held_escalations(client, admin, action, became):
    rule = RuleFactory(name="Next steps")
    told = ReminderFactory.create_batch(2, rule=rule)
    for one in told:
        held = {"rule": rule, "deal": one.deal, "escalates": one, "send_at": NOW - 30 * DAY}
        ReminderFactory(**held, status="held", told_at=None, told_to=None)

    page = says(client.get(STATE))
    assert "<b>Next steps:</b> 2 reminders wait for your decision." in page
    assert 'data-confirm="Discard 2 reminders? Nobody will be told of these."' in page
    client.post(f"/settings/rules/{rule.pk}/held/{action}/")

    rows = Reminder.objects.filter(escalates__isnull=False)
    assert list(rows.values_list("status", "reason", "send_at")) == [became] * 2
    assert "wait for your decision" not in says(client.get(STATE))


def test_state_tells_how_deep_the_queues_are(client, admin):
    app.send_task("reminders.send", queue="reminders")
    app.send_task("reminders.send", queue="reminders")
    app.send_task("lrs_tracker.note_worker", queue="default")

    response = client.get(STATE)

    assert response.context["broker"].queues == {"default": 1, "long": 0, "reminders": 2, "webhooks": 0}
    assert "<dt>Queue reminders</dt><dd>2 tasks</dd>" in says(response)


def test_state_tells_when_each_part_last_lived(client, admin):
    note_heartbeat(REMINDERS, at=NOW - 10 * MINUTE)
    note_heartbeat(BEAT, at=NOW - MINUTE)

    page = says(client.get(STATE))

    assert '<dt>Last tick</dt><dd><span class="late">10 minutes ago</span></dd>' in page
    assert "<dt>Beat</dt><dd>1 minute ago</dd>" in page
    assert '<dt>Worker</dt><dd><span class="late">never seen</span></dd>' in page
    note_heartbeat(WORKER, at=NOW)
    assert "<dt>Worker</dt><dd>within the last minute</dd>" in says(client.get(STATE))


def test_state_is_told_while_valkey_does_not_answer(client, admin, settings):
    client.get(STATE)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get(STATE)

    assert response.status_code == 200
    assert "Valkey does not answer" in says(response)


def test_state_shows_the_latest_scans_with_reasons_and_failed_rules(client, admin):
    rule = RuleFactory(name="Broken")
    Scan.objects.create(
        at=NOW,
        took_ms=1234,
        seen=9,
        created=4,
        held=0,
        skipped={"too_late": 5},
        errors={str(rule.pk): "DataError", "999999": "KeyError"},
    )

    page = says(client.get(STATE))

    assert '<td class="num">1,234 ms</td>' in page
    assert "Older than its grace: 5" in page
    assert f'<a href="{rule.get_absolute_url()}">Broken</a>: DataError' in page
    assert "999999: KeyError" in page


def test_failed_messages_are_shown_with_the_answer_and_sent_again(client, admin):
    first, second, sent = (ReminderFactory() for _each in range(3))
    failed = send(first, status="failed", attempts=14, last_error="550 no such mailbox")
    other = send(second, status="failed", attempts=3)
    done = send(sent, status="sent", sent_at=NOW)

    page = says(client.get(STATE))
    assert "550 no such mailbox" in page
    assert first.title in page
    assert "14 attempts" in page

    client.post(f"{STATE}messages/{failed.pk}/resend/")
    assert client.post(f"{STATE}messages/{done.pk}/resend/").status_code == 404
    failed.refresh_from_db()
    assert (failed.status, failed.attempts, failed.next_attempt_at) == ("pending", 0, NOW)

    response = client.post(f"{STATE}resend/", follow=True)
    other.refresh_from_db()
    done.refresh_from_db()
    assert [str(message) for message in response.context["messages"]] == ["1 message is sent again within a minute."]
    assert (other.status, done.status) == ("pending", "sent")


def test_ledger_answers_was_she_told_when_and_how(client, admin):
    dana, stand_in = UserFactory(name="Dana Ortiz"), UserFactory(name="Lee Marsh")
    reminder = ReminderFactory(recipient=dana, told_to=stand_in, title="Sign the NDA", escalates=ReminderFactory())
    chat = ChatEndpointFactory(name="#deals")
    send(reminder, recipient=stand_in, status="sent", sent_at=NOW, address="lee@example.com", attempts=2)
    send(
        reminder, channel="chat", chat_endpoint=chat, status="failed", attempts=14, last_error="The chat answered 410."
    )
    ReminderFactory(recipient=dana, status="skipped", reason="closed", told_at=None, told_to=None, title="")

    page = says(client.get(LEDGER, {"person": "dana"}))

    assert "Sign the NDA" in page
    assert (
        'told <time datetime="2026-11-24T09:00:00+00:00">Tue 24 Nov 2026, 09:00</time>, to Lee Marsh standing in'
        in page
    )
    assert "lee@example.com" in page
    assert "2 attempts" in page
    assert "The chat answered 410." in page
    assert "Done, closed or moved to another date" in page
    assert page.count('was to be told <time datetime="2026-11-24T09:00:00+00:00">') == 1
    assert "escalation" in page


def test_ledger_says_what_those_would_hear_whom_nobody_told_yet(client, admin):
    task = TaskFactory(title="Sign the NDA", due_on=NOW.date())
    rule = RuleFactory(title="{what} is due {when}")
    ReminderFactory(
        rule=rule, deal=task.deal, subject_id=task.pk, status="held", told_at=None, told_to=None, title="", url=""
    )

    assert "Sign the NDA is due today</a>" in says(client.get(LEDGER))


def test_ledger_is_searched_by_person_deal_day_status_and_rule(client, admin):
    dana, rule = UserFactory(name="Dana Ortiz", email="d.ortiz@example.com"), RuleFactory()
    one = ReminderFactory(title="One", recipient=dana, told_at=NOW)
    two = ReminderFactory(title="Two", told_to=dana, told_at=NOW - DAY, send_at=NOW - DAY)
    ReminderFactory(title="Three", status="waiting", told_at=None, told_to=None, send_at=NOW + DAY, rule=rule)
    ReminderFactory(
        title="Four",
        recipient=None,
        told_to=None,
        contact=ContactFactory(name="Ines Vogel"),
        send_at=NOW - 2 * DAY,
        told_at=NOW - 2 * DAY,
    )

    def found(**filters):
        return titles(client.get(LEDGER, filters))

    assert found() == ["Three", "One", "Two", "Four"]
    assert found(person="ORTIZ") == found(person="d.ortiz@") == ["One", "Two"]
    assert found(person="Ines") == ["Four"]
    assert found(deal=one.deal.code) == found(deal=one.deal.code.lower()) == found(deal=str(one.deal_id)) == ["One"]
    assert found(deal="Larkspur") == []
    assert found(day="2026-11-24") == ["One"]
    assert found(day="2026-11-25") == ["Three"]
    assert found(status="waiting") == found(rule=str(rule.pk)) == ["Three"]
    assert found(person="ortiz", deal=two.deal.code) == ["Two"]


def test_day_of_the_ledger_is_the_readers(client):
    tokyo = UserFactory(role=Role.ADMINISTRATOR, time_zone="Asia/Tokyo")
    ReminderFactory(title="Late", told_at=dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC))
    client.force_login(tokyo)

    assert titles(client.get(LEDGER, {"day": "2026-11-24"})) == ["Late"]
    assert titles(client.get(LEDGER, {"day": "2026-11-23"})) == []


@pytest.mark.parametrize(
    "query",
    [
        "day=soon",
        "day=9999-12-31",
        "day=0001-01-01",
        "deal=%00",
        "deal=LRS-99999999999999999999",
        "person=%00",
        "rule=x",
        "rule=99999999999999999999",
        "status=x",
        "page=x",
        "person=" + "x" * 5000,
    ],
)
def test_nonsense_in_the_search_never_breaks_the_ledger(client, admin, query):
    ReminderFactory()

    assert client.get(f"{LEDGER}?{query}").status_code == 200
    assert client.get(f"{LEDGER}?{query}&export=csv").status_code == 200


def test_confidential_deals_are_in_no_ledger_or_file_of_those_who_may_not_see_them(client):
    deal = DealFactory(is_confidential=True)
    reminder = ReminderFactory(deal=deal, title="Zyxomma")
    send(reminder, status="failed", last_error="550")
    ReminderFactory(title="Open")
    clerk = UserFactory()
    codes = ["view_reminder", "view_notification"]
    clerk.user_permissions.add(
        Permission.objects.get(codename="export_deal"), *Permission.objects.filter(codename__in=codes)
    )
    client.force_login(clerk)

    for path in (STATE, LEDGER, f"{LEDGER}?deal={deal.code}", f"{LEDGER}?export=csv"):
        response = client.get(path)
        body = b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()
        assert "Zyxomma" not in body
        assert deal.get_absolute_url() not in body


def test_ledger_is_taken_away_as_filtered(client, admin):
    reminder = ReminderFactory(title="=1+1")
    send(reminder, status="sent", sent_at=NOW, address="lee@example.com")
    ReminderFactory(title="Other")

    response = client.get(LEDGER, {"deal": reminder.deal.code, "export": "csv"})

    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [(row["Reminder"], row["Deal"], row["Status"]) for row in rows] == [("'=1+1", reminder.deal.code, "Told")]
    assert rows[0]["Messages"] == "E-mail, lee@example.com, Sent, 2026-11-24 09:00 UTC"
    workbook = client.get(LEDGER, {"export": "xlsx"})
    assert workbook.headers["Content-Type"].endswith("spreadsheetml.sheet")
    workbook.close()


def test_pages_take_the_same_queries_for_many(client, admin, fetch_raise, django_assert_num_queries):
    client.get(STATE)
    for count in (1, 3):
        for reminder in ReminderFactory.create_batch(count):
            send(reminder, status="failed")
            send(reminder, status="sent", sent_at=NOW, chat_endpoint=ChatEndpointFactory(), channel="chat")
            Scan.objects.create(at=NOW, took_ms=1, seen=1, created=1, errors={str(reminder.rule_id): "DataError"})
        with django_assert_num_queries(9):
            client.get(STATE)
        with django_assert_num_queries(5):
            client.get(LEDGER)
        with django_assert_num_queries(3):
            b"".join(client.get(f"{LEDGER}?export=csv").streaming_content)
