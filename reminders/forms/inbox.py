"""What a person asks of the inbox."""

from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lrs_tracker.dates import validate_plausible_date
from reminders.enums import InboxAction, InboxGrouping, InboxView

# The parts of pages that show reminders: the inbox itself, and its panel on My day.
PLACES = ("inbox", "day")


class KeysField(forms.Field):
    """Keys of rows, as ticked boxes send them."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"required": _("Select at least one reminder.")}

    def to_python(self, value: list[str] | None) -> list[int]:
        """Return the keys; what is none is left out."""
        return [int(key) for key in value or () if key.isascii() and key.isdecimal() and len(key) < 19]


class LookForm(forms.Form):
    """How the inbox is looked at; what makes no sense is left out."""

    show = forms.ChoiceField(choices=InboxView, required=False)
    group = forms.ChoiceField(choices=InboxGrouping, required=False)
    place = forms.ChoiceField(choices=[(place, place) for place in PLACES], required=False)

    def look(self) -> tuple[InboxView, InboxGrouping, str]:
        """Return the view, the grouping and the place."""
        self.is_valid()
        known = self.cleaned_data
        return (
            InboxView(known.get("show") or InboxView.STANDING),
            InboxGrouping(known.get("group") or InboxGrouping.DAY),
            known.get("place") or "inbox",
        )


class ActionForm(forms.Form):
    """What to do with which reminders: “done” with those that are ticked, “done:5” with that one."""

    do = forms.ChoiceField(
        choices=InboxAction, error_messages={"required": _("Say what to do."), "invalid_choice": _("Say what to do.")}
    )
    reminder = KeysField()
    until = forms.DateField(required=False, validators=[validate_plausible_date])

    @classmethod
    def of(cls, posted: QueryDict) -> Self:
        """Return the form of what a button of the inbox sent."""
        action, _colon, key = posted.get("do", "").partition(":")
        return cls(
            {
                "do": action,
                "reminder": [key] if key else posted.getlist("reminder"),
                "until": posted.get(f"until-{key}" if key else "until", ""),
            }
        )

    def clean(self) -> dict[str, Any]:
        """Ask for the day of a snooze."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("do") == InboxAction.SNOOZE and cleaned.get("until") is None and "until" not in self.errors:
            self.add_error("until", _("Say until which day."))
        return cleaned

    def problem(self) -> str:
        """Return what is wrong, in words."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)
