"""Say what the rules would send in the days to come."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from reminders.domain.preview import preview_rule
from reminders.models import ReminderRule

LONGEST_DAYS = 366


class Command(BaseCommand):
    """List what is to come by rule, with the first reminders of each."""

    help = "List what the reminder rules that are on would send in the days to come, to whom and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of days."""
        parser.add_argument("--days", type=int, default=30)

    def handle(self, *, days: int, **_options: Any) -> None:
        """Print each rule with what it would send."""
        if not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"--days is between 1 and {LONGEST_DAYS}")
        at = timezone.now()
        for rule in ReminderRule.objects.filter(is_enabled=True, archived_at__isnull=True).order_by("name", "pk"):
            preview = preview_rule(rule=rule, days=days, viewer=None, at=at)
            self.stdout.write(f"{rule.name}: {preview.messages} to {preview.people}")
            for one in preview.shown:
                moment = f"{one.foreseen.send_at:%Y-%m-%d %H:%M} UTC"
                self.stdout.write(f"  {moment}  {one.name or 'licensee'}: {one.said.title} ({one.said.detail})")
