"""Scan now, or as of another instant."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lrs_tracker.change_log import change_context
from reminders.domain.scan import scan


def parse_instant(text: str) -> dt.datetime:
    """Return the instant that ISO 8601 text names; without an offset it is in UTC."""
    try:
        instant = parse_datetime(text)
    except ValueError:
        instant = None
    if instant is None:
        raise ArgumentTypeError(f"{text!r} is no instant such as 2026-11-30T08:00:00Z")
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=dt.UTC)


class Command(BaseCommand):
    """Write down what every rule owes."""

    help = "Write down what every reminder rule owes now, or at another instant; --dry-run only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the instant and whether to write."""
        parser.add_argument("--at", type=parse_instant, default=None, help="ISO 8601, such as 2026-11-30T08:00:00Z")
        parser.add_argument("--dry-run", action="store_true", help="take everything back and only report")

    def handle(self, *, at: dt.datetime | None, dry_run: bool, **_options: Any) -> None:
        """Scan and say what was found."""
        with change_context(actor_id=None, channel="command"):
            result = scan(at=at or timezone.now(), dry_run=dry_run)
        skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(result.skipped.items())) or "none"
        self.stdout.write(f"seen {result.seen}, created {result.created}, held {result.held}, skipped {skipped}")
        for rule, error in result.errors.items():
            self.stderr.write(f"rule {rule} failed: {error}")
