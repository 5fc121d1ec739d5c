"""From a commit to the receiver and back into the log."""

import datetime as dt
import logging
import re
import socket
import threading
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lrs_tracker import outgoing
from lrs_tracker.logging import is_news
from sync.domain.webhook_endpoints import enable_endpoint, rotate_secret
from sync.domain.webhook_leases import LEASE, retry_delay, take_leases
from sync.domain.webhook_messages import signed_headers
from sync.domain.webhook_runs import forget_settled, read_work, run_webhooks
from sync.domain.webhook_sending import TRY_FOR, Sender
from sync.models import WebhookDelivery
from sync.tasks import run as run_task
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.sync.webhooks.conftest import settle
from tests.sync.webhooks.factories import WebhookDeliveryFactory, WebhookEndpointFactory
from tests.web_server import say

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


@pytest.fixture
def told(web_server, owner):
    """An endpoint at a server that answers as a test says."""
    return WebhookEndpointFactory(url=web_server.url, owner=owner, resources=["company"])


def test_a_change_arrives_as_the_feed_tells_it(endpoint, taken, run_until):
    company = CompanyFactory(name="Northlake Motors", country="CA")

    run_until(lambda: taken.messages)

    ((webhook_id, message),) = taken.messages
    delivery = WebhookDelivery.objects.get()
    facts = message["data"]
    assert (webhook_id, message["type"]) == (delivery.webhook_id, "company.created")
    assert {name: facts[name] for name in ("resource", "id", "operation", "part", "gained", "actor", "channel")} == {
        "resource": "company",
        "id": str(company.pk),
        "operation": "insert",
        "part": "",
        "gained": False,
        "actor": None,
        "channel": "sql",
    }
    assert facts["fields"]["name"] == [None, "Northlake Motors"]
    assert message["timestamp"] == facts["at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", facts["at"])
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("delivered", 1, 204)


def test_changes_of_an_object_arrive_in_order_and_deletion_says_no_more(endpoint, taken, run_until):
    company = CompanyFactory(name="0")
    for number in range(1, 20):
        type(company).objects.filter(pk=company.pk).update(name=str(number))
    company.delete()

    run_until(lambda: len(taken.messages) == 21)

    messages = [message for _id, message in taken.messages]
    names = [message["data"]["fields"]["name"][1] for message in messages[:-1]]
    assert names == [str(number) for number in range(20)]
    assert (messages[-1]["type"], messages[-1]["data"]["fields"]) == ("company.deleted", {})


def test_refused_message_is_sent_again_later_with_the_same_id(told, web_server, run, fan_out_all):
    CompanyFactory()
    fan_out_all()
    web_server.answer = say(503, "out for lunch\0" * 10_000)
    run()

    delivery = WebhookDelivery.objects.get()
    told.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("pending", 1, 503)
    assert delivery.response_head.startswith("out for lunch\N{REPLACEMENT CHARACTER}out")
    assert len(delivery.response_head.encode()) <= 1024
    assert 0.7 <= (delivery.next_attempt_at - timezone.now()).total_seconds() + 0.5 <= 1.7
    assert told.failing_since is not None

    web_server.answer = say(200)
    run(at=timezone.now() + dt.timedelta(seconds=3))
    delivery.refresh_from_db()
    told.refresh_from_db()
    assert (delivery.status, delivery.attempts, told.failing_since) == ("delivered", 2, None)
    first, second = (headers["webhook-id"] for _path, headers, _body in web_server.posts)
    assert first == second == delivery.webhook_id


def test_later_change_of_an_object_waits_for_the_earlier_and_others_do_not(told, web_server, run, fan_out_all):
    refused, other = CompanyFactory(name="Refused"), CompanyFactory(name="Other")
    type(refused).objects.filter(pk=refused.pk).update(name="Later")
    fan_out_all()
    web_server.answer = lambda handler: say(
        500 if handler.server.posts[-1][2]["data"]["id"] == str(refused.pk) else 200
    )(handler)
    run(0.8)

    posted = [(body["data"]["id"], body["type"]) for _path, _headers, body in web_server.posts]
    assert set(posted) == {(str(refused.pk), "company.created"), (str(other.pk), "company.created")}


def test_retries_double_up_to_two_hours_give_or_take_a_fifth():
    for attempts, seconds in ((1, 1), (2, 2), (5, 16), (12, 2048), (14, 7200), (10_000, 7200)):
        delay = retry_delay(attempts).total_seconds()
        assert 0.8 * seconds <= delay <= 1.2 * seconds


def test_redirect_is_a_failure_and_not_followed(told, web_server, run, fan_out_all):
    CompanyFactory()
    fan_out_all()
    web_server.answer = say(302, "", Location=f"http://127.0.0.1:{web_server.server_port}/elsewhere")
    run(0.5)

    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_status) == ("pending", 302)
    assert {path for path, _headers, _body in web_server.posts} == {"/hooks/secret?key=1"}


def test_410_disables_at_once_and_tells_the_owner(told, web_server, run, owner, fan_out_all, mailoutbox):
    CompanyFactory.create_batch(3)
    fan_out_all()
    web_server.answer = say(410)
    run()

    told.refresh_from_db()
    assert (told.disabled_reason, told.disabled_at is not None) == ("gone", True)
    (message,) = mailoutbox
    assert (message.to, message.subject) == ([owner.email], f"LRS Tracker: the webhook “{told.name}” is disabled")
    assert f"/settings/webhooks/{told.pk}/" in message.body
    assert "It answered 410 Gone" in message.body
    assert WebhookDelivery.objects.filter(status="pending").count() == 3

    posts = len(web_server.posts)
    assert run() is False
    assert len(web_server.posts) == posts


def test_three_days_of_failures_disable_and_tell_and_enabling_loses_nothing(
    told, web_server, run, owner, fan_out_all, mailoutbox
):
    CompanyFactory()
    fan_out_all()
    web_server.answer = say(500)
    run(0.5)
    started = WebhookDelivery.objects.get().first_attempt_at

    run(at=started + TRY_FOR - dt.timedelta(hours=1))
    told.refresh_from_db()
    assert (told.disabled_at, mailoutbox) == (None, [])

    run(at=started + TRY_FOR + dt.timedelta(hours=2))
    told.refresh_from_db()
    assert told.disabled_reason == "failing"
    assert [message.to for message in mailoutbox] == [[owner.email]]

    web_server.answer = say(200)
    enable_endpoint(endpoint=told, by=owner, at=timezone.now())
    run()
    assert WebhookDelivery.objects.get().status == "delivered"


def test_administrators_are_told_of_an_endpoint_of_the_organisation(web_server, run, owner, fan_out_all, mailoutbox):
    UserFactory()
    WebhookEndpointFactory(url=web_server.url, owner=None)
    fan_out_all()
    web_server.answer = say(410)
    run()
    CompanyFactory()
    fan_out_all()
    run()

    assert [message.to for message in mailoutbox] == [[owner.email]]


def test_both_secrets_verify_during_rotation_and_the_old_one_not_after_it(endpoint, taken, owner, run, fan_out_all):
    old = endpoint.secret
    rotated = rotate_secret(endpoint=endpoint, by=owner, at=timezone.now())
    assert rotated.secret != old

    for secret in (old, rotated.secret):
        taken.secret = secret
        CompanyFactory()
        fan_out_all()
        run()
    assert (len(taken.messages), taken.mistakes) == (2, [])

    headers = signed_headers(rotated, "msg_1", "{}", at=timezone.now() + dt.timedelta(hours=25))
    assert headers["webhook-signature"].count("v1,") == 1


@pytest.mark.parametrize("address", ["10.0.0.5", "169.254.169.254", "::ffff:192.168.0.1"])
def test_private_address_is_never_posted_to(run, owner, fan_out_all, monkeypatch, address):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real(address, *rest, **more))
    WebhookEndpointFactory(url="https://crm.example/hooks", owner=owner, resources=["company"])
    CompanyFactory()
    fan_out_all()
    run(0.5)

    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_status) == ("pending", None)
    assert delivery.last_error == "This address leads into a private network."


def test_receiver_that_hangs_is_left_and_holds_up_no_other(
    told, web_server, run, endpoint, taken, fan_out_all, monkeypatch
):
    monkeypatch.setattr(outgoing, "TIMEOUT_SECONDS", 0.5)
    is_over = threading.Event()
    web_server.answer = lambda handler: is_over.wait(20)
    CompanyFactory.create_batch(40)
    fan_out_all()
    started = time.monotonic()
    run(1)
    elapsed = time.monotonic() - started
    is_over.set()

    assert len(taken.messages) == 40
    assert elapsed < 5
    errors = set(WebhookDelivery.objects.filter(endpoint=told, attempts__gt=0).values_list("last_error", flat=True))
    assert errors == {"The server did not answer in ten seconds."}


def test_endpoint_that_takes_nothing_rests_longer_and_longer(told, web_server, run, fan_out_all):
    now = timezone.now()
    told.failing_since = now - dt.timedelta(minutes=10)
    told.save(update_fields=["failing_since"])
    CompanyFactory.create_batch(5)
    fan_out_all()
    web_server.answer = say(500)
    run(0.5)

    told.refresh_from_db()
    assert len(web_server.posts) == 1
    assert 50 < (told.resting_until - now).total_seconds() < 70


def test_what_a_killed_sender_held_is_sent_by_another_when_its_lease_is_over(endpoint, taken, run, fan_out_all):
    CompanyFactory()
    fan_out_all()
    now = timezone.now()
    assert len(take_leases(limit=10, under_way={}, at=now)) == 1

    run(0.5)
    assert taken.messages == []
    run(0.5, at=now + LEASE)
    assert len(taken.messages) == 1


def test_sender_whose_lease_ran_out_writes_nothing_over_what_another_wrote(endpoint, taken, run, fan_out_all):
    CompanyFactory()
    fan_out_all()
    slow = Sender()
    slow.send_due()
    WebhookDelivery.objects.update(leased_until=timezone.now() + 2 * LEASE)
    slow.__exit__()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("pending", 0)


def test_owner_who_was_deactivated_is_sent_nothing(endpoint, taken, owner, run, fan_out_all):
    CompanyFactory()
    fan_out_all()
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)

    assert run() is False
    assert taken.messages == []


def test_what_is_sent_next_is_found_without_reading_all_that_waits_after_a_quiet_hour(endpoint):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sync_webhookdelivery")
    WebhookDelivery.objects.bulk_create(WebhookDeliveryFactory.build_batch(1000, endpoint=endpoint))
    with CaptureQueriesContext(connection) as queries:
        take_leases(limit=10, under_way={}, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    read = sum(float(rows) * int(loops) for rows, loops in re.findall(r"actual .*?rows=([\d.]+) loops=(\d+)", plan))
    removed = sum(int(rows) for rows in re.findall(r"Rows Removed by .*: (\d+)", plan))
    assert 10 <= read + removed < 500, plan


def test_idle_tick_takes_one_query(endpoint, django_assert_num_queries, run, run_until):
    CompanyFactory()
    run_until(lambda: WebhookDelivery.objects.filter(status="delivered").exists())
    settle()
    run()
    with django_assert_num_queries(1):
        assert run_webhooks(run_for=dt.timedelta(seconds=5)) is False


def test_no_more_than_two_run_at_a_time_and_the_second_only_for_much(endpoint, taken, run, fan_out_all, valkey):
    CompanyFactory()
    fan_out_all()
    cache.add("webhooks:run:0", True)
    assert read_work(at=timezone.now())
    assert run() is False
    assert taken.messages == []

    CompanyFactory.create_batch(100)
    cache.delete("webhooks:run:0")
    fan_out_all()
    cache.add("webhooks:run:0", True)
    run()
    assert len(taken.messages) == 101


def test_sending_goes_on_while_the_mail_server_is_away(told, web_server, run, fan_out_all, settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port},
        }
    }
    CompanyFactory()
    fan_out_all()
    web_server.answer = say(410)
    run()
    told.refresh_from_db()
    assert told.disabled_reason == "gone"


def test_old_deliveries_are_forgotten_and_those_that_wait_are_not():
    now = timezone.now()
    WebhookDeliveryFactory(next_attempt_at=now - 40 * DAY)
    WebhookDeliveryFactory(status="delivered", settled_at=now - 31 * DAY)
    WebhookDeliveryFactory(status="delivered", settled_at=now - 29 * DAY)

    assert forget_settled(before=now - 30 * DAY) == 1
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"pending", "delivered"}


@pytest.mark.usefixtures("worker")
def test_the_task_sends_by_a_real_worker(endpoint, taken):
    CompanyFactory()
    end = time.monotonic() + 30
    while not taken.messages and time.monotonic() < end:
        run_task.delay()
        time.sleep(0.2)
    assert len(taken.messages) == 1


def test_that_the_quiet_task_went_well_is_not_logged():
    def line(name, level):
        facts = {"name": name, "id": "1", "runtime": 0.01, "return_value": "None"}
        return logging.LogRecord("celery.app.trace", level, "trace.py", 1, "Task %(name)s", (facts,), None)

    assert not is_news(line("sync.run_webhooks", logging.INFO))
    assert is_news(line("sync.run_webhooks", logging.ERROR))
    assert is_news(line("reminders.tick", logging.INFO))
