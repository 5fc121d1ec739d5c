"""`manage.py prune_changes`: forget old changes."""

import datetime as dt
import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from sync.domain.pruning import prune_changes


def _days(text: str) -> dt.timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})d", text)
    if found is None:
        raise ArgumentTypeError("Give a number of days, such as 400d.")
    return dt.timedelta(days=int(found[1]))


class Command(BaseCommand):
    """Delete the changes that are older than some days; followers from before them get 410."""

    help = "Delete changes older than some days from the change log: timelines, audit trail and sync feed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the age."""
        parser.add_argument("--older-than", type=_days, required=True, metavar="DAYS", help="such as 400d")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prune, and say how many changes there were."""
        count = prune_changes(before=timezone.now() - options["older_than"])
        self.stdout.write(f"{count} changes deleted")
