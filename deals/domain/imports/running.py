"""Running an import as one transaction, and remembering what it did."""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from deals.domain.imports.applying import Progress, apply_plan
from deals.domain.imports.checking import plan_import
from deals.domain.imports.mapping import ImportMap
from deals.domain.imports.plans import Plan
from deals.domain.imports.tables import Table
from deals.enums import ImportStatus
from deals.models import ImportBatch
from lrs_tracker.change_log import change_context

# Two imports at a time could each make the same company; this lock lets one wait for the other.
_ONE_AT_A_TIME = 74_020_001
MOST_PROBLEMS_KEPT = 20_000


@transaction.atomic
def run_import(
    *,
    batch: ImportBatch,
    table: Table,
    import_map: ImportMap,
    by: User | None,
    at: dt.datetime,
    today: dt.date,
    on_progress: Progress = lambda _done: None,
) -> dict[str, Any]:
    """Import a table in one transaction and record it in `batch`; return the report.

    Raise as `plan_import` and `apply_plan` do; nothing is written then. A command's batch that changed
    nothing is not kept.
    """
    with change_context(actor_id=by.pk if by else None, channel="import"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        plan = plan_import(table=table, import_map=import_map, by=by, at=at, today=today, lock=True)
        ref_ids = apply_plan(plan=plan, system=import_map.system, by=by, at=at, today=today, on_progress=on_progress)
        report = plan.report()
        if batch.pk is not None or plan.new_deals or plan.changed_deals:
            _record(batch, plan, report, ref_ids, at)
    return report


def stored_report(plan: Plan) -> dict[str, Any]:
    """Return a plan's report as a batch keeps it: with how it was read, and not without end."""
    report = plan.report()
    problems = report["problems"]
    if len(problems) > MOST_PROBLEMS_KEPT:
        message = _("%(count)s more problems are not listed.") % {"count": len(problems) - MOST_PROBLEMS_KEPT}
        last = {"row": problems[MOST_PROBLEMS_KEPT]["row"], "column": "", "severity": "info", "message": message}
        report["problems"] = [*problems[:MOST_PROBLEMS_KEPT], last]
    return report | {
        "read_as": plan.read_as,
        "suggestions": plan.suggestions,
        "made": {
            "stages": len(plan.new_stages),
            "companies": len(plan.new_companies),
            "owners": len(plan.new_owners),
            "contacts": len(plan.new_contacts),
        },
    }


def _record(batch: ImportBatch, plan: Plan, report: dict[str, Any], ref_ids: list[int], at: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (batch.transaction_id,) = cursor.fetchone()
    batch.status = ImportStatus.APPLIED
    batch.row_count = batch.done_count = report["rows"]
    batch.result = batch.result | {
        "report": stored_report(plan),
        "ref_ids": ref_ids,
        "pipeline_id": plan.pipeline.pk,
    }
    batch.applied_at = at
    batch.save()
