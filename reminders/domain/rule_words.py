"""A rule in words: when it reminds, whom, by which ways, and with which sentence."""

import datetime as dt
from collections.abc import Iterable, Sequence

from babel.lists import format_list
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deals.models.deals import deal_code
from lrs_tracker.formats import format_day_in_full, format_distance, reader_locale
from reminders.domain.subjects import subjects
from reminders.enums import Channel, DayCount, RecipientKind, SubjectKind
from reminders.models import ReminderRule

# What the fields of a sentence stand for.
FIELD_WORDS = {
    "what": gettext_lazy("what it is about"),
    "company": gettext_lazy("company"),
    "deal": gettext_lazy("code of the deal"),
    "date": gettext_lazy("date"),
    "when": gettext_lazy("how far the date is"),
}


def rule_in_words(rule: ReminderRule) -> str:
    """Return “1 business day before and on the day, to the owner, by e-mail”, capitalised.

    The rule has its person and its chat with it.
    """
    when = offsets_in_words(rule.offsets, rule.day_count)
    return capfirst(", ".join([when, recipients_in_words(rule), ways_in_words(rule)]))


def offsets_in_words(offsets: Iterable[int], day_count: DayCount | str) -> str:
    """Return days from a date in words: “7 and 3 days before, on the day and 1 day after”."""
    before = sorted((-days for days in offsets if days < 0), reverse=True)
    after = sorted(days for days in offsets if days > 0)
    parts = [
        _days_before(before, day_count) if before else "",
        _("on the day") if 0 in offsets else "",
        _days_after(after, day_count) if after else "",
    ]
    return join([part for part in parts if part])


def recipients_in_words(rule: ReminderRule) -> str:
    """Return whom a rule tells: “to the owner and the team of the deal”."""
    names = {
        RecipientKind.OWNER: _("the owner"),
        RecipientKind.TEAM: _("the team of the deal"),
        RecipientKind.MANAGER: _("the owner's manager"),
        RecipientKind.ROLE: _("everyone with the role %(role)s") % {"role": rule.get_role_display()},
        RecipientKind.PERSON: str(rule.person or ""),
        RecipientKind.LICENSEE: _("the licensee's contacts for finance"),
    }
    return _("to %(people)s") % {"people": join([names[kind] for kind in RecipientKind if kind in rule.recipients])}


def ways_in_words(rule: ReminderRule) -> str:
    """Return the ways besides the inbox, in which every reminder stands."""
    ways = []
    if Channel.EMAIL in rule.channels:
        ways.append(_("by e-mail"))
    if Channel.CHAT in rule.channels:
        chat = rule.chat_endpoint
        ways.append(_("in their own chats") if chat is None else _("in the chat %(name)s") % {"name": chat.name})
    return join(ways) or _("in the inbox alone")


def join(parts: Sequence[str]) -> str:
    """Return parts as a list in words: “a, b and c”."""
    return format_list(parts, locale=reader_locale())


def _days_before(days: Sequence[int], day_count: DayCount | str) -> str:
    if day_count == DayCount.BUSINESS:
        words = ngettext("%(days)s business day before", "%(days)s business days before", _plural_of(days))
    else:
        words = ngettext("%(days)s day before", "%(days)s days before", _plural_of(days))
    return words % {"days": join([str(each) for each in days])}


def _days_after(days: Sequence[int], day_count: DayCount | str) -> str:
    if day_count == DayCount.BUSINESS:
        words = ngettext("%(days)s business day after", "%(days)s business days after", _plural_of(days))
    else:
        words = ngettext("%(days)s day after", "%(days)s days after", _plural_of(days))
    return words % {"days": join([str(each) for each in days])}


def _plural_of(days: Sequence[int]) -> int:
    # “3 and 1 days”: several figures share a word.
    return days[0] if len(days) == 1 else sum(days)


def example_sentence(kind: SubjectKind | str, template: str, *, today: dt.date) -> str:
    """Return how a rule's sentence reads, with invented facts; `check_template` passed it."""
    values = {
        "what": _("NDA"),
        "company": _("Example Motors"),
        "deal": deal_code(42),
        "date": format_day_in_full(today),
        "when": format_distance(today, today=today),
    }
    return (template or str(subjects()[SubjectKind(kind)].title)).format_map(values)
