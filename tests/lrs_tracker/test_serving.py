"""Ports, and programs that start and stop together."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from lrs_tracker.ports import port_problem
from lrs_tracker.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
# A program that refuses to end, with a child of its own.
STUBBORN = "trap '' TERM INT HUP; sleep 300 & echo started; wait; wait"
HARNESS = f"""
import os
import lrs_tracker.supervisor as module
module.STOP_SECONDS = 0.5
module.Supervisor({{"one": ["sh", "-c", {STUBBORN!r}], "two": ["sleep", "300"]}}, os.environ).run(lambda: None)
"""


def start_supervisor() -> subprocess.Popen[str]:
    supervisor = subprocess.Popen([sys.executable, "-c", HARNESS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == "started\n"
    return supervisor


def children_of(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in pairs if its_parent == parent]
    return found[1:]


def programs_of(supervisor: subprocess.Popen[str], count: int) -> list[int]:
    """Return what a supervisor has started, once all of it is there: the first says so before the second is."""
    deadline = time.monotonic() + 20
    while len(pids := children_of(supervisor.pid)) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(pids) == count
    return pids


def living(pids: list[int]) -> list[int]:
    states = subprocess.run(
        ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
    ).stdout
    return [int(line.split()[0]) for line in states.splitlines() if not line.split()[1].startswith("Z")]


def end(supervisor: subprocess.Popen[str], stop_signal: signal.Signals) -> list[int]:
    """Send a signal and return what still lives of the supervisor's programs after it has ended."""
    pids = programs_of(supervisor, 3)
    supervisor.send_signal(stop_signal)
    supervisor.communicate(timeout=20)
    return living(pids)


def test_supervisor_leaves_nothing_behind() -> None:
    for stop_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        assert end(start_supervisor(), stop_signal) == []


def test_killed_supervisor_takes_obedient_programs_along() -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", HARNESS.replace(repr(STUBBORN), repr("echo started; exec sleep 300"))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    pids = programs_of(supervisor, 2)
    supervisor.kill()
    supervisor.communicate()
    deadline = time.monotonic() + 5
    while living(pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert living(pids) == []


def test_supervisor_stops_all_when_one_ends_by_itself() -> None:
    supervisor = Supervisor({"short": ["true"], "long": ["sleep", "300"]}, os.environ)
    assert supervisor.run(lambda: None) == "short"
    assert living([process.pid for process in supervisor.processes.values()]) == []


def test_port_problem_of_a_free_and_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port_problem("127.0.0.1", port) == (
            f"Port {port} is in use or not allowed: stop what uses it, or choose another: make run PORT={port + 1}"
        )
    assert port_problem("127.0.0.1", port) == ""


def test_make_run_says_in_one_line_that_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(["make", "run", f"PORT={port}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith(f"Port {port} is in use")
