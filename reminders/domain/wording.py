"""What a reminder says: a rule's sentence with the fields of its subject, in the reader's language."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from string import Formatter

import structlog
from django.utils.translation import gettext as _

from deals.models import Deal
from deals.models.deals import deal_code
from lrs_tracker.formats import format_day_in_full, format_distance
from lrs_tracker.problems import DomainError
from reminders.domain.subjects import subjects
from reminders.domain.subjects.base import Named, Subject
from reminders.enums import SubjectKind

log = structlog.get_logger(__name__)

# The fields that a rule's sentence may have.
FIELDS = ("what", "company", "deal", "date", "when")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Said:
    """What a reminder says, why, and the page on which to act."""

    title: str
    detail: str
    url: str


class Wording:
    """The words of some subjects, read in one query for the deals and one for each kind."""

    def __init__(self, wanted: Iterable[tuple[SubjectKind, int]], deal_ids: Collection[int]) -> None:
        by_kind: dict[SubjectKind, set[int]] = {}
        for kind, subject_id in wanted:
            by_kind.setdefault(kind, set()).add(subject_id)
        self._named = {kind: subjects()[kind].named(ids) for kind, ids in by_kind.items()}
        companies = Deal.objects.filter(pk__in=deal_ids).order_by().values_list("pk", "company__name")
        self._companies = dict(companies) if deal_ids else {}

    def say(
        self,
        *,
        kind: SubjectKind,
        subject_id: int,
        deal_id: int | None,
        due_on: dt.date,
        template: str,
        today: dt.date,
    ) -> Said:
        """Put one subject into words, in the language that is active, as of a reader's today."""
        subject = subjects()[kind]
        named = self._named[kind].get(subject_id, Named("", ""))
        values = {
            "what": named.what,
            "company": self._companies.get(deal_id or 0, ""),
            "deal": deal_code(deal_id) if deal_id is not None else "",
            "date": format_day_in_full(due_on),
            "when": format_distance(due_on, today=today),
        }
        return Said(_fill(template, subject, values)[:_LONGEST], _detail(subject, values), named.url)


def _fill(template: str, subject: Subject, values: dict[str, str]) -> str:
    """Fill a rule's sentence; one that another version of the application wrote gives way to the kind's own."""
    try:
        return (template or str(subject.title)).format_map(values)
    except (LookupError, ValueError, AttributeError):
        log.exception("sentence of a rule cannot be filled", kind=subject.kind)
        return str(subject.title).format_map(values)


def _detail(subject: Subject, values: dict[str, str]) -> str:
    detail = f"{subject.due_label} {values['date']}"
    return (detail[:1].upper() + detail[1:])[:_LONGEST]


def check_template(template: str) -> None:
    """Raise DomainError for a sentence with a field that reminders do not have."""
    try:
        fields = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(template)]
    except ValueError:
        raise DomainError(_("Write each field as {what}: one brace on each side."), field="title") from None
    for name, spec, conversion in fields:
        if name is None:
            continue
        if name not in FIELDS or spec or conversion:
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise DomainError(
                _("There is no field {%(name)s}. Use %(known)s.") % {"name": name, "known": known}, field="title"
            )
