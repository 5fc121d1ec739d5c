"""Several programs in one terminal: started together, stopped together, none ever left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

from lrs_tracker.processes import prepare_child

STOP_SECONDS = 10
POLL_SECONDS = 0.1


class Supervisor:
    """Run programs, each in a process group of its own, until one ends or this process is told to stop."""

    def __init__(self, programs: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        self.programs = programs
        self.environment = environment
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.stop_requests = 0

    def run(self, tend: Callable[[], None]) -> str:
        """Run the programs, calling `tend` now and then; return the name of one that ended by itself, or nothing."""
        stop_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        former_handlers = {number: signal.signal(number, self._request_stop) for number in stop_signals}
        try:
            for name, command in self.programs.items():
                self.processes[name] = self._start(command)
            while not self.stop_requests:
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        return name
                tend()
                time.sleep(POLL_SECONDS)
            return ""
        finally:
            self._stop()
            for number, handler in former_handlers.items():
                signal.signal(number, handler)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=prepare_child(signal.SIGTERM),
        )

    def _stop(self) -> None:
        """Ask every program to end; after a while, or at a second Ctrl-C, end what is left of its group."""
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        patience = max(self.stop_requests, 1)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in self.processes.values()):
            if time.monotonic() > deadline or self.stop_requests > patience:
                break
            time.sleep(POLL_SECONDS / 2)
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
