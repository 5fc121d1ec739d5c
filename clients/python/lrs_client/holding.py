"""Holding the target of a run: who else would follow into it is refused, until the run is over or its process dead."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrs_client.errors import LrsError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


# What the systems and their network file systems answer when another process has the lock.
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class InUse(LrsError):
    """Another process follows into the same target."""


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a file against other processes, by a lock on the file `….lock` beside it. Raise InUse.

    The system lets go of it when the process ends, however it does.
    """
    name = path.with_name(f"{path.name}.lock")
    descriptor = _take(name, path)
    try:
        yield
    finally:
        # While it is held, so that nobody comes to hold it in between; Windows keeps what is open.
        with contextlib.suppress(OSError):
            name.unlink()
        os.close(descriptor)


def _take(name: Path, path: Path) -> int:
    while True:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            # Who held it before may have removed it after it was opened here.
            if os.path.samestat(os.fstat(descriptor), name.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        except OSError as error:
            os.close(descriptor)
            if error.errno not in _HELD:
                raise
            raise InUse(f"Another lrs-follow is at work on {path}; this one has changed nothing.") from None
        os.close(descriptor)
