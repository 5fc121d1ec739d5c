"""What every test may use; fixtures of the browser are in tests/browser.py."""

import socket
from collections.abc import Iterator

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import connection
from django.db.models import FETCH_RAISE
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from lrs_tracker.celery import app as celery_app
from tests.emptying import quick_emptying
from tests.prepared_database import prepare_database

pytest_plugins = ["tests.browser", "tests.demo", "tests.web_server"]

# A busy machine breaks no law.
hypothesis_settings.register_profile(
    "laws", hypothesis_settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("laws")


def pytest_configure(config: pytest.Config) -> None:
    """Hold the embedded servers for the time of the run."""
    engines = settings.EMBEDDED_ENGINES.hold()
    engines.__enter__()
    config.add_cleanup(lambda: engines.__exit__(None, None, None))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Have the database of the run copied from one that is migrated already."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = prepare_database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the run, whose tables are emptied quickly."""
    emptying = quick_emptying()
    with django_db_blocker.unblock():
        emptying.__enter__()
    yield
    emptying.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _valkey_client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def valkey(_valkey_client: redis.Redis) -> redis.Redis:
    """The test's own Valkey database, empty at first."""
    _valkey_client.flushdb()
    return _valkey_client


@pytest.fixture
def fetch_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each row fetch of a relation or deferred field an error, at the line that causes it (an N+1)."""
    monkeypatch.setattr("django.db.models.query.DEFAULT_FETCH_MODE", FETCH_RAISE)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker that takes tasks from the test's own broker, until the test ends."""
    with start_worker(
        celery_app, perform_ping_check=False, queues=["default", "reminders", "webhooks", "long"], shutdown_timeout=20
    ):
        yield


class Mailbox(Message):
    """The messages that a mail server took."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list = []

    def handle_message(self, message) -> None:
        self.messages.append(message)


@pytest.fixture
def smtp(settings) -> Iterator[Mailbox]:
    """A mail server that LRS Tracker sends to, for the time of the test."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        host, port = free.getsockname()
    controller = Controller(mailbox, hostname=host, port=port)
    controller.start()
    try:
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": host, "port": port},
            }
        }
        yield mailbox
    finally:
        controller.stop()
