"""What stands in a calendar: everything open with a date that concerns a person, or a deal, as its reader sees it."""

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import User
from deals.models import Deal
from lrs_tracker.problems import Text
from reminders.domain.subjects import subjects
from reminders.domain.subjects.base import Wanted
from reminders.domain.wording import Wording
from reminders.enums import SubjectKind
from royalties.models import Agreement

# The sentence of each kind of entry; all of them belong to a deal. No other kind is planned for a day.
TITLES: dict[SubjectKind, Text] = {
    SubjectKind.TASK_DUE: "{what}",
    SubjectKind.GATE_DUE: _("{company}: items of “{what}” due"),
    SubjectKind.APPROVAL_FILING: _("{what}: to be filed"),
    SubjectKind.APPROVAL_DECISION: _("{what}: decision due"),
    SubjectKind.APPROVAL_EXPIRY: _("{what}: approval expires"),
    SubjectKind.DOCUMENT_EXPIRY: _("{what}: expires"),
    SubjectKind.MILESTONE_DUE: "{what}",
    SubjectKind.REPORT_DUE: _("{company}: production report due"),
    SubjectKind.STATEMENT_DUE: _("{what}: statement to be issued"),
    SubjectKind.INVOICE_DUE: _("{what}, {company}: due"),
    SubjectKind.AGREEMENT_NOTICE: _("{what}: last day for notice"),
    SubjectKind.AGREEMENT_EXPIRY: _("{what}: expires"),
    SubjectKind.HOLD_RESUME: _("{company}: to be resumed"),
}
# Their subject has several dates at once, each an entry of its own: moved to another day, it is another entry.
_BY_DATE = frozenset({SubjectKind.GATE_DUE, SubjectKind.REPORT_DUE, SubjectKind.STATEMENT_DUE})
# Worked out period by period, so a first and a last day are needed. Whatever is stored has no such window.
_BY_PERIOD = frozenset({SubjectKind.REPORT_DUE, SubjectKind.STATEMENT_DUE})
_DAYS_BACK = 10 * 366
_DAYS_AHEAD = 2 * 366
# What finance sees to for every deal.
_OF_FINANCE = frozenset({SubjectKind.REPORT_DUE, SubjectKind.STATEMENT_DUE, SubjectKind.INVOICE_DUE})
_DEAL_LINE = "{company} ({deal})"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something on a day; `key` names it, for every reader alike, and `url` is a path of ours."""

    key: str
    on: dt.date
    title: str
    detail: str
    url: str
    category: str

    @property
    def fingerprint(self) -> str:
        """A digest of its words."""
        return hashlib.sha256("\n".join((self.title, self.detail, self.url, self.category)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Scope:
    """What is wanted: all of some deals, whatever one person has to do, and some kinds of every deal."""

    deal_ids: Collection[int]
    owner_id: int | None = None
    everywhere: frozenset[SubjectKind] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    kind: SubjectKind
    subject_id: int
    deal_id: int
    on: dt.date

    @property
    def key(self) -> str:
        name = f"{self.kind.value}-{self.subject_id}"
        return f"{name}-{self.on}" if self.kind in _BY_DATE else name


def scope_of(user: User) -> Scope:
    """Return what concerns a person: the deals that they own or work on, their tasks elsewhere, what finance does."""
    is_finance = user.groups.filter(name=Role.FINANCE).exists()
    deals = Deal.objects.visible_to(user).mine(user).order_by().values_list("pk", flat=True)
    return Scope(sorted(set(deals)), user.pk, _OF_FINANCE if is_finance else frozenset())


def find_entries(user: User, scope: Scope, *, at: dt.datetime) -> dict[str, Entry]:
    """Return by key the entries of a scope that a user may see now, in the language that is active.

    One query reads all kinds together; then each kind that was found is asked twice, for what is seen and its words.
    """
    return {entry.key: entry for entry in _say(_visible(user, _find(user, scope, at.date())), at.date())}


def _find(user: User, scope: Scope, today: dt.date) -> list[_Found]:
    agreements = Agreement.objects.visible_to(user)
    if not scope.everywhere:
        agreements = agreements.filter(deal__in=scope.deal_ids)
    agreement_ids = frozenset(agreements.order_by().values_list("pk", flat=True))
    days = [today + dt.timedelta(days=number) for number in range(-_DAYS_BACK, _DAYS_AHEAD)]
    parts, parameters = [], []
    for kind in TITLES:
        wanted = Wanted(today=today)
        if kind in _BY_PERIOD:
            wanted = replace(wanted, dates=days, ids=agreement_ids)
        elif kind == SubjectKind.GATE_DUE:
            wanted = replace(wanted, ids=scope.deal_ids)
        sql, values = subjects()[kind].open_rows(wanted)
        # The parts are our own statements; every value goes through a parameter.
        parts.append(f"""
            SELECT %s, s.subject_id, s.deal_id, s.due_on FROM ({sql}) s(subject_id, deal_id, due_on, owner_id)
            WHERE s.deal_id = ANY(%s) OR s.owner_id = %s OR %s""")  # noqa: S608
        parameters += [kind.value, *values, list(scope.deal_ids), scope.owner_id, kind in scope.everywhere]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return [_Found(SubjectKind(kind), *row) for kind, *row in cursor.fetchall()]


def _visible(user: User, found: Collection[_Found]) -> list[_Found]:
    """Keep what a user may see, once each: of the deals of a plant, the first gives its milestones their deal."""
    deal_ids = {one.deal_id for one in found}
    deals = set(Deal.objects.visible_to(user).filter(pk__in=deal_ids).order_by().values_list("pk", flat=True))
    by_kind: dict[SubjectKind, set[int]] = {}
    for one in found:
        by_kind.setdefault(one.kind, set()).add(one.subject_id)
    seen = {kind: subjects()[kind].seen([(user, ids)])[0] for kind, ids in by_kind.items()}
    kept: dict[str, _Found] = {}
    for one in sorted(found, key=lambda one: (one.key, one.deal_id)):
        if one.deal_id in deals and one.subject_id in seen[one.kind]:
            kept.setdefault(one.key, one)
    return list(kept.values())


def _say(found: Collection[_Found], today: dt.date) -> list[Entry]:
    wording = Wording(((one.kind, one.subject_id) for one in found), {one.deal_id for one in found})
    return [_entry(one, wording, today) for one in found]


def _entry(one: _Found, wording: Wording, today: dt.date) -> Entry:
    def say(template: str) -> tuple[str, str, str]:
        said = wording.say(
            kind=one.kind,
            subject_id=one.subject_id,
            deal_id=one.deal_id,
            due_on=one.on,
            template=template,
            today=today,
        )
        return said.title, said.detail, said.url

    title, due, url = say(str(TITLES[one.kind]))
    deal_line, _due, _url = say(_DEAL_LINE)
    return Entry(one.key, one.on, title, f"{deal_line}\n{due}", url, str(one.kind.label))
