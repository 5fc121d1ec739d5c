"""Adding, changing and retiring rules, and deciding on what a rule made too much of."""

import datetime as dt
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from reminders.domain.wording import check_template
from reminders.enums import Channel, ReminderStatus, SkipReason
from reminders.models import Reminder, ReminderRule

FIELDS = (
    "name",
    "kind",
    "offsets",
    "day_count",
    "recipients",
    "role",
    "person",
    "channels",
    "chat_endpoint",
    "title",
    "is_urgent",
    "escalate_after_days",
    "grace_days",
)


@transaction.atomic
def add_rule(*, by: User, today: dt.date, **values: Any) -> ReminderRule:
    """Add a rule that is on from today; what belongs to earlier days is owed within its grace only.

    Raise ValidationError for values outside their range, DomainError for a sentence with an unknown field, a name
    that is taken or offsets given twice, PermissionRefusedError without the permission.
    """
    require_permission(by, "reminders.add_reminderrule")
    rule = ReminderRule(enabled_on=today, **values)
    check_rule(rule)
    with constraints_in_words(ReminderRule):
        rule.save()
    return rule


@transaction.atomic
def change_rule(*, rule: ReminderRule, by: User, expected_version: int | None = None, **values: Any) -> ReminderRule:
    """Change a rule. What it wrote and nobody was told yet is written anew by the next scan; raise as `add_rule`."""
    require_permission(by, "reminders.change_reminderrule")
    if unknown := values.keys() - set(FIELDS):
        raise TypeError(f"a rule has no changeable {sorted(unknown)}")
    rule = lock_row(rule, expected_version=expected_version)
    changed = ReminderRule(pk=rule.pk, **{field: getattr(rule, field) for field in FIELDS})
    for name, value in values.items():
        setattr(changed, name, value)
    changed.enabled_on = rule.enabled_on
    check_rule(changed)
    # Reminders that wait say what the rule said before; the unique key would keep them as they are.
    _waiting(rule).delete()
    with constraints_in_words(ReminderRule):
        return write_changes(rule, values)


@transaction.atomic
def switch_rule(*, rule: ReminderRule, is_enabled: bool, by: User, today: dt.date) -> ReminderRule:
    """Switch a rule on or off; off, it takes back what nobody was told yet; on again, it owes nothing for before."""
    require_permission(by, "reminders.change_reminderrule")
    rule = lock_row(rule)
    if rule.is_enabled == is_enabled:
        return rule
    if not is_enabled:
        _waiting(rule).delete()
    return write_changes(rule, {"is_enabled": is_enabled, "enabled_on": today if is_enabled else rule.enabled_on})


@transaction.atomic
def archive_rule(*, rule: ReminderRule, by: User, at: dt.datetime) -> ReminderRule:
    """Retire a rule; what it told stays in the ledger."""
    require_permission(by, "reminders.delete_reminderrule")
    rule = lock_row(rule)
    _waiting(rule).delete()
    return write_changes(rule, {"archived_at": rule.archived_at or at, "is_enabled": False})


def held_reminders(rule: ReminderRule) -> models.QuerySet[Reminder]:
    """Return what a rule made too much of at once, so that it waits for a decision."""
    return Reminder.objects.filter(rule=rule, status=ReminderStatus.HELD)


def held_by_rule() -> list[tuple[ReminderRule, int]]:
    """Return the rules that made too much at once, with how many of their reminders wait for a decision."""
    rules = ReminderRule.objects.filter(reminders__status=ReminderStatus.HELD)
    counted = rules.annotate(held=models.Count("reminders")).order_by("name", "pk")
    return [(rule, rule.held) for rule in counted]


def release_held(*, rule: ReminderRule, by: User, at: dt.datetime) -> int:
    """Let everything that a rule made too much of be told, however long the decision took; return how many."""
    require_permission(by, "reminders.change_reminderrule")
    return held_reminders(rule).update(status=ReminderStatus.WAITING, send_at=Greatest("send_at", models.Value(at)))


def discard_held(*, rule: ReminderRule, by: User) -> int:
    """Tell nothing of what a rule made too much of; return how many."""
    require_permission(by, "reminders.change_reminderrule")
    return held_reminders(rule).update(status=ReminderStatus.SKIPPED, reason=SkipReason.DISCARDED)


def _waiting(rule: ReminderRule) -> models.QuerySet[Reminder]:
    """Return what waits to be told for the first time: what somebody snoozed is theirs, and stays."""
    statuses = (ReminderStatus.WAITING, ReminderStatus.HELD)
    return Reminder.objects.filter(rule=rule, status__in=statuses, snoozed_until__isnull=True)


def check_rule(rule: ReminderRule) -> None:
    """Raise as `add_rule` does for what a rule may not hold, whether it is saved or not."""
    # What is unique is the database's to judge: to Django a changed rule looks like a second one with its key.
    rule.full_clean(validate_unique=False, validate_constraints=False)
    check_template(rule.title)
    if len(set(rule.offsets)) != len(rule.offsets):
        raise DomainError(_("The same day is given twice."), field="offsets")
    if rule.chat_endpoint is not None and Channel.CHAT not in rule.channels:
        raise DomainError(_("Choose the chat as a way too, or leave its address empty."), field="chat_endpoint")
    if rule.chat_endpoint is not None and rule.chat_endpoint.owner_id is not None:
        raise DomainError(_("This chat belongs to one person: choose one for everyone."), field="chat_endpoint")
