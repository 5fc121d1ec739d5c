"""`manage.py create_token --user EMAIL --scope write`: print a new API key."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from accounts.models import User
from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError


class Command(BaseCommand):
    """Create an API token of a user and print its key, and nothing else."""

    help = "Create an API token and print its key, which cannot be read again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user, the scope, a name and a lifetime."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose token it is")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ)
        parser.add_argument("--name", default="Command line", help="what uses the token")
        parser.add_argument("--expires-days", type=int, metavar="DAYS", help="lifetime; for ever, if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token."""
        user = User.objects.filter(email=options["user"].strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']}.")
        at = timezone.now()
        days = options["expires_days"]
        try:
            with change_context(actor_id=user.pk, channel="command"):
                _token, key = create_token(
                    user=user,
                    name=options["name"],
                    scope=TokenScope(options["scope"]),
                    expires_at=None if days is None else at + dt.timedelta(days=days),
                    at=at,
                )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key)
