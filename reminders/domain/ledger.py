"""The ledger: whether someone was told, when and how."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import DateTimeField, Prefetch
from django.db.models.functions import Coalesce

from lrs_tracker.visibility import Viewer
from reminders.domain.relevance import Pair, visible_subjects
from reminders.domain.wording import Said, Wording
from reminders.enums import SubjectKind
from reminders.models import Notification, Reminder
from reminders.models.reminders import ReminderQuerySet


def ledger_of(viewer: Viewer) -> ReminderQuerySet:
    """Return the reminders that a viewer may read, with all that their rows show; the latest first.

    `on_at` is when a reminder was told, or is to be.
    """
    messages = Notification.objects.visible_to(viewer).select_related("chat_endpoint").order_by("pk")
    return (
        Reminder.objects.visible_to(viewer)
        .annotate(on_at=Coalesce("told_at", "send_at", output_field=DateTimeField()))
        .select_related("rule", "deal__company", "recipient", "contact", "told_to")
        .prefetch_related(Prefetch("notifications", queryset=messages))
        .order_by("-send_at", "-pk")
    )


def say_untold(reminders: Iterable[Reminder], *, viewer: Viewer, today: dt.date) -> dict[int, Said]:
    """Return by key what reminders would say that nobody was told yet, as far as a viewer may see their subjects.

    It takes one query for the deals, and three for each kind of subject.
    """
    untold = [one for one in reminders if not one.title]
    by_kind: dict[SubjectKind, set[Pair]] = defaultdict(set)
    for one in untold:
        by_kind[SubjectKind(one.kind)].add((one.subject_id, one.deal_id))
    seen = {kind: visible_subjects(viewer, kind, pairs) for kind, pairs in by_kind.items()}
    shown = [one for one in untold if (one.subject_id, one.deal_id) in seen[SubjectKind(one.kind)]]
    wording = Wording(
        ((SubjectKind(one.kind), one.subject_id) for one in shown),
        {one.deal_id for one in shown if one.deal_id is not None},
    )
    return {
        one.pk: wording.say(
            kind=SubjectKind(one.kind),
            subject_id=one.subject_id,
            deal_id=one.deal_id,
            due_on=one.due_on,
            template=one.rule.title,
            today=today,
        )
        for one in shown
    }
