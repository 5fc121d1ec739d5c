"""What the log of a run shows of each record: names of fields, links, and who won which conflict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.domain.our_fields import COMPANY, FIELDS, STAGE
from crm.enums import ConflictRule, Outcome, Resource
from crm.models import SyncRecord
from deals.models.deals import deal_code

_PILLS = {
    Outcome.CREATED: "done",
    Outcome.CHANGED: "done",
    Outcome.ARCHIVED: "done",
    Outcome.SUGGESTED: "waiting",
    Outcome.HELD: "waiting",
    Outcome.FAILED: "late",
}


@dataclass(frozen=True, slots=True)
class LogRow:
    """A record of the log, ready to be shown: `fields` are label, from and to."""

    record: SyncRecord
    url: str
    pill: str
    fields: list[tuple[str, str, str]]
    conflicts: list[dict[str, str]]


def log_rows(records: Iterable[SyncRecord], *, their_stages: Mapping[str, str]) -> list[LogRow]:
    """Return the rows of some records; `their_stages` are the names of the stages of the CRM."""
    return [
        LogRow(
            record=record,
            url=_url(record),
            pill=_PILLS.get(Outcome(record.outcome), ""),
            fields=[
                (_label(record.resource, name), *(their_stages.get(text, text) for text in (before, after)))
                if name == STAGE
                else (_label(record.resource, name), before, after)
                for name, before, after in record.fields
            ],
            conflicts=[_conflict(record, *conflict) for conflict in record.conflicts],
        )
        for record in records
    ]


def _url(record: SyncRecord) -> str:
    if record.object_id is None:
        return ""
    if record.resource == Resource.DEAL:
        return reverse("deals:workspace", args=[deal_code(record.object_id)])
    # A contact stands on its company's page, which the log does not know.
    return reverse("companies:detail", args=[record.object_id]) if record.resource == Resource.COMPANY else ""


def _label(resource: str, name: str) -> str:
    if name in {STAGE, COMPANY}:
        return _("stage") if name == STAGE else _("company")
    known: Any = FIELDS[Resource(resource)].get(name)
    return str(known.label) if known else name


def _conflict(record: SyncRecord, name: str, ours: str, theirs: str, kept: str, rule: str) -> dict[str, str]:
    winner = _("Ours was kept") if kept == "ours" else _("Theirs was kept")
    return {
        "label": _label(record.resource, name),
        "ours": ours,
        "theirs": theirs,
        "decision": f"{winner} ({ConflictRule(rule).label})",
    }
