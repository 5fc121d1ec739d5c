"""Run everything in one terminal: web, worker and beat."""

import os
import signal
import sys
from argparse import ArgumentParser
from http.client import HTTPConnection
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from lrs_tracker.bootstrap import digest_files, is_current, list_files
from lrs_tracker.catalogues import compile_catalogues
from lrs_tracker.ports import port_problem
from lrs_tracker.processes import die_with_parent
from lrs_tracker.supervisor import Supervisor

WSGI = "lrs_tracker.wsgi:application"
DEMO_PASSWORD = "demo"  # noqa: S105  # of the demo people only, and shown to everybody


class Command(BaseCommand):
    """Prepare the database and static files, then serve until Ctrl-C."""

    help = "Prepare the database and static files, then run web, worker and beat until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address from the command line or the environment."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--demo", action="store_true", help="load the demo data into an empty database first")
        parser.add_argument("--attached", action="store_true", help="stop when the calling program ends")

    def handle(self, *, host: str, port: int, demo: bool, attached: bool, **_options: Any) -> None:
        """Run until told to stop; fail when a part ends by itself."""
        if attached:
            die_with_parent(signal.SIGTERM)
        if problem := port_problem(host, port):
            raise CommandError(problem)
        self._prepare(demo=demo)
        logins = self._demo_logins()
        # The pool's threads and connections belong to this process alone; the programs open their own.
        cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).close_pool()
        announcement = f"\nLRS Tracker runs at http://{host}:{port}/ (Ctrl-C stops it){logins}\n"
        supervisor = Supervisor(programs(host, port), {**os.environ, "PORT": str(port)})
        if ended := supervisor.run(Announcer(host, port, lambda: self.stdout.write(announcement))):
            raise CommandError(f"The {ended} ended by itself; everything was stopped. What it said is above.")
        self.stdout.write("LRS Tracker has stopped.")

    def _prepare(self, *, demo: bool) -> None:
        compile_catalogues()
        call_command("migrate", verbosity=0, interactive=False)
        if demo and "load_demo" in get_commands():
            call_command("load_demo", if_empty=True)
        if settings.HASHED_STATIC:
            collect_static_files()

    def _demo_logins(self) -> str:
        if settings.PRODUCTION:
            return ""
        users = get_user_model()._default_manager.filter(email__endswith="@example.com", is_active=True)
        first = users.order_by("pk").first()
        # Checking a password is slow by design, so the first stands for all.
        if first is None or not first.check_password(DEMO_PASSWORD):
            return ""
        emails = users.order_by("pk").values_list("email", flat=True)
        return f"\nDemo logins, password {DEMO_PASSWORD!r}: {', '.join(emails)}"


def collect_static_files() -> None:
    """Collect and compress the static files, unless that was done for the same files and packages."""
    stamp = settings.STATIC_ROOT / ".collected"
    digest = digest_files([*list_files(settings.BASE_DIR / "static"), settings.BASE_DIR / "requirements.txt"])
    if not is_current(stamp, digest):
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest)


class Announcer:
    """Say once that the web server answers."""

    def __init__(self, host: str, port: int, announce: Any) -> None:
        self.address = (host, port)
        self.announce = announce
        self.is_done = False

    def __call__(self) -> None:
        """Ask the web server unless it has answered already."""
        if self.is_done:
            return
        request = HTTPConnection(*self.address, timeout=2)
        try:
            request.request("GET", "/healthz", headers={"Host": "localhost"})
            self.is_done = request.getresponse().status < 500
        except (TimeoutError, OSError):
            return
        finally:
            request.close()
        if self.is_done:
            self.announce()


def programs(host: str, port: int) -> dict[str, list[str]]:
    """Return the command lines of web server, worker and beat."""
    celery = [sys.executable, "-m", "celery", "--app=lrs_tracker", "--quiet"]
    web = ["--interface=wsgi", "--workers=2", "--blocking-threads=2", "--no-ws", "--log-level=warning"]
    return {
        "web server": [sys.executable, "-m", "granian", f"--host={host}", f"--port={port}", *web, WSGI],
        "worker": [
            *celery,
            "worker",
            "--concurrency=2",
            "--queues=default,reminders,webhooks,long",
            "--without-gossip",
            "--without-mingle",
        ],
        "beat": [*celery, "beat"],
    }
