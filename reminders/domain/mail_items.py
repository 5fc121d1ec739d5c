"""What a mail says of each reminder, and the links that it carries."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from lrs_tracker.base_url import absolute_url
from lrs_tracker.clock import today_for
from lrs_tracker.formats import format_day_in_full, format_distance
from lrs_tracker.visible_text import one_line
from reminders.domain.links import make_token
from reminders.enums import LinkAction, SubjectKind
from reminders.models import Notification, Reminder

# What is late when its date has passed; the others only began then, such as a deal that is stuck.
_CAN_BE_LATE = frozenset(
    {
        SubjectKind.TASK_DUE,
        SubjectKind.GATE_DUE,
        SubjectKind.APPROVAL_FILING,
        SubjectKind.APPROVAL_DECISION,
        SubjectKind.MILESTONE_DUE,
        SubjectKind.REPORT_DUE,
        SubjectKind.STATEMENT_DUE,
        SubjectKind.INVOICE_DUE,
    }
)


@dataclass(frozen=True, slots=True)
class MailItem:
    """A reminder in a mail; the addresses are whole. `stands_in_for` names who is away, if anyone is."""

    title: str
    detail: str
    url: str
    deal_id: int | None
    deal_url: str
    deal: str
    due: str
    distance: str
    is_late: bool
    stands_in_for: str
    rule: str
    done_url: str
    snooze_day_url: str
    snooze_week_url: str
    mute_url: str
    due_on: dt.date


@dataclass(slots=True)
class DealGroup:
    """The reminders of a deal in a digest; of none when `deal` is empty."""

    deal: str
    url: str
    items: list[MailItem] = field(default_factory=list)


def mail_item(notification: Notification, reminder: Reminder, *, at: dt.datetime) -> MailItem:
    """Return what a mail says of a reminder to its reader, in the active language."""
    reader, deal = notification.recipient, reminder.deal
    if reader is None:
        raise ValueError("Only people with an account get links.")
    today = today_for(reader, at=at)
    is_for_other = reminder.recipient_id is not None and reminder.recipient_id != reader.pk
    return MailItem(
        title=one_line(reminder.title),
        detail=one_line(reminder.detail),
        url=absolute_url(reminder.get_absolute_url()),
        deal_id=reminder.deal_id,
        deal_url=absolute_url(deal.get_absolute_url()) if deal else "",
        deal=one_line(" · ".join(filter(None, (deal.code, deal.company.name, deal.title)))) if deal else "",
        due=format_day_in_full(reminder.due_on),
        distance=format_distance(reminder.due_on, today=today),
        is_late=reminder.kind in _CAN_BE_LATE and reminder.due_on < today,
        stands_in_for=one_line(str(reminder.recipient)) if is_for_other else "",
        rule=one_line(reminder.rule.name),
        done_url=link_url(notification, reminder, LinkAction.DONE, at),
        snooze_day_url=link_url(notification, reminder, LinkAction.SNOOZE_DAY, at),
        snooze_week_url=link_url(notification, reminder, LinkAction.SNOOZE_WEEK, at),
        mute_url=link_url(notification, reminder, LinkAction.MUTE, at),
        due_on=reminder.due_on,
    )


def group_by_deal(items: Iterable[MailItem]) -> list[DealGroup]:
    """Return items by deal: the deal with the earliest date first, those without a deal last."""
    groups: dict[int | None, DealGroup] = {}
    for item in sorted(items, key=lambda each: (each.deal_id is None, each.due_on)):
        groups.setdefault(item.deal_id, DealGroup(item.deal, item.deal_url)).items.append(item)
    return list(groups.values())


def link_url(notification: Notification, reminder: Reminder, action: LinkAction, at: dt.datetime) -> str:
    """Return the address of a link that does something to a reminder."""
    token = make_token(notification=notification, reminder=reminder, action=action, at=at)
    return absolute_url(reverse("reminders:mail_link", args=[token]))
