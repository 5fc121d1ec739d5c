"""A receiver, and an endpoint that tells it of companies."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from sync.domain.feed import current_position
from sync.domain.webhook_runs import read_work, run_webhooks
from sync.models import WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.sync.webhooks.factories import WebhookEndpointFactory
from tests.sync.webhooks.receiver import Receiver, Taken


@pytest.fixture
def taken():
    return Taken()


@pytest.fixture
def receiver(taken):
    with Receiver(taken) as receiver:
        yield receiver


@pytest.fixture
def owner():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def endpoint(receiver, taken, owner):
    endpoint = WebhookEndpointFactory(url=receiver.url, owner=owner, resources=["company"])
    taken.secret = endpoint.secret
    return endpoint


@pytest.fixture
def run():
    """Run for at most some seconds, at an instant that goes on from `at`."""

    def run_(seconds=5.0, *, at=None):
        ahead = dt.timedelta() if at is None else at - timezone.now()
        return run_webhooks(run_for=dt.timedelta(seconds=seconds), clock=lambda: timezone.now() + ahead)

    return run_


@pytest.fixture
def run_until(run):
    """Run until a condition holds."""

    def run_until_(condition, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run()
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("it never came to that")

    return run_until_


@pytest.fixture
def fan_out_all(run):
    """Have everything committed until now fanned out, without anything being sent."""

    def fan_out_all_():
        WebhookEndpoint.objects.update(resting_until=timezone.now() + dt.timedelta(minutes=1))
        settle()
        while read_work(at=timezone.now()).to_fan_out:
            run()
        WebhookEndpoint.objects.update(resting_until=None)

    return fan_out_all_


def settle(seconds=30):
    """Wait until the feed has what is committed: other databases of the server may hold it up. Return its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (number,) = cursor.fetchone()
    end = time.monotonic() + seconds
    while current_position().transaction < number:
        assert time.monotonic() < end, "the feed stands still"
        time.sleep(0.02)
    return number
