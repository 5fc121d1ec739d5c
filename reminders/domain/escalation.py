"""What nobody acted on is told to the manager of whoever was told, once."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from reminders.domain.working_days import business_days_before
from reminders.enums import ReminderStatus
from reminders.models import Reminder, ReminderRule

# A reminder that was acted on is done, snoozed or muted; a subject that was closed is found when it is told.
_ESCALATE = """
INSERT INTO reminders_reminder (
    rule_id, kind, subject_id, deal_id, due_on, offset_days, recipient_id, escalates_id, send_at, status, reason,
    title, detail, url
)
SELECT DISTINCT ON (r.rule_id, r.subject_id, r.due_on, u.manager_id)
       r.rule_id, r.kind, r.subject_id, r.deal_id, r.due_on, r.offset_days, u.manager_id, r.id, %(at)s, 'waiting', '',
       '', '', ''
FROM reminders_reminder r
JOIN accounts_user u ON u.id = r.recipient_id AND u.manager_id IS NOT NULL
JOIN accounts_user m ON m.id = u.manager_id AND m.is_active
WHERE r.rule_id = %(rule)s AND r.status = 'told' AND r.escalates_id IS NULL
  AND r.done_at IS NULL AND r.snoozed_until IS NULL AND r.told_at <= %(before)s AND r.told_at > %(oldest)s
  AND NOT EXISTS (
      SELECT FROM reminders_mute q
      WHERE q.user_id = r.recipient_id AND q.rule_id = r.rule_id AND (q.deal_id IS NULL OR q.deal_id = r.deal_id)
  )
ORDER BY r.rule_id, r.subject_id, r.due_on, u.manager_id, r.told_at
ON CONFLICT DO NOTHING
RETURNING id
"""
# What was told longer ago than this and never acted on is history.
_LONGEST_WAIT = dt.timedelta(days=120)


@dataclass(slots=True)
class Escalated:
    """How many reminders were written to managers, and how many of them are held."""

    created: int = 0
    held: int = 0


def escalate(*, at: dt.datetime) -> Escalated:
    """Write a reminder to the manager for each that waited too long for an action.

    What a rule would escalate too much of at once is held, as what it tells is.
    """
    rules = ReminderRule.objects.filter(is_enabled=True, archived_at__isnull=True, escalate_after_days__isnull=False)
    result = Escalated()
    with connection.cursor() as cursor:
        for rule in rules.order_by("pk"):
            before = business_days_before(at, rule.escalate_after_days or 0, "UTC")
            values: dict[str, Any] = {"rule": rule.pk, "at": at, "before": before, "oldest": at - _LONGEST_WAIT}
            cursor.execute(_ESCALATE, values)
            made = [pk for (pk,) in cursor.fetchall()]
            result.created += len(made)
            if len(made) > settings.REMINDERS_HOLD_ABOVE:
                # A desk that was left alone, a rule made stricter: managers are not buried without a decision.
                Reminder.objects.filter(pk__in=made).update(status=ReminderStatus.HELD)
                result.held += len(made)
    return result
