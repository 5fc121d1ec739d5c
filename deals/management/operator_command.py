"""What the commands about imports have in common: who runs them, and how they refuse."""

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from lrs_tracker.problems import DomainError


class OperatorCommand(BaseCommand):
    """A command that prints text or JSON and refuses in one line with exit code 1."""

    def run_or_refuse[Result](self, action: Callable[[], Result], *, as_json: bool) -> Result:
        """Return what an action returns; print the DomainError it raises and exit with 1."""
        try:
            return action()
        except DomainError as error:
            if not as_json:
                where = f"{error.field}: " if error.field else ""
                raise CommandError(f"{where}{error}", returncode=1) from None
            self.print_json({"error": {"code": error.code, "field": error.field, "message": str(error)}})
            raise SystemExit(1) from None

    def print_json(self, answer: dict[str, Any]) -> None:
        """Print an answer as one line of JSON."""
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def find_user(email: str) -> User:
    """Return the active user of an address; raise DomainError when there is none."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise DomainError(f"There is no active user {email}.", field="user")
    return user
