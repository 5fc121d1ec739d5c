"""Deals that stand still, and what is dated in them: steps, gates, approvals, documents, resumption."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import DateField, DurationField, Exists, ExpressionWrapper, F, Max, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.domain.gate_facts import facts_of, field_facts
from deals.enums import CLOSED_TYPES, ApprovalStatus, StageType
from deals.models import Approval, Deal, Document, Gate, Task
from deals.models.deals import deal_code
from reminders.domain.subjects.base import Named, Row, Subject, Wanted, calculated, date_of, keyed, seen_in, stored
from reminders.enums import SubjectKind

_DAY = dt.timedelta(days=1)
_OWNER = F("deal__owner_id")


def _stuck(today: dt.date) -> QuerySet[Any]:
    rot = ExpressionWrapper(F("stage__rot_days") * Value(_DAY), output_field=DurationField())
    due = date_of(ExpressionWrapper(F("entered_stage_at") + rot, output_field=DateField()))
    deals = Deal.objects.on_path().filter(stage__rot_days__isnull=False)
    return keyed(deals, deal="pk", due=due, owner=F("owner_id"))


def _without_step(today: dt.date) -> QuerySet[Any]:
    pending = Task.objects.pending().filter(deal=OuterRef("pk"))
    last_done = Task.objects.filter(deal=OuterRef("pk")).order_by().values("deal").values(at=Max("done_at"))
    since = Greatest(F("created_at"), Coalesce(last_done, F("created_at")))
    deals = Deal.objects.on_path().filter(~Exists(pending))
    return keyed(deals, deal="pk", due=date_of(since), owner=F("owner_id"))


def _on_hold(today: dt.date) -> QuerySet[Any]:
    deals = Deal.objects.filter(stage__type=StageType.HOLD, resume_on__isnull=False)
    return keyed(deals, deal="pk", due=F("resume_on"), owner=F("owner_id"))


def _tasks(today: dt.date) -> QuerySet[Any]:
    tasks = Task.objects.pending().exclude(deal__stage__type__in=CLOSED_TYPES)
    return keyed(tasks, due=F("due_on"), owner=Coalesce("assignee_id", _OWNER))


def _gates(wanted: Wanted) -> Collection[Row]:
    """Find the deals by the dates of gates that they do not meet: two queries, of deals with such dates only."""
    gates = Gate.objects.filter(archived_at__isnull=True, due_after_days__isnull=False)
    due = date_of(
        ExpressionWrapper(
            F("entered_stage_at")
            + ExpressionWrapper(F("stage__gates__due_after_days") * Value(_DAY), output_field=DurationField()),
            output_field=DateField(),
        )
    )
    deals = Deal.objects.on_path().filter(stage__gates__in=gates)
    rows = deals.annotate(gate_key=F("stage__gates__pk"), due_key=due)
    if wanted.dates is not None:
        rows = rows.filter(due_key__in=wanted.dates)
    if wanted.ids is not None:
        rows = rows.filter(pk__in=wanted.ids)
    found = [(deal, deal.gate_key, deal.due_key) for deal in rows.order_by()]
    asked = {gate.pk: gate for gate in gates.filter(pk__in={gate for _deal, gate, _due in found})} if found else {}
    facts = facts_of({deal.pk for deal, _gate, _due in found}, today=wanted.today)
    return {
        (deal.pk, deal.pk, due_on, deal.owner_id)
        for deal, gate, due_on in found
        if asked[gate].fact not in facts[deal.pk] | field_facts(deal)
    }


def _filings(today: dt.date) -> QuerySet[Any]:
    return _approvals("file_by_on", ApprovalStatus.TO_FILE)


def _decisions(today: dt.date) -> QuerySet[Any]:
    # While an authority waits for information its clock stands still.
    return _approvals("decision_due_on", ApprovalStatus.FILED)


def _expiries(today: dt.date) -> QuerySet[Any]:
    return _approvals("expires_on", ApprovalStatus.GRANTED, ApprovalStatus.GRANTED_WITH_CONDITIONS)


def _approvals(date: str, *statuses: ApprovalStatus) -> QuerySet[Any]:
    approvals = Approval.objects.filter(status__in=statuses, **{f"{date}__isnull": False})
    return keyed(approvals.exclude(deal__stage__type__in=CLOSED_TYPES), due=F(date), owner=_OWNER)


def _documents(today: dt.date) -> QuerySet[Any]:
    newer = Document.objects.filter(
        deal=OuterRef("deal"), kind=OuterRef("kind"), title=OuterRef("title"), number__gt=OuterRef("number")
    )
    documents = Document.objects.filter(~Exists(newer), expires_on__isnull=False)
    return keyed(documents.exclude(deal__stage__type__in=CLOSED_TYPES), due=F("expires_on"), owner=_OWNER)


def _stage_names(ids: Collection[int]) -> dict[int, Named]:
    rows = Deal.objects.filter(pk__in=ids).order_by().values_list("pk", "stage__name")
    return {pk: Named(stage, workspace_url(pk)) for pk, stage in rows}


def _deal_names(ids: Collection[int]) -> dict[int, Named]:
    rows = Deal.objects.filter(pk__in=ids).order_by().values_list("pk", "title", "company__name")
    return {pk: Named(title or company, workspace_url(pk)) for pk, title, company in rows}


def _gate_names(ids: Collection[int]) -> dict[int, Named]:
    return {pk: Named(named.what, f"{named.url}#gates") for pk, named in _stage_names(ids).items()}


def _names_in(model: Any, name: str, tab: str) -> Any:
    def named(ids: Collection[int]) -> dict[int, Named]:
        rows = model.objects.filter(pk__in=ids).order_by().values_list("pk", name, "deal_id")
        return {pk: Named(what, f"{workspace_url(deal)}?tab={tab}") for pk, what, deal in rows}

    return named


def workspace_url(deal_id: int) -> str:
    """Return the path of a deal's workspace."""
    return reverse("deals:workspace", args=[deal_code(deal_id)])


_seen_deals = seen_in(Deal)
SUBJECTS = (
    Subject(
        SubjectKind.DEAL_STUCK,
        _("{company} has been in “{what}” for too long"),
        _("its time in the stage was over"),
        stored(_stuck),
        _seen_deals,
        _stage_names,
    ),
    Subject(
        SubjectKind.DEAL_WITHOUT_STEP,
        _("{company} has no next step"),
        _("without a next step since"),
        stored(_without_step),
        _seen_deals,
        _deal_names,
    ),
    Subject(
        SubjectKind.TASK_DUE,
        _("{what}: due {when}"),
        _("due"),
        stored(_tasks),
        seen_in(Task),
        _names_in(Task, "title", "tasks"),
    ),
    Subject(
        SubjectKind.GATE_DUE,
        _("{company}: items of “{what}” due {when}"),
        _("due"),
        calculated(_gates),
        _seen_deals,
        _gate_names,
    ),
    Subject(
        SubjectKind.APPROVAL_FILING,
        _("{what}: to be filed {when}"),
        _("to be filed by"),
        stored(_filings),
        seen_in(Approval),
        _names_in(Approval, "regime", "approvals"),
    ),
    Subject(
        SubjectKind.APPROVAL_DECISION,
        _("{what}: decision due {when}"),
        _("decision due"),
        stored(_decisions),
        seen_in(Approval),
        _names_in(Approval, "regime", "approvals"),
    ),
    Subject(
        SubjectKind.APPROVAL_EXPIRY,
        _("{what}: approval expires {when}"),
        _("expires"),
        stored(_expiries),
        seen_in(Approval),
        _names_in(Approval, "regime", "approvals"),
    ),
    Subject(
        SubjectKind.DOCUMENT_EXPIRY,
        _("{what}: expires {when}"),
        _("expires"),
        stored(_documents),
        seen_in(Document),
        _names_in(Document, "title", "documents"),
    ),
    Subject(
        SubjectKind.HOLD_RESUME,
        _("{company}: to be resumed {when}"),
        _("to be resumed"),
        stored(_on_hold),
        _seen_deals,
        _deal_names,
    ),
)
