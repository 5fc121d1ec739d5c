"""What a child process is told before it starts: die with its parent, and never be root where that is refused."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
CANNOT_DROP_ROOT = 71


def die_with_parent(stop_signal: signal.Signals) -> None:
    """Ask the kernel to signal this process when its parent ends, however it ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)


def choose_unprivileged_user(folder: Path) -> int | None:
    """Return the user id to run as in place of root: the folder's owner, else `nobody`; None when not root."""
    if os.geteuid() != 0:
        return None
    return folder.stat().st_uid or pwd.getpwnam("nobody").pw_uid


def prepare_child(stop_signal: signal.Signals, user_id: int | None = None) -> Callable[[], None]:
    """Return a function for Popen's preexec_fn that ties the child to its parent and drops root when told to.

    The child keeps one capability, reading and writing files whatever their owner: a clone below a
    private folder such as root's home works without opening that folder to other users.
    """

    def prepare() -> None:
        if user_id is not None:
            _become(user_id)
        die_with_parent(stop_signal)

    return prepare


def _become(user_id: int) -> None:
    """Become a user and keep CAP_DAC_OVERRIDE across the coming exec, see capabilities(7)."""
    libc = ctypes.CDLL(None, use_errno=True)
    group_id = pwd.getpwuid(user_id).pw_gid
    # Else capabilities go with the user, and access(2), by which PostgreSQL looks for itself, ignores them.
    kept = libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    failed = (
        kept or libc.capset(header, sets) or libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    )
    if failed:
        os._exit(CANNOT_DROP_ROOT)
