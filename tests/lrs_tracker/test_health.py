"""/healthz and /readyz."""

import datetime as dt

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from lrs_tracker.heartbeats import BEAT, WORKER, note_heartbeat
from lrs_tracker.tasks import note_worker

UNREACHABLE_CACHE = {
    "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
}


def test_healthz_answers_without_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_reports_each_part(client: Client, db: None) -> None:
    note_heartbeat(WORKER, at=timezone.now() - dt.timedelta(seconds=90))
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "valkey": "ok",
        "worker": {"seen_seconds_ago": 90},
        "beat": {"seen_seconds_ago": None},
        "reminders": {"seen_seconds_ago": None},
    }


def test_readyz_with_pending_migration(client: Client, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "1 pending"


def test_readyz_without_valkey(client: Client, db: None, settings) -> None:
    settings.CACHES = UNREACHABLE_CACHE
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["valkey"] == "unreachable"
    assert response.json()["database"] == "ok"


def test_readyz_without_database(client: Client, transactional_db: None) -> None:
    connection.close()
    host, connection.settings_dict["HOST"] = connection.settings_dict["HOST"], "/nowhere"
    pool = connection.settings_dict["OPTIONS"].pop("pool", None)
    try:
        response = client.get("/readyz")
    finally:
        connection.close()
        connection.settings_dict["HOST"] = host
        if pool:
            connection.settings_dict["OPTIONS"]["pool"] = pool
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_refuses_to_be_written(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_worker_shows_that_it_lives(worker: None, client: Client) -> None:
    note_worker.delay()
    deadline = timezone.now() + dt.timedelta(seconds=10)
    while client.get("/readyz").json()[WORKER]["seen_seconds_ago"] is None:
        assert timezone.now() < deadline
    assert client.get("/readyz").json()[BEAT] == {"seen_seconds_ago": None}
