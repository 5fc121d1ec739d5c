"""What Prometheus reads."""

import datetime as dt
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from lrs_tracker.celery import app
from lrs_tracker.heartbeats import REMINDERS, WORKER, note_heartbeat
from reminders.models import Notification, Reminder, Scan
from tests.deals.factories import NOW
from tests.reminders.factories import NotificationFactory, ReminderFactory

pytestmark = pytest.mark.django_db
METRICS = "/metrics"
TOKEN = "a-token-of-twenty-letters"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def figures(response):
    """The samples by name and labels."""
    families = text_string_to_metric_families(response.content.decode())
    samples = (sample for family in families for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def settle(message, **values):
    """Let something become of a message, as a sender records it."""
    Notification.objects.filter(pk=message.pk).update(**values)


def test_figures_tell_what_waits_failed_and_lives(client):
    reminder = ReminderFactory(title="Zyxomma", recipient__name="Dana Ortiz", recipient__email="dana@example.com")
    ReminderFactory(status="waiting", told_at=None, told_to=None, send_at=NOW - MINUTE)
    ReminderFactory(status="waiting", told_at=None, told_to=None, send_at=NOW + MINUTE)
    ReminderFactory(status="held", told_at=None, told_to=None)
    base = {"channel": "email", "kind": "single", "recipient": reminder.recipient, "next_attempt_at": NOW - 2 * MINUTE}
    Notification.objects.create(**base, address="dana@example.com")
    Notification.objects.create(**base, leased_until=NOW + MINUTE)
    settle(Notification.objects.create(**base), status="sent", sent_at=NOW)
    settle(Notification.objects.create(**base | {"channel": "chat"}), status="failed")
    Scan.objects.create(at=NOW, took_ms=1500, seen=1, created=1, errors={"1": "DataError"})
    note_heartbeat(REMINDERS, at=NOW - MINUTE)
    note_heartbeat(WORKER, at=NOW)
    app.send_task("reminders.send", queue="reminders")

    response = client.get(METRICS)

    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert figures(response) == {
        ("lrs_broker_up",): 1,
        ("lrs_queue_depth", "default"): 0,
        ("lrs_queue_depth", "long"): 0,
        ("lrs_queue_depth", "reminders"): 1,
        ("lrs_queue_depth", "webhooks"): 0,
        ("lrs_heartbeat_age_seconds", "tick"): 60,
        ("lrs_heartbeat_age_seconds", "worker"): 0,
        ("lrs_messages_waiting", "waiting"): 1,
        ("lrs_messages_waiting", "being_sent"): 1,
        ("lrs_messages_failed",): 1,
        ("lrs_messages_sent_total", "email"): 1,
        ("lrs_messages_sent_total", "chat"): 0,
        ("lrs_messages_failures_total", "email"): 0,
        ("lrs_messages_failures_total", "chat"): 1,
        ("lrs_messages_lag_seconds",): 120,
        ("lrs_reminders_waiting", "due"): 1,
        ("lrs_reminders_waiting", "later"): 1,
        ("lrs_reminders_waiting", "held"): 1,
        ("lrs_scan_seconds",): 1.5,
        ("lrs_scan_failed_rules",): 1,
    }
    for private in ("Zyxomma", "Dana", "example.com", reminder.deal.code):
        assert private not in response.content.decode()


def test_totals_only_grow(client):
    message = NotificationFactory()
    for change in (
        {"status": "failed"},
        {"last_error": "550 no such user"},
        {"status": "pending"},
        {"status": "failed"},
        {"status": "pending"},
        {"status": "sent", "sent_at": NOW},
        {"address": "dana@example.com"},
    ):
        settle(message, **change)
    message.delete()

    found = figures(client.get(METRICS))

    assert found[("lrs_messages_failures_total", "email")] == 2
    assert found[("lrs_messages_sent_total", "email")] == 1
    assert found[("lrs_messages_failed",)] == 0


def test_messages_of_before_the_trigger_are_counted_once(client):
    migration = import_module("reminders.migrations.0005_count_messages_so_far")
    for channel, status in (("email", "sent"), ("email", "sent"), ("chat", "failed"), ("email", "pending")):
        NotificationFactory(channel=channel, status=status, sent_at=NOW if status == "sent" else None)

    for _again in range(2):
        with connection.cursor() as cursor:
            cursor.execute(migration.Migration.operations[0].sql)

    found = figures(client.get(METRICS))
    assert found[("lrs_messages_sent_total", "email")] == 2
    assert found[("lrs_messages_failures_total", "chat")] == 1


def test_figures_read_nothing_that_is_settled(client, django_assert_num_queries):
    recipient = NotificationFactory().recipient
    rows = [Notification(channel="email", kind="single", recipient=recipient, next_attempt_at=NOW) for _ in range(3000)]
    Notification.objects.bulk_create(rows)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(status="sent", sent_at=NOW)
    reminder = ReminderFactory()
    Reminder.objects.bulk_create(
        Reminder(
            rule=reminder.rule,
            kind=reminder.kind,
            subject_id=number,
            due_on=reminder.due_on,
            offset_days=0,
            recipient=reminder.recipient,
            send_at=NOW,
            status="skipped",
            reason="closed",
        )
        for number in range(10**6, 10**6 + 3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reminders_notification, reminders_reminder")
    with CaptureQueriesContext(connection) as queries:
        client.get(METRICS)

    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            for table in ("reminders_notification", "reminders_reminder"):
                assert f"Seq Scan on {table}" not in plan, plan


def test_figures_are_told_while_valkey_does_not_answer(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = figures(client.get(METRICS))

    assert found[("lrs_broker_up",)] == 0
    assert ("lrs_queue_depth", "default") not in found


def test_figures_take_four_queries(client, django_assert_num_queries):
    for count in (1, 3):
        ReminderFactory.create_batch(count)
        Scan.objects.create(at=NOW, took_ms=1, seen=1, created=1)
        with django_assert_num_queries(4):
            client.get(METRICS)


@pytest.mark.parametrize(
    ("production", "token", "address", "sent", "status"),
    [
        (False, "", "127.0.0.1", None, 200),
        (False, "", "::1", None, 200),
        (False, "", "10.0.0.7", None, 404),
        (False, "", "", None, 404),
        (True, "", "127.0.0.1", None, 404),
        (True, "", "127.0.0.1", "Bearer ", 404),
        (True, TOKEN, "10.0.0.7", None, 404),
        (True, TOKEN, "10.0.0.7", f"Bearer {TOKEN}", 200),
        (True, TOKEN, "10.0.0.7", f"bearer {TOKEN}", 200),
        (True, TOKEN, "10.0.0.7", f"Basic {TOKEN}", 404),
        (True, TOKEN, "10.0.0.7", "Bearer é", 404),
        (True, TOKEN, "127.0.0.1", f"Bearer {TOKEN[:-1]}", 404),
    ],
)
def test_only_the_token_opens_them_in_production(client, settings, production, token, address, sent, status):
    settings.PRODUCTION, settings.METRICS_TOKEN = production, token

    response = client.get(METRICS, REMOTE_ADDR=address, headers={} if sent is None else {"Authorization": sent})

    assert response.status_code == status


def test_metrics_refuse_other_methods(client):
    assert client.post(METRICS).status_code == 405
