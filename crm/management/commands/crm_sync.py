"""Bring a CRM in step now, or say what would be done."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from crm.domain.runs import carry_out
from crm.enums import Outcome, RunCause, RunStatus
from crm.models import CrmConnection, SyncRun


class Command(BaseCommand):
    """`manage.py crm_sync --connection ID [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the connection, and whether only to say what would be done."""
        parser.add_argument("--connection", type=int, required=True, help="The number in the address of its page.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out the run and print how many records had which outcome."""
        connection = CrmConnection.objects.filter(pk=options["connection"]).first()
        if connection is None:
            raise CommandError("There is no such connection.")
        run = SyncRun(connection=connection, is_dry=options["dry_run"], cause=RunCause.COMMAND)
        run.requested_at = timezone.now()
        if not carry_out(run, clock=timezone.now):
            raise CommandError("Another run of this connection is being carried out.")
        counts = dict(run.records.order_by().values_list("outcome").annotate(count=Count("pk")))
        for outcome in Outcome:
            if outcome in counts:
                self.stdout.write(f"{outcome.label}: {counts[outcome]}")
        if run.status != RunStatus.DONE:
            raise CommandError(run.problem)
        self.stdout.write("Nothing was written." if run.is_dry else "In step.")
