"""The web server in processes of its own, on the test's database."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

PATIENCE_SECONDS = 120


@contextmanager
def serving() -> Iterator[str]:
    """Serve, and give the address."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface=wsgi", "--workers=1", "--blocking-threads=12"]
    process = subprocess.Popen(
        [*command, f"--port={port}", "--no-ws", "--log-level=critical", "lrs_tracker.wsgi:application"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "lrs_tracker.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "DATABASE_POOL_SIZE": "12",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "API_WAITING_REQUESTS": "4",
        },
        start_new_session=True,
    )
    try:
        wait_until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def database_url() -> str:
    """Return the address of the test's own database."""
    values = connection.settings_dict
    return f"postgresql://{values['USER']}@/{values['NAME']}?host={values['HOST']}"


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether the web server is ready."""
    request = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        request.request("GET", "/healthz", headers={"Host": "localhost"})
        return request.getresponse().status == 200
    except OSError:
        return False
    finally:
        request.close()


def wait_until(is_done: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, pause: float = 0.1) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < until, "It did not come to be."
        time.sleep(pause)
