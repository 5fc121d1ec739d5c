"""Work out the accrual of every agreement anew."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from royalties.domain.portfolio import recalculate_portfolio


class Command(BaseCommand):
    """Write what every agreement has earned to date, and say which lack a rate or an index value."""

    help = "Work out what every agreement has earned to date and store it as accrued lines."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the day through which to calculate."""
        parser.add_argument("--through", type=dt.date.fromisoformat, help="last day to include, today when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Recalculate and report."""
        now = timezone.now()
        done = recalculate_portfolio(
            through=options["through"] or timezone.localdate(),
            at=now,
            progress=lambda count, total: self.stderr.write(f"{count} of {total} agreements"),
        )
        self.stdout.write(f"{done.agreements} agreements, {done.lines} lines")
        for agreement_id, problem in done.refused.items():
            self.stdout.write(f"agreement {agreement_id}: {problem}")
