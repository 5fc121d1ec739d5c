"""Whether a reminder still holds: its subject is open and concerns the person, who may see it and wants it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from accounts.models import User
from deals.models import Deal
from lrs_tracker.visibility import Viewer
from reminders.domain.candidates import still_told
from reminders.domain.subjects import subjects
from reminders.domain.subjects.base import seen_in
from reminders.enums import ReminderStatus, SubjectKind
from reminders.models import Mute, Reminder, ReminderRule

_seen_deals = seen_in(Deal)
# A subject and the deal that it belongs to.
type Pair = tuple[int, int | None]
# A reminder and the key of who is told; None for a licensee's contact.
type Told = tuple[Reminder, int | None]


def find_closed(reminders: Iterable[Reminder], *, today: dt.date) -> set[int]:
    """Return the keys of reminders whose subject was dealt with, has another date, or concerns other people now.

    An escalation ends with its subject, or when the reminder that it escalates was acted on. One query a rule.
    """
    closed = set()
    for rule, some in _by_rule(reminders):
        holds = still_told(rule, {(one.subject_id, one.due_on) for one in some}, today=today)
        open_pairs = {(subject, due_on) for subject, due_on, _user, _contact in holds}
        for one in some:
            if one.escalates is not None:
                is_open = (one.subject_id, one.due_on) in open_pairs and one.escalates.done_at is None
            else:
                is_open = (one.subject_id, one.due_on, one.recipient_id, one.contact_id) in holds
            if not is_open:
                closed.add(one.pk)
    return closed


def find_unseen(told: Iterable[Told]) -> set[int]:
    """Return the keys of reminders that their reader may not see, by the gate of every page: `visible_to`."""
    readers: dict[int, list[Reminder]] = defaultdict(list)
    for reminder, reader in told:
        if reader is not None:
            readers[reader].append(reminder)
    users = User.objects.in_bulk(readers)
    unseen = set()
    for pk, some in readers.items():
        by_kind: dict[SubjectKind, set[Pair]] = defaultdict(set)
        for one in some:
            by_kind[SubjectKind(one.kind)].add((one.subject_id, one.deal_id))
        seen = {kind: visible_subjects(users[pk], kind, pairs) for kind, pairs in by_kind.items()}
        unseen |= {one.pk for one in some if (one.subject_id, one.deal_id) not in seen[SubjectKind(one.kind)]}
    return unseen


def visible_subjects(viewer: Viewer, kind: SubjectKind, pairs: Collection[Pair]) -> set[Pair]:
    """Return those of some (subject, deal) pairs of a kind of which a viewer may see both, in two queries."""
    (visible,) = seen_by_each(kind, [(viewer, pairs)])
    return visible


def seen_by_each(kind: SubjectKind, asked: Sequence[tuple[Viewer, Collection[Pair]]]) -> list[set[Pair]]:
    """Return the same for each of some viewers, in two queries for as many as a statement may hold."""
    deals = _seen_deals([(viewer, {deal for _subject, deal in pairs if deal is not None}) for viewer, pairs in asked])
    seen = subjects()[kind].seen([(viewer, {subject for subject, _deal in pairs}) for viewer, pairs in asked])
    return [
        {(subject, deal) for subject, deal in pairs if subject in own and (deal is None or deal in own_deals)}
        for (_viewer, pairs), own, own_deals in zip(asked, seen, deals, strict=True)
    ]


def find_muted(told: Sequence[Told]) -> set[int]:
    """Return the keys of reminders whose reader muted their rule, for their deal or at all."""
    readers = {reader for _reminder, reader in told if reader is not None}
    muted = set(Mute.objects.filter(user__in=readers).order_by().values_list("user_id", "rule_id", "deal_id"))
    return {one.pk for one, reader in told if {(reader, one.rule_id, None), (reader, one.rule_id, one.deal_id)} & muted}


def still_relevant(reminders: Collection[Reminder], *, at: dt.datetime) -> dict[int, Reminder]:
    """Return by key those of some told reminders that still hold and that nobody has acted on."""
    waiting = [one for one in reminders if one.status == ReminderStatus.TOLD and one.done_at is None]
    told = [(one, one.told_to_id) for one in waiting]
    over = find_closed(waiting, today=at.date()) | find_unseen(told) | find_muted(told)
    return {one.pk: one for one in waiting if one.pk not in over}


def _by_rule(reminders: Iterable[Reminder]) -> Iterable[tuple[ReminderRule, list[Reminder]]]:
    rules: dict[int, tuple[ReminderRule, list[Reminder]]] = {}
    for reminder in reminders:
        rules.setdefault(reminder.rule_id, (reminder.rule, []))[1].append(reminder)
    return rules.values()
