"""How fast changes reach a receiver of webhooks on this machine, by two workers of Celery and their beat."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from accounts.enums import Role
from companies.models import Company
from sync.models import WebhookDelivery
from tests.accounts.factories import UserFactory
from tests.bench.report import Row
from tests.reminders.processes import ROOT, Fleet, environment_of, free_port, wait_for
from tests.sync.webhooks.factories import WebhookEndpointFactory

CHANGES = 9_000
WORKERS = 2
# By then both workers are at it.
WARM = 1_000
GOAL = 300
LONGEST_SECONDS = 120


def measure() -> list[Row]:
    """Commit changes and count what is delivered a second, from the first thousand to the last."""
    owner = UserFactory(role=Role.ADMINISTRATOR)
    with _sink() as port:
        WebhookEndpointFactory(url=f"http://127.0.0.1:{port}/hooks", owner=owner, resources=["company"])
        # What PostgreSQL knows after a quiet hour: that nothing waits.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE sync_webhookdelivery")
        Company.objects.bulk_create(Company(name=f"Told {number}") for number in range(CHANGES))
        rate = _rate_of_workers()
    name = f"webhooks: {CHANGES:,} changes told by {WORKERS} workers"
    return [Row(name, [rate], unit="/s", goal=f"{GOAL} /s", is_met=rate > GOAL)]


def _rate_of_workers() -> float:
    fleet = Fleet(environment_of(settings.REDIS_URL, mail_port=25, LOG_LEVEL="WARNING"))
    try:
        for name in ("beat", *["worker"] * WORKERS):
            fleet.start(name)
        wait_for(lambda: _delivered() >= WARM, LONGEST_SECONDS)
        first, started = _delivered(), time.perf_counter()
        wait_for(lambda: _delivered() == CHANGES, LONGEST_SECONDS)
        return (_delivered() - first) / (time.perf_counter() - started)
    finally:
        fleet.kill_all()


def _delivered() -> int:
    return WebhookDelivery.objects.filter(status="delivered").count()


@contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.webhook_sink", str(port)], cwd=ROOT)
    try:
        time.sleep(1)
        yield port
    finally:
        server.terminate()
        server.wait()
