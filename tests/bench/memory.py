"""Memory of one web worker after it has served every page many times."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection

from accounts.models import User
from deals.models import Deal, Pipeline
from tests.bench.report import Row

GOAL_MB = 150
VISITS = 40


def measure() -> list[Row]:
    """Serve the seeded database with Granian, one worker, and read the worker's resident memory."""
    user = User.objects.get(name="Bench User")
    pipeline = Pipeline.objects.get()
    deal = Deal.objects.visible_to(user).order_by("pk")[0]
    paths = [f"/board/{pipeline.slug}/", "/deals/", deal.get_absolute_url(), "/", "/companies/", "/plants/"]
    port = _free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--workers",
            "1",
            "--blocking-threads",
            "1",
            "--port",
            str(port),
            "--log-level",
            "critical",
            "lrs_tracker.wsgi:application",
        ],
        env={**os.environ, "DATABASE_URL": _database_url(), "REDIS_URL": settings.REDIS_URL.split("?")[0]},
        start_new_session=True,
    )
    try:
        _wait_for(port)
        cookie = f"{settings.SESSION_COOKIE_NAME}={_session_of(user)}"
        for _visit in range(VISITS):
            for path in paths:
                _get(port, path, cookie)
        worker_mb = max(_resident_mb(pid) for pid in _children(server.pid))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
    return [Row("memory of a web worker", [worker_mb], unit="MB", goal=f"{GOAL_MB} MB", is_met=worker_mb < GOAL_MB)]


def _database_url() -> str:
    values = connection.settings_dict
    return f"postgresql://{values['USER']}@/{values['NAME']}?host={values['HOST']}"


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _get(port: int, path: str, cookie: str) -> None:
    request = http.client.HTTPConnection("localhost", port, timeout=30)
    request.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "br, gzip"})
    answer = request.getresponse()
    answer.read()
    request.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _attempt in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web server did not start")


def _children(pid: int) -> list[int]:
    own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in own]


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
