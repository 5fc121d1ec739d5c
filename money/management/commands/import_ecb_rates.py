"""`manage.py import_ecb_rates FILE`."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError
from money.domain.ecb import import_ecb_rates


class Command(BaseCommand):
    """Import the reference rates of the European Central Bank from its CSV file."""

    help = "Import the ECB's euro reference rates from eurofxref-hist.csv or eurofxref.csv."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--since", type=dt.date.fromisoformat, help="leave out older dates (YYYY-MM-DD)")

    def handle(self, *, file: Path, since: dt.date | None, **_options: Any) -> None:
        """Import the file and say how many rates are new or different."""
        try:
            with change_context(actor_id=None, channel="command"), file.open(encoding="utf-8-sig", newline="") as text:
                stored = import_ecb_rates(text, since=since)
        except (OSError, UnicodeDecodeError, DomainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{stored} rates stored.")
