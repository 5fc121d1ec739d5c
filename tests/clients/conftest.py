"""LRS Tracker as a client in another process sees it, and a network that fails."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from lrs_client import Client
from tests.accounts.factories import UserFactory
from tests.clients.serving import serving, wait_until


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    """The web server in processes of its own, on the test's database; its address."""
    with serving() as url:
        yield url


def settle() -> None:
    """Wait until the feed tells what was committed before: other databases of the server may hold it up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()

        def is_told() -> bool:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            return bool(cursor.fetchone()[0] > now)

        wait_until(is_told)


def prune_feed() -> None:
    """Forget all changes, as after a restore into another database: no cursor of before is known any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(greatest(transaction_id, written_after)), max(id) FROM sync_change")
        cursor.execute(
            "INSERT INTO sync_feedstate (id, pruned_transaction, pruned_row) VALUES (1, %s, %s)", cursor.fetchone()
        )


def token_of(user: Any, scope: TokenScope = TokenScope.WRITE) -> str:
    """Return a new token of a user."""
    return create_token(user=user, name="Test", scope=scope, expires_at=None, at=timezone.now())[1]


@pytest.fixture
def connect(server: str) -> Iterator[Callable[..., Client]]:
    """Make a client of a user, by default one who sees everything."""
    made: list[Client] = []

    def make(user: Any = None, *, url: str = server) -> Client:
        client = Client(url, token_of(user or UserFactory(role=Role.ADMINISTRATOR)))
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


class CuttingProxy:
    """A way to the server that breaks: `cuts` says after how many bytes each coming connection ends, and of which way.

    A cut is ("request" or "answer", bytes); without one a connection lasts.
    """

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts: list[tuple[str, int]] = []
        self.passed = {"request": 0, "answer": 0}
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            way, after = self.cuts.pop(0) if self.cuts else ("", 0)
            for name, source, target in (("request", near, far), ("answer", far, near)):
                left = after if name == way else None
                threading.Thread(target=self._pass, args=(name, source, target, left), daemon=True).start()

    def _pass(self, name: str, source: socket.socket, target: socket.socket, left: int | None) -> None:
        try:
            while left != 0 and (found := source.recv(65536 if left is None else min(65536, left))):
                target.sendall(found)
                self.passed[name] += len(found)
                left = None if left is None else left - len(found)
        except OSError:
            pass
        # Both ways end at once, as when a machine or its network does.
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def proxy(server: str) -> Iterator[CuttingProxy]:
    """A way to the server that can be cut."""
    made = CuttingProxy(server)
    yield made
    made.close()


class FollowCommand:
    """`lrs-follow` in a process of its own."""

    def __init__(self, url: str, token: str, target: Path, *options: str) -> None:
        self._command = [sys.executable, "-m", "lrs_client", url, str(target), *options]
        path = Path(__file__).resolve().parent.parent.parent / "clients" / "python"
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(path), "LRS_TOKEN": token}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, to keep on."""
        # Tests that run in the background ignore Ctrl-C, and so would what they start.
        handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            self._process = subprocess.Popen(self._command, env=self.environment, text=True, stderr=subprocess.PIPE)
        finally:
            signal.signal(signal.SIGINT, handler)

    def kill(self) -> None:
        """End it without a chance to tidy up, unless it has ended by itself."""
        if self._process is not None:
            self._process.kill()
            code, _said = self.end()
            assert code == -signal.SIGKILL

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait until it has ended, and return its exit code and what it said."""
        assert self._process is not None
        _out, said = self._process.communicate(timeout=60)
        code = self._process.returncode
        self._process = None
        return code, said

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run it once and return how it went."""
        command = [*self._command, "--once", *options]
        return subprocess.run(command, env=self.environment, text=True, capture_output=True, check=False)


@pytest.fixture
def follow_command(server: str) -> Iterator[Callable[..., FollowCommand]]:
    """Make a command that follows as a user into a target; it is killed at the end."""
    made: list[FollowCommand] = []

    def make(user: Any, target: Path, *options: str) -> FollowCommand:
        made.append(FollowCommand(server, token_of(user), target, *options))
        return made[-1]

    yield make
    for command in made:
        command.kill()
