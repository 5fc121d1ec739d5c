"""`manage.py undo_import NUMBER --user EMAIL`: take back what an import did (docs/import.md)."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from deals.domain.imports.undoing import Undone, undo_import
from deals.enums import ImportStatus
from deals.management.operator_command import OperatorCommand, find_user
from deals.models import ImportBatch
from lrs_tracker.problems import DomainError

_LISTED = 20


class Command(OperatorCommand):
    """Undo an import, or list those that can be undone."""

    help = "Undo an import in one transaction, all of it or nothing; without a number, list what can be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the import and the options."""
        parser.add_argument("number", type=int, nargs="?", help="the number of the import, as in /import/12/")
        parser.add_argument("--user", metavar="EMAIL", help="undo as this user: whose import it is, or a manager")
        parser.add_argument("--leave-changed", action="store_true", help="leave deals that were changed since")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as JSON")

    def handle(
        self, *, number: int | None, user: str | None, leave_changed: bool, as_json: bool, **_options: Any
    ) -> None:
        """Undo the import; exit with 1 when that is refused."""
        if number is None:
            return self._list(as_json=as_json)
        undone = self.run_or_refuse(lambda: _undo(number, email=user, leave_changed=leave_changed), as_json=as_json)
        if as_json:
            return self.print_json(undone.as_json())
        for code in undone.left:
            self.stdout.write(f"{code} was changed since and stays.")
        for name in undone.kept:
            self.stdout.write(f"{name} is in use and stays.")
        self.stdout.write(f"Undone: {undone.deleted} deals deleted, {undone.restored} restored.")
        return None

    def _list(self, *, as_json: bool) -> None:
        applied = ImportBatch.objects.filter(status=ImportStatus.APPLIED).select_related("created_by")
        latest = applied.order_by("-applied_at", "-pk")[:_LISTED]
        if as_json:
            return self.print_json({"imports": [_facts(batch) for batch in latest]})
        for batch in latest:
            facts = _facts(batch)
            self.stdout.write("  ".join(str(facts[name]) for name in ("number", "applied_at", "file", "user")))
        if not latest:
            self.stdout.write("There is no import that can be undone.")
        return None


def _undo(number: int, *, email: str | None, leave_changed: bool) -> Undone:
    if email is None:
        raise DomainError("Say with --user who undoes it.", field="user")
    by = find_user(email)
    batch = ImportBatch.objects.visible_to(by).filter(pk=number).first()
    if batch is None:
        raise DomainError(f"There is no import {number} that {email} may undo.", field="number")
    return undo_import(batch=batch, by=by, at=timezone.now(), leave_changed=leave_changed)


def _facts(batch: ImportBatch) -> dict[str, Any]:
    return {
        "number": batch.pk,
        "applied_at": batch.applied_at.isoformat(timespec="seconds") if batch.applied_at else "",
        "file": batch.file_name,
        "user": batch.created_by.email if batch.created_by else "command line",
    }
