"""The forms of a webhook."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from lrs_tracker.problems import DomainError
from lrs_tracker.versioned_forms import VersionedForm
from sync.domain.feed import Position
from sync.domain.webhook_resources import resource_choices
from sync.models import WebhookEndpoint

_LONGEST_CURSOR = 200


class WebhookForm(VersionedForm):
    """Where a webhook is and what it is told of."""

    resources = forms.MultipleChoiceField(
        label=_("Tell it of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: of everything that you may see."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "resources")
        widgets = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "url": forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "resources", forms.MultipleChoiceField).choices = resource_choices()
        self.fields["name"].help_text = _("What receives it, such as “CRM”.")


class NewWebhookForm(WebhookForm):
    """A new webhook, own or for administrators of the organisation too."""

    for_everyone = forms.BooleanField(
        label=_("Of the organisation: told of everything, confidential deals too"), required=False
    )

    def __init__(self, *args: Any, may_be_for_everyone: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_for_everyone:
            del self.fields["for_everyone"]

    @property
    def values(self) -> dict[str, Any]:
        """What `create_endpoint` takes."""
        return super().values | {"for_everyone": self.cleaned_data.get("for_everyone", False)}


class ReplayForm(forms.Form):
    """From where on a webhook is told everything again."""

    since = forms.DateTimeField(
        label=_("What changed since"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your time zone."),
    )
    after = forms.CharField(
        label=_("Or after the cursor"),
        required=False,
        max_length=_LONGEST_CURSOR,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("That of the last message which arrived: “cursor” in its data."),
    )

    def clean_after(self) -> Position | None:
        """Return the position of the cursor."""
        cursor = self.cleaned_data["after"].strip()
        try:
            return Position.parse(cursor) if cursor else None
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Take one of both."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        since: dt.datetime | None = cleaned.get("since")
        if (since is None) == (cleaned.get("after") is None):
            self.add_error("since", _("Give a time or a cursor."))
        return cleaned
