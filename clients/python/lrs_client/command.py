"""`lrs-follow`: mirror LRS Tracker into SQLite or a folder of files."""

import argparse
import logging
import os
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from lrs_client.belonging import RESOURCES, with_owners
from lrs_client.client import Client
from lrs_client.errors import LrsError, Throttled, Unavailable
from lrs_client.files import write_files
from lrs_client.follower import Follower, offered
from lrs_client.holding import holding
from lrs_client.mirror import Mirror

_FILES = ("jsonl", "csv")
_PATIENCE_SECONDS = 30
# What can be sent in a header; the server knows which one is right.
_TOKEN = re.compile(r"[!-~]+")
_logger = logging.getLogger("lrs-follow")


def run() -> int:
    """Run the command in a process of its own, which Ctrl-C ends at once, as killing it would."""
    # Where Python interrupts it, a lock within httpx may be held for ever, which closing then waits for.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 done; 1 refused, or the target cannot be written to; 2 called wrongly.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token = os.environ.get("LRS_TOKEN", "").strip()
    if not _TOKEN.fullmatch(token):
        return _fail("Set LRS_TOKEN to a token of LRS Tracker (Settings → API tokens).", code=2)
    try:
        path = _mirror_path(options)
        with holding(path):
            _follow_patiently(options, token, path)
        return 0
    except LrsError as error:
        return _fail(str(error))
    except OSError as error:
        where = "" if error.filename is None else f" ({error.filename})"
        return _fail(f"Cannot write to {options.target}: {error.strerror or error}{where}.")
    except sqlite3.Error as error:
        return _fail(f"Cannot write to {options.target}: {error}.")


def _fail(message: str, *, code: int = 1) -> int:
    sys.stderr.write(f"lrs-follow: {message}\n")
    return code


def _mirror_path(options: argparse.Namespace) -> Path:
    """Return the SQLite file; for files it is in their folder, which is made."""
    # By whatever link it is called, it is held as one.
    target: Path = options.target.resolve()
    if options.format not in _FILES:
        return target
    target.mkdir(parents=True, exist_ok=True)
    return target / ".mirror.sqlite3"


def _follow_patiently(options: argparse.Namespace, token: str, path: Path) -> None:
    while True:
        try:
            _follow(options, token, path)
            return
        except (Unavailable, Throttled) as error:
            if options.once:
                raise
            # A server that is down for hours is no reason to stop: the cursor waits.
            _logger.warning("%s – trying again in %s s.", error, _PATIENCE_SECONDS)
            time.sleep(_PATIENCE_SECONDS)


def _follow(options: argparse.Namespace, token: str, path: Path) -> None:
    is_files = options.format in _FILES
    with Client(options.url, token) as client:
        mirror = Mirror(path, server=options.url.rstrip("/"), resources=_resources(client, options))
        try:
            if is_files:
                mirror.write_as(options.format)
            for has_all in Follower(client, mirror).run(once=options.once, wait=options.wait):
                if is_files and has_all:
                    write_files(mirror, path.parent, options.format)
        finally:
            mirror.close()


def _resources(client: Client, options: argparse.Namespace) -> list[str]:
    """Return what to mirror. Raise LrsError when the server does not have it for this token."""
    wanted = with_owners(options.resource or RESOURCES)
    found = offered(client, wanted)
    if not found:
        raise LrsError(f"Nothing for this token at {options.url}; is this the address of LRS Tracker?")
    if options.resource and found != wanted:
        missing = [name for name in wanted if name not in found]
        raise LrsError(f"The server does not offer this token: {', '.join(missing)}.")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrs-follow",
        description="Mirror LRS Tracker into a SQLite file or a folder of files, and keep it in step. "
        "The token comes from LRS_TOKEN. It may be killed at any time: started again, it goes on where it was.",
    )
    parser.add_argument("url", type=_address, help="the address of LRS Tracker, such as https://lrs.example.com")
    parser.add_argument("target", type=Path, help="the SQLite file, or the folder of files")
    parser.add_argument("--format", choices=("sqlite", *_FILES), default="sqlite", help="what to write (sqlite)")
    parser.add_argument(
        "--resource",
        action="append",
        type=_resource,
        metavar="NAME",
        help="mirror only this, such as deals, and what it belongs to; may be given several times",
    )
    parser.add_argument("--once", action="store_true", help="end when the mirror has all that there is")
    parser.add_argument(
        "--wait", type=int, choices=range(26), default=25, metavar="SECONDS", help="how long to wait for a change (25)"
    )
    parser.add_argument("--verbose", action="store_true", help="say what is done")
    return parser


def _address(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise argparse.ArgumentTypeError(f"“{text}” is no address such as https://lrs.example.com")
    return text


def _resource(name: str) -> str:
    if name not in RESOURCES:
        raise argparse.ArgumentTypeError(f"there is no “{name}”; there are {', '.join(RESOURCES)}")
    return name
