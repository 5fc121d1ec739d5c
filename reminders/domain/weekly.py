"""The week of a manager: what moved, got stuck, slipped and was waived, and money that fell due. Only what changed."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from deals.models import Deal, DealPlant, StageTransition, Waiver
from lrs_tracker.clock import today_for
from lrs_tracker.formats import format_amount, format_day
from lrs_tracker.visible_text import one_line
from plants.models import MilestoneForecast
from royalties.domain.invoice_states import with_state
from royalties.enums import InvoiceState
from royalties.models import Invoice

WEEK = dt.timedelta(days=7)
# What a section shows; the rest is counted.
MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed: what it is about, what happened, and the path of its page."""

    about: str
    what: str
    path: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What changed in one respect: the first lines, and how many there are; `short` follows a number."""

    heading: str
    short: str
    lines: Sequence[Line]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True)
class WeeklyDigest:
    """What changed between two days for one manager; only sections with something in them."""

    since: dt.date
    until: dt.date
    sections: Sequence[Section]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changed."""
        return not self.sections

    @property
    def heading(self) -> str:
        """What changed in one line: “Your week: 3 moved, 1 stuck”."""
        counts = ", ".join(f"{section.count} {section.short}" for section in self.sections)
        return _("Your week: %(counts)s") % {"counts": counts}


def weekly_digest(user: User, *, at: dt.datetime) -> WeeklyDigest:
    """Return what changed in the week before an instant, as far as `user` may see it, in the active language.

    Six queries, whatever the size of the pipeline.
    """
    today = today_for(user, at=at)
    since = at - WEEK
    sections = (
        _section(_("Moved"), _("moved"), _moved(user, since, at)),
        _section(_("Got stuck"), _("stuck"), _stuck(user, since, at)),
        _section(_("Slipped"), _("slipped"), _slipped(user, since, at, today)),
        _section(_("Waived"), _("waived"), _waived(user, since, at)),
        _section(_("Overdue since last week"), _("overdue"), _overdue(user, today)),
        _section(_("Due within a week"), _("due"), _due(user, today)),
    )
    return WeeklyDigest(today - WEEK, today, [section for section in sections if section.count])


def _section(heading: str, short: str, lines: Iterable[Line]) -> Section:
    found = list(lines)
    return Section(heading, short, found[:MOST_LINES], len(found))


def _line(about: str, what: str, path: str, why: str = "") -> Line:
    return Line(one_line(about), one_line(what), path, one_line(why))


def _name(deal: Deal) -> str:
    return f"{deal.code} · {deal.company.name}"


def _moved(user: User, since: dt.datetime, at: dt.datetime) -> Iterable[Line]:
    """Find the deals that stand in another stage than a week ago, each with where it came from and went to."""
    moves = (
        StageTransition.objects.visible_to(user)
        .filter(at__gt=since, at__lte=at)
        .select_related("deal__company", "from_stage", "to_stage")
        .order_by("at", "pk")
    )
    first: dict[int, StageTransition] = {}
    last: dict[int, StageTransition] = {}
    for move in moves:
        first.setdefault(move.deal_id, move)
        last[move.deal_id] = move
    for deal_id, move in last.items():
        came_from = first[deal_id].from_stage
        if came_from is None:
            yield _line(_name(move.deal), _("New, in %(stage)s") % {"stage": move.to_stage}, _path(move.deal))
        elif came_from.pk != move.to_stage_id:
            yield _line(_name(move.deal), f"{came_from} → {move.to_stage}", _path(move.deal), move.reason)


def _stuck(user: User, since: dt.datetime, at: dt.datetime) -> Iterable[Line]:
    """Find the deals that are longer in their stage than its rot days, and were not a week ago."""
    deals = Deal.objects.visible_to(user).on_path().stuck_at(at)
    fresh = deals.exclude(pk__in=Deal.objects.stuck_at(since).values("pk")).select_related("company", "stage")
    for deal in fresh.order_by("entered_stage_at", "pk"):
        days = (at - deal.entered_stage_at).days
        words = ngettext("%(days)s day in %(stage)s", "%(days)s days in %(stage)s", days)
        yield _line(_name(deal), words % {"days": days, "stage": deal.stage}, _path(deal))


def _slipped(user: User, since: dt.datetime, at: dt.datetime, today: dt.date) -> Iterable[Line]:
    """Find the milestones of plants of visible deals that are now expected later than a week ago."""
    linked = DealPlant.objects.visible_to(user).filter(plant=OuterRef("milestone__plant"))
    moves = (
        MilestoneForecast.objects.visible_to(user)
        .filter(Exists(linked), at__gt=since, at__lte=at, milestone__actual_on__isnull=True)
        .select_related("milestone__plant")
        .order_by("at", "pk")
    )
    first: dict[int, MilestoneForecast] = {}
    last: dict[int, MilestoneForecast] = {}
    for move in moves:
        first.setdefault(move.milestone_id, move)
        last[move.milestone_id] = move
    for milestone_id, move in last.items():
        before, after = first[milestone_id].previous_on or move.milestone.baseline_on, move.forecast_on
        if before is None or after is None or after <= before:
            continue
        words = _("%(milestone)s: %(before)s → %(after)s, %(days)s days later") % {
            "milestone": move.milestone,
            "before": format_day(before, today=today),
            "after": format_day(after, today=today),
            "days": (after - before).days,
        }
        yield _line(move.milestone.plant.name, words, move.milestone.plant.get_absolute_url(), move.reason)


def _waived(user: User, since: dt.datetime, at: dt.datetime) -> Iterable[Line]:
    waivers = Waiver.objects.visible_to(user).filter(at__gt=since, at__lte=at)
    for waiver in waivers.select_related("deal__company", "by").order_by("at", "pk"):
        words = _("%(label)s, by %(person)s") % {"label": waiver.label, "person": waiver.by}
        yield _line(_name(waiver.deal), words, _path(waiver.deal), waiver.reason)


def _overdue(user: User, today: dt.date) -> Iterable[Line]:
    """Find the invoices that became overdue since the same day of last week."""
    return _claims(user, today, due_on__gte=today - WEEK, due_on__lt=today)


def _due(user: User, today: dt.date) -> Iterable[Line]:
    """Find the invoices that fall due before the same day of next week."""
    return _claims(user, today, due_on__gte=today, due_on__lt=today + WEEK)


def _claims(user: User, today: dt.date, **due: dt.date) -> Iterable[Line]:
    shown = Invoice.objects.visible_to(user).filter(**due)
    owed: QuerySet[Any] = with_state(shown, today=today).exclude(
        state__in=[InvoiceState.PAID, InvoiceState.CANCELLED, InvoiceState.DISPUTED]
    )
    for invoice in owed.select_related("licensor", "agreement__licensee").order_by("due_on", "pk"):
        words = _("%(number)s, %(amount)s, due %(day)s") % {
            "number": invoice.code,
            "amount": format_amount(invoice.outstanding, invoice.currency),
            "day": format_day(invoice.due_on, today=today),
        }
        yield _line(invoice.agreement.licensee.name, words, invoice.get_absolute_url())


def _path(deal: Deal) -> str:
    return deal.get_absolute_url()
