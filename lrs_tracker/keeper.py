"""A process that owns server programs and stops them when the last process that wants them is gone."""

import fcntl
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lrs_tracker.processes import CANNOT_DROP_ROOT, prepare_child

START_SECONDS = 60
STOP_SECONDS = 20


class ServerError(Exception):
    """A server could not be started; the text says what to do."""


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel frees it however the process ends."""
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Server:
    """A server program with its data folder, its log and the private folder of its socket."""

    name: str
    stop_signal = signal.SIGTERM

    def __init__(self, *, var_dir: Path, socket_dir: Path, durable: bool, user_id: int | None = None) -> None:
        """Describe a server that does not run yet; as root, user_id says as whom it runs."""
        self.var_dir = var_dir
        self.socket_dir = socket_dir
        self.durable = durable
        self.user_id = user_id
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.var_dir / self.name

    @property
    def log_file(self) -> Path:
        """Where the program writes what it has to say."""
        return self.var_dir / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Where the process id is noted for a keeper that comes after one that was killed."""
        return self.socket_dir / f"{self.name}.pid"

    def initialise(self) -> None:
        """Make what the program needs before it starts."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Return the command line of the program."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Tell whether the program takes requests."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the program unless it runs, and wait until it answers.

        Raises ServerError with the reason when it does not.
        """
        if self.process is not None and self.process.poll() is None:
            return
        with open(self.socket_dir / f"{self.name}.lock", "ab") as lock:
            self._await_predecessor(lock.fileno())
            self.initialise()
            # The program inherits the lock, so it is free again when its last process is gone.
            self.process = self._popen(self.command(), pass_fds=[lock.fileno()])
        self.pid_file.write_text(str(self.process.pid))
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise self._failure(self.process.returncode)
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the program, gently at first."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def run(self, command: list[str], *, text: str = "") -> None:
        """Run a command to its end as the program's user; raise ServerError when it fails."""
        process = self._popen(command, stdin=subprocess.PIPE)
        process.communicate(text.encode())
        if process.returncode:
            raise self._failure(process.returncode)

    def _popen(
        self, command: list[str], *, stdin: int = subprocess.DEVNULL, pass_fds: list[int] | None = None
    ) -> subprocess.Popen[bytes]:
        with open(self.log_file, "ab") as log:
            return subprocess.Popen(
                command,
                cwd="/",
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds or [],
                preexec_fn=prepare_child(self.stop_signal, self.user_id),
            )

    def _failure(self, code: int | None) -> ServerError:
        if code == CANNOT_DROP_ROOT:
            return ServerError(f"The embedded {self.name} refuses to run as root: run as another user.")
        last_lines = " / ".join(self.log_file.read_text(errors="replace").strip().splitlines()[-3:])
        return ServerError(f"The embedded {self.name} did not start; see {self.log_file}: {last_lines}")

    def _await_predecessor(self, lock: int) -> None:
        """Wait until the server of an earlier keeper, which was killed, has left the data folder."""
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            with suppress(OSError, ValueError):
                os.kill(int(self.pid_file.read_text()), self.stop_signal)
            time.sleep(0.2)
        raise ServerError(f"Another {self.name} still serves {self.folder}; stop it first.")


class Keeper:
    """Answer the processes that want servers.

    A client sends the names of servers and gets `ready`, or the reason why not. When it sends `bye` it
    gets `stay` if others hold the servers; else its connection closes once they have stopped.
    """

    def __init__(self, servers: Mapping[str, Server], listener: socket.socket, lock_path: Path) -> None:
        """Take the servers by name, the listening socket, and the lock under which clients connect."""
        self.servers = servers
        self.listener = listener
        self.lock_path = lock_path
        self.clients: set[socket.socket] = set()
        self.leaving: list[socket.socket] = []

    def run(self) -> None:
        """Serve until nobody holds a server, or until told to end; then stop them all."""
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        try:
            while True:
                for key, _events in selector.select(START_SECONDS):
                    if key.fileobj is self.listener:
                        self._accept(selector)
                    else:
                        self._hear(key.fileobj, selector)  # type: ignore[arg-type]  # only sockets are registered
                if not self.clients and not self._late_comer(selector):
                    break
                while self.leaving:
                    with self.leaving.pop() as client, suppress(OSError):
                        client.sendall(b"stay\n")
        finally:
            for server in self.servers.values():
                server.stop()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        client, _address = self.listener.accept()
        self.clients.add(client)
        selector.register(client, selectors.EVENT_READ)

    def _hear(self, client: socket.socket, selector: selectors.BaseSelector) -> None:
        request = b""
        with suppress(OSError):
            request = client.recv(1024)
        if request and request != b"bye\n":
            self._start(client, request.decode().split())
            return
        selector.unregister(client)
        self.clients.remove(client)
        if request:
            self.leaving.append(client)
        else:
            client.close()

    def _start(self, client: socket.socket, names: list[str]) -> None:
        answer = "ready"
        try:
            for name in names:
                self.servers[name].start()
        except ServerError as error:
            answer = str(error)
        with suppress(OSError):
            client.sendall(f"{answer}\n".encode())

    def _late_comer(self, selector: selectors.BaseSelector) -> bool:
        """Take a client that connected at the last moment; without one, let nobody connect any more."""
        with file_lock(self.lock_path):
            self.listener.setblocking(False)
            try:
                self._accept(selector)
            except BlockingIOError:
                Path(self.listener.getsockname()).unlink(missing_ok=True)
                self.listener.close()
                return False
            self.listener.setblocking(True)
            return True
