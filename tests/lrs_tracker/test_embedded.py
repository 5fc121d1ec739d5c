"""The embedded servers: real ones, in folders of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from lrs_tracker.embedded import LONGEST_SOCKET_FOLDER, Engines, make_private_folder, program
from lrs_tracker.keeper import ServerError

MARK = "import sys, time"
HOLDER = f"""{MARK}
from pathlib import Path
from lrs_tracker.embedded import Engines
with Engines(Path(sys.argv[1]), durable=False).hold():
    print("holding", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    return Engines(tmp_path / "var", durable=False)


def start_holder(engines: Engines) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(engines.var_dir)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    holder.stdout.close()
    return holder


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def processes_of(engines: Engines) -> list[str]:
    """Return the command lines of processes that name the folder of the engines."""
    listing = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    names = (str(engines.var_dir), str(engines.socket_dir))
    return [line for line in listing.splitlines() if any(name in line for name in names) and MARK not in line]


def wait_until_gone(engines: Engines) -> None:
    deadline = time.monotonic() + 20
    while processes_of(engines) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(engines) == []


def test_hold_starts_servers_and_stops_them_at_its_end(engines: Engines) -> None:
    with engines.hold():
        with psycopg.connect(engines.database_url) as connection:
            assert connection.execute("SELECT current_database(), lower('ÄÉ')").fetchone() == ("lrs_tracker", "äé")
        with redis.Redis.from_url(engines.redis_url) as client:
            assert client.ping() is True
    assert processes_of(engines) == []


def test_hold_keeps_data_for_the_next_time(engines: Engines) -> None:
    with engines.hold(), psycopg.connect(engines.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with engines.hold(), psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_hold_joins_running_servers_and_leaves_them_to_the_other(engines: Engines) -> None:
    holder = start_holder(engines)
    before = processes_of(engines)
    with engines.hold():
        assert [line for line in processes_of(engines) if "postgres:" not in line] == before
    with psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    kill(holder)
    wait_until_gone(engines)


def test_hold_at_the_same_time_starts_one_set_of_servers(engines: Engines) -> None:
    holders = [
        subprocess.Popen([sys.executable, "-c", HOLDER, str(engines.var_dir)], stdout=subprocess.PIPE, text=True)
        for _number in range(3)
    ]
    for holder in holders:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        holder.stdout.close()
    keepers = [line for line in processes_of(engines) if "lrs_tracker.embedded" in line]
    assert len(keepers) == 1
    for holder in holders:
        kill(holder)
    wait_until_gone(engines)


def test_killed_holder_leaves_no_process(engines: Engines) -> None:
    kill(start_holder(engines))
    wait_until_gone(engines)


def test_killed_keeper_leaves_no_process_and_nothing_stale(engines: Engines) -> None:
    holder = start_holder(engines)
    (keeper,) = (line for line in processes_of(engines) if "lrs_tracker.embedded" in line)
    os.kill(int(keeper.split()[0]), signal.SIGKILL)
    with engines.hold(), psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    kill(holder)
    wait_until_gone(engines)


def test_stale_pid_of_another_program_is_no_obstacle(engines: Engines) -> None:
    with engines.hold():
        pass
    # As after a power cut, when the pid in the file has come to belong to some other program.
    (engines.var_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{engines.var_dir}/postgres\n")
    with engines.hold(), psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_deep_folder_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    engines = Engines(deep / "var", durable=False)
    assert len(str(engines.socket_dir)) <= LONGEST_SOCKET_FOLDER
    with engines.hold(), psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert engines.socket_dir.stat().st_mode & 0o777 == 0o700


def test_nothing_is_started_when_nothing_is_wanted(tmp_path: Path) -> None:
    engines = Engines(tmp_path / "var", wanted=())
    with engines.hold():
        assert not engines.var_dir.exists()


def test_failure_to_start_is_explained(engines: Engines) -> None:
    with engines.hold():
        pass
    (engines.var_dir / "postgres" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServerError, match=r"(?s)embedded postgres did not start; see .*postgres\.log"), engines.hold():
        pass


def test_private_folder_refuses_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServerError, match="belongs to another user"):
        make_private_folder(tmp_path / "link")


def test_program_of_missing_package_says_what_to_do() -> None:
    with pytest.raises(ServerError, match="not_there is not installed: run `make run`, or set DATABASE_URL"):
        program("not_there", "bin/server")
