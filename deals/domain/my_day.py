"""What someone's day brings: next steps, deals that need a look, dates ahead, and what others did."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value

from accounts.models import User
from deals.enums import DECIDED_STATUSES, ApprovalStatus, DocumentKind
from deals.models import Approval, Deal, Document, Note, Task
from deals.models.deals import deal_code
from lrs_tracker.problems import DomainError
from sync.domain.change_words import Line
from sync.domain.timeline import in_words
from sync.models import Change

# How far the day looks ahead and back, and how much of each it shows.
STEPS_AHEAD = dt.timedelta(days=14)
DATES_AHEAD = dt.timedelta(days=45)
FIRST_LOOK_BACK = dt.timedelta(days=7)
MOST_STEPS = 30
MOST_DEALS = 8
MOST_DATES = 8
MOST_MENTIONS = 5
MOST_CHANGES = 150
MOST_CHANGED_DEALS = 10
LINES_PER_DEAL = 4
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorryingDeal:
    """A deal that is too long in its stage, or has no next step."""

    pk: int
    company: str
    title: str
    stage: str
    owner: str
    days_in_stage: int
    rots_at_days: int | None
    is_stuck: bool
    has_step: bool

    @property
    def code(self) -> str:
        """The name people use for the deal."""
        return deal_code(self.pk)


@dataclass(frozen=True, slots=True)
class DateAhead:
    """A document that expires or a decision that is due on a deal."""

    deal_id: int
    company: str
    kind: str
    title: str
    on: dt.date

    @property
    def code(self) -> str:
        """The name people use for the deal."""
        return deal_code(self.deal_id)


@dataclass(frozen=True, slots=True)
class News:
    """One sentence about a deal: who did what, when."""

    who: str
    line: Line
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class DealNews:
    """What others did to a deal, the newest first; `more` counts what is not shown."""

    pk: int
    company: str
    title: str
    news: list[News]
    more: int

    @property
    def code(self) -> str:
        """The name people use for the deal."""
        return deal_code(self.pk)


def my_steps(user: User, *, today: dt.date) -> list[Task]:
    """Return the user's open steps that are overdue or due in two weeks, the earliest first."""
    steps = Task.objects.visible_to(user).pending().filter(assignee=user, due_on__lte=today + STEPS_AHEAD)
    return list(steps.select_related("deal__company").order_by("due_on", "pk")[:MOST_STEPS])


def my_worries(user: User, *, at: dt.datetime) -> list[WorryingDeal]:
    """Return the user's own deals and those of their teams that are stuck or without a next step."""
    return _worries(Deal.objects.visible_to(user).mine(user), at)


def desk_worries(user: User, *, at: dt.datetime) -> list[WorryingDeal]:
    """Return the deals of others that are stuck or without a next step."""
    visible = Deal.objects.visible_to(user)
    return _worries(visible.exclude(pk__in=visible.mine(user).values("pk")), at)


def _worries(deals: "QuerySet[Deal]", at: dt.datetime) -> list[WorryingDeal]:
    open_deals = deals.on_path()  # type: ignore[attr-defined]  # a deal's own queryset
    stuck = Exists(Deal.objects.filter(pk=OuterRef("pk")).stuck_at(at))
    has_step = Exists(Task.objects.filter(deal=OuterRef("pk"), done_at__isnull=True))
    found = (
        open_deals.annotate(is_stuck=stuck, has_step=has_step)
        .filter(Q(is_stuck=True) | Q(has_step=False))
        .order_by("-is_stuck", "entered_stage_at", "pk")
        .values_list(
            "pk",
            "company__name",
            "title",
            "stage__name",
            "owner__name",
            "entered_stage_at",
            "stage__rot_days",
            "is_stuck",
            "has_step",
        )
    )
    return [
        WorryingDeal(pk, company, title, stage, owner or "", (at - entered) // DAY, rot, is_stuck, has_step)
        for pk, company, title, stage, owner, entered, rot, is_stuck, has_step in found[:MOST_DEALS]
    ]


def dates_ahead(user: User, *, today: dt.date) -> list[DateAhead]:
    """Return the NDAs that expire and the decisions that are due on the user's deals, in one query."""
    mine = Deal.objects.visible_to(user).mine(user).unclosed().values("pk")
    until = today + DATES_AHEAD
    newer = Document.objects.filter(
        deal=OuterRef("deal"), kind=OuterRef("kind"), title=OuterRef("title"), number__gt=OuterRef("number")
    )
    expiring = Document.objects.visible_to(user).filter(
        ~Exists(newer), deal__in=mine, kind=DocumentKind.NDA, expires_on__range=(today - DATES_AHEAD, until)
    )
    undecided = Approval.objects.visible_to(user).filter(deal__in=mine, decision_due_on__lte=until)
    undecided = undecided.exclude(status__in=[*DECIDED_STATUSES, ApprovalStatus.NOT_NEEDED])
    rows = _dated(expiring, "nda", "title", "expires_on").union(
        _dated(undecided, "approval", "regime", "decision_due_on"), all=True
    )
    return [DateAhead(*row) for row in rows.order_by("on", "deal_id")[:MOST_DATES]]


def _dated(rows: "QuerySet[Any]", kind: str, title: str, on: str) -> "QuerySet[Any]":
    # Shown under the same names, as a union asks for.
    shown = rows.annotate(company=F("deal__company__name"), what=Value(kind, CharField()), name=F(title), on=F(on))
    return shown.values_list("deal_id", "company", "what", "name", "on")


def mentions_of(user: User, *, since: dt.datetime) -> list[Note]:
    """Return the notes since a time that mention the user, the newest first."""
    notes = Note.objects.visible_to(user).filter(mentions=user, created_at__gt=since).exclude(author=user)
    return list(notes.select_related("author", "deal__company").order_by("-created_at", "-pk")[:MOST_MENTIONS])


def news_since(user: User, *, since: dt.datetime) -> list[DealNews]:
    """Return what others did to deals since a time, by deal: at most three queries."""
    changes = list(
        Change.objects.visible_to(user)
        .filter(Q(resource="deal") | Q(parent_resource="deal"), at__gt=since)
        .exclude(actor=user)
        .select_related("actor")
        .order_by("-at", "-pk")[:MOST_CHANGES]
    )
    deal_of = {
        (change.resource, change.object_id): change.object_id if change.resource == "deal" else change.parent_id
        for change in changes
    }
    told: dict[int, list[News]] = {}
    for entry in in_words(changes, viewer=user):
        for line in entry.lines:
            deal_id = deal_of.get((line.resource, line.object_id))
            if deal_id is not None:
                told.setdefault(deal_id, []).append(News(entry.who, line, entry.at))
    shown = list(told)[:MOST_CHANGED_DEALS]
    names = {
        pk: (company, title)
        for pk, company, title in Deal.objects.visible_to(user)
        .filter(pk__in=shown)
        .values_list("pk", "company__name", "title")
    }
    return [
        DealNews(pk, *names[pk], told[pk][:LINES_PER_DEAL], max(len(told[pk]) - LINES_PER_DEAL, 0))
        for pk in shown
        if pk in names
    ]


def looked_back_to(user: User, *, at: dt.datetime) -> dt.datetime:
    """Return since when changes are news: when the user last marked them as read, else the last week."""
    return user.last_looked_at or at - FIRST_LOOK_BACK


@transaction.atomic
def mark_read(*, user: User, until: dt.datetime, at: dt.datetime) -> None:
    """Remember that the user has read what changed until a time. Raise DomainError for one to come."""
    if until > at:
        raise DomainError("Changes to come cannot have been read.", field="until")
    read_later = Q(last_looked_at__isnull=True) | Q(last_looked_at__lt=until)
    User.objects.filter(read_later, pk=user.pk).update(last_looked_at=until)
