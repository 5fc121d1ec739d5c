"""Words of the reminder pages: signs of life, and days from a date."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reminders.domain.rule_words import offsets_in_words
from reminders.models import Reminder

register = template.Library()

# A part that shows itself every minute and has not for so long does not live.
_LATE = dt.timedelta(minutes=3)


@register.simple_tag
def heartbeat(lived_at: Mapping[str, dt.datetime | None] | None, part: str) -> str | SafeString:
    """Write how long ago a part lived; late when that is longer than it should be, or not known."""
    at = lived_at.get(part) if lived_at is not None else None
    if at is None:
        return format_html('<span class="late">{}</span>', _("never seen"))
    age = max(timezone.now() - at, dt.timedelta())
    minutes = int(age.total_seconds() // 60)
    words = ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    words = words if minutes else _("within the last minute")
    return format_html('<span class="late">{}</span>', words) if age > _LATE else words


@register.filter
def value_of(values: Mapping[Any, Any], key: Any) -> Any:
    """Return a value by its key, or the key when there is none."""
    return values.get(key, key)


@register.filter
def offset_words(reminder: Reminder) -> str:
    """Write when a reminder belongs: “3 business days before”."""
    return offsets_in_words([reminder.offset_days], reminder.rule.day_count)
