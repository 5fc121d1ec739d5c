"""The form of a chat."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.versioned_forms import VersionedForm
from reminders.models import ChatEndpoint


class ChatForm(VersionedForm):
    """A chat for everyone; its address is written and never shown."""

    url = forms.CharField(
        label=_("Address of its incoming webhook"),
        max_length=ChatEndpoint._meta.get_field("url").max_length,
        widget=forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        help_text=_("Whoever knows it can post, so it is not shown again."),
    )

    class Meta:
        model = ChatEndpoint
        fields = ("name", "format")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["url"].required = False
            self.fields["url"].help_text = _("It is kept, and not shown. Type another one to change it.")

    def _as_text(self, name: str, value: Any) -> str:
        return str(_("hidden")) if name == "url" else super()._as_text(name, value)
