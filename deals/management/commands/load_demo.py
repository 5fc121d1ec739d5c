"""`manage.py load_demo`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from deals.domain.demo.load import load_demo
from lrs_tracker.problems import DomainError


class Command(BaseCommand):
    """Load the demonstration desk into an empty database."""

    help = "Load the demonstration desk: public facts, and fictional deals, plants and people (password “demo”)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are users already")

    def handle(self, *, if_empty: bool, **_options: Any) -> None:
        """Load the data; refuse in production, where a public password would be a door."""
        if if_empty and User.objects.exists():
            return
        if settings.PRODUCTION:
            raise CommandError("The demonstration data has public passwords and is not for production.")
        try:
            load_demo(at=timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demonstration desk is ready.")
