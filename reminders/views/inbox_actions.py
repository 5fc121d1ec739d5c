"""Doing things with reminders, and saying in words what was done."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lrs_tracker.formats import format_day_in_full
from reminders.domain import actions
from reminders.domain.snoozes import SNOOZE_DAYS
from reminders.enums import InboxAction, LinkAction
from reminders.models import Reminder


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words; `undo` is the action that takes it back from `reminders`, if one does."""

    text: str
    note: str = ""
    kind: str = "done"
    undo: str = ""
    reminders: list[int] = field(default_factory=list)


def carry_out(
    action: str, chosen: Sequence[Reminder], *, user: User, until: dt.date | None, at: dt.datetime, today: dt.date
) -> Done:
    """Do something with the chosen reminders and say what was done. Raise DomainError where that cannot be."""
    keys = [reminder.pk for reminder in chosen]
    match action:
        case InboxAction.READ:
            actions.mark_read(reminders=chosen, user=user, at=at)
            return Done(_("Marked as read."))
        case InboxAction.DONE:
            actions.mark_done(reminders=chosen, user=user, at=at)
            text = ngettext("Done.", "%(n)s reminders are done.", len(keys)) % {"n": len(keys)}
            return Done(text, note=_title_of(chosen), undo=InboxAction.UNDO, reminders=keys)
        case InboxAction.MUTE:
            gone = actions.mute(reminders=chosen, user=user, at=at)
            return Done(_("Muted."), note=_muted(chosen), undo=InboxAction.UNDO_MUTE, reminders=gone or keys)
        case InboxAction.UNDO:
            actions.undo(reminders=chosen, user=user, at=at)
            return Done(_("Back in the inbox."), note=_title_of(chosen))
        case InboxAction.UNDO_MUTE:
            actions.undo_mute(reminders=chosen, user=user, at=at)
            return Done(_("Not muted any more."), note=_muted(chosen))
    moment = actions.snooze(reminders=chosen, user=user, until=until or _day_of(action, today), at=at)
    text = _("Snoozed until %(moment)s.") % {"moment": _in_words(moment)}
    return Done(text, note=_title_of(chosen), undo=InboxAction.UNDO, reminders=keys)


def _day_of(action: str, today: dt.date) -> dt.date:
    return today + dt.timedelta(days=SNOOZE_DAYS[LinkAction(action)])


def _in_words(moment: dt.datetime) -> str:
    local = timezone.localtime(moment)
    return f"{format_day_in_full(local.date())}, {local:%H:%M}"


def _title_of(reminders: Sequence[Reminder]) -> str:
    return str(reminders[0]) if len(reminders) == 1 else ""


def _muted(reminders: Sequence[Reminder]) -> str:
    pairs = {(reminder.rule.name, reminder.deal.company.name if reminder.deal else "") for reminder in reminders}
    if len(pairs) > 1:
        return ""
    [(rule, company)] = pairs
    return _("“%(rule)s” for %(company)s") % {"rule": rule, "company": company} if company else rule
