"""`lrs-follow`: mirror LRS Tracker into SQLite or a folder of files."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lrs_client.belonging import RESOURCES, with_owners
from lrs_client.client import Client
from lrs_client.errors import LrsError, Throttled, Unavailable
from lrs_client.files import write_files
from lrs_client.follower import Follower, offered
from lrs_client.mirror import Mirror

_FILES = ("jsonl", "csv")
_PATIENCE_SECONDS = 30
_logger = logging.getLogger("lrs-follow")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done or interrupted, 1 refused, 2 called wrongly."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token = os.environ.get("LRS_TOKEN", "")
    if not token:
        sys.stderr.write("lrs-follow: Set LRS_TOKEN to a token of LRS Tracker (Settings → API tokens).\n")
        return 2
    try:
        while True:
            try:
                _follow(options, token)
                return 0
            except (Unavailable, Throttled) as error:
                if options.once:
                    raise
                # A server that is down for hours is no reason to stop: the cursor waits.
                _logger.warning("%s Trying again in %s s.", error, _PATIENCE_SECONDS)
                time.sleep(_PATIENCE_SECONDS)
    except LrsError as error:
        sys.stderr.write(f"lrs-follow: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _follow(options: argparse.Namespace, token: str) -> None:
    is_files = options.format in _FILES
    with Client(options.url, token) as client:
        resources = with_owners(options.resource or offered(client, RESOURCES))
        if is_files:
            options.target.mkdir(parents=True, exist_ok=True)
        path = options.target / ".mirror.sqlite3" if is_files else options.target
        mirror = Mirror(path, server=options.url.rstrip("/"), resources=resources)
        try:
            for has_all in Follower(client, mirror).run(once=options.once, wait=options.wait):
                if is_files and has_all:
                    write_files(mirror, options.target, options.format)
        finally:
            mirror.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrs-follow",
        description="Mirror LRS Tracker into a SQLite file or a folder of files, and keep it in step. "
        "The token comes from LRS_TOKEN. It may be killed at any time: started again, it goes on where it was.",
    )
    parser.add_argument("url", help="the address of LRS Tracker, such as https://lrs.example.com")
    parser.add_argument("target", type=Path, help="the SQLite file, or the folder of files")
    parser.add_argument("--format", choices=("sqlite", *_FILES), default="sqlite", help="what to write (sqlite)")
    parser.add_argument(
        "--resource",
        action="append",
        metavar="NAME",
        help="mirror only this, such as deals, and what it belongs to; may be given several times",
    )
    parser.add_argument("--once", action="store_true", help="end when the mirror has all that there is")
    parser.add_argument(
        "--wait", type=int, choices=range(26), default=25, metavar="SECONDS", help="how long to wait for a change (25)"
    )
    parser.add_argument("--verbose", action="store_true", help="say what is done")
    return parser
