"""The form of a reminder rule."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from deals.forms.parts import colleagues
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm
from reminders.domain.rules import FIELDS
from reminders.enums import Channel, RecipientKind
from reminders.models import ChatEndpoint, ReminderRule
from reminders.models.rules import MAX_OFFSET_DAYS, MAX_OFFSETS

_PARTED = re.compile(r"[,;\s]+")
_SIGN = re.compile(r"([-−–+])\s*")
_WHOLE = re.compile(r"[-+]?[0-9]{1,9}")
_SHOWN = 20


class OffsetsField(forms.Field):
    """Days from a date as they are typed: “-7, 0, 3”."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[int]:
        """Return the days in order; raise ValidationError for what is no whole number, too far or too much."""
        if isinstance(value, list):
            return value
        parts = [part for part in _PARTED.split(_SIGN.sub(_plain_sign, value or "")) if part]
        if len(parts) > MAX_OFFSETS:
            raise ValidationError(_("Give at most %(most)s days.") % {"most": MAX_OFFSETS}, code="too_many")
        return sorted(map(_read_days, parts))

    def prepare_value(self, value: Any) -> Any:
        """Return stored days as they are typed."""
        return (
            ", ".join(map(str, sorted(value))) if isinstance(value, Iterable) and not isinstance(value, str) else value
        )


def _plain_sign(match: re.Match[str]) -> str:
    return "+" if match[1] == "+" else "-"


def _read_days(part: str) -> int:
    if not _WHOLE.fullmatch(part):
        shown = part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…"
        raise ValidationError(_("“%(part)s” is no whole number of days.") % {"part": shown}, code="invalid")
    days = int(part)
    if abs(days) > MAX_OFFSET_DAYS:
        limits = {"days": days, "most": MAX_OFFSET_DAYS}
        raise ValidationError(_("%(days)s is too far: at most %(most)s days before or after.") % limits, code="far")
    return days


class RuleForm(VersionedForm):
    """When, of what and whom to remind."""

    offsets = OffsetsField(
        label=_("Days from the date"),
        help_text=_("-7 is a week before, 0 the day itself, 3 three days after."),
    )
    recipients = forms.MultipleChoiceField(
        label=_("Who is told"), choices=RecipientKind.choices, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label=_("Besides the inbox"), choices=Channel.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ReminderRule
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the colleagues who are active, and the chats of everyone."""
        super().__init__(*args, **kwargs)
        field_of(self, "person", forms.ModelChoiceField).queryset = colleagues(also=self.instance.person_id)
        shared = ChatEndpoint.objects.filter(owner__isnull=True, archived_at__isnull=True)
        chosen = ChatEndpoint.objects.filter(pk=self.instance.chat_endpoint_id)
        chat = field_of(self, "chat_endpoint", forms.ModelChoiceField)
        chat.queryset = (shared | chosen).order_by("name", "pk")
        chat.empty_label = str(_("The own chat of each person"))
        chat.help_text = ""

    def validate_constraints(self) -> None:
        """Leave it to the domain, which says at which field."""

    def clean(self) -> dict[str, Any]:
        """Drop what belongs to a choice that was not made, and ask for what belongs to one that was."""
        cleaned = super().clean()
        told = cleaned.get("recipients") or []
        if RecipientKind.ROLE not in told:
            cleaned["role"] = ""
        elif not cleaned.get("role") and "role" not in self.errors:
            self.add_error("role", _("Name the role that is told."))
        if RecipientKind.PERSON not in told:
            cleaned["person"] = None
        elif not cleaned.get("person") and "person" not in self.errors:
            self.add_error("person", _("Name the person who is told."))
        if Channel.CHAT not in (cleaned.get("channels") or []):
            cleaned["chat_endpoint"] = None
        return cleaned

    def _as_text(self, name: str, value: Any) -> str:
        field = self.fields[name]
        return super()._as_text(name, field.prepare_value(value) if isinstance(field, OffsetsField) else value)


class RulePreviewForm(RuleForm):
    """A rule while it is typed: its name may come last, and nobody else's version is in the way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored_version = None
        self.fields["name"].required = False

    def clean_name(self) -> str:
        """Return the name, or a dash."""
        return self.cleaned_data["name"] or "–"
