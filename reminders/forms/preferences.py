"""How a person wants to be told."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.form_fields import field_of
from reminders.enums import Channel, ChatFormat, SubjectKind
from reminders.models import ChatEndpoint, KindPreference, Preference


class HoursForm(forms.ModelForm):
    """When a person is told, and whether all at once."""

    working_days = forms.TypedMultipleChoiceField(
        label=_("Working days"),
        choices=[*WEEKDAYS.items()],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one working day.")},
    )

    class Meta:
        model = Preference
        fields = ("send_time", "working_days", "wants_digest")
        widgets = {"send_time": forms.TimeInput({"type": "time"}, format="%H:%M")}


class ChannelsForm(forms.Form):
    """By which ways reminders of each kind may come."""

    def __init__(self, *args: Any, kept: Iterable[KindPreference] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limited = {own.kind: own for own in kept}
        for kind in SubjectKind:
            own = limited.get(kind)
            allowed = {Channel.EMAIL: own is None or own.by_email, Channel.CHAT: own is None or own.by_chat}
            self.fields[kind] = forms.MultipleChoiceField(
                label=kind.label,
                choices=Channel,
                required=False,
                initial=[channel.value for channel in Channel if allowed[channel]],
                widget=forms.CheckboxSelectMultiple,
            )

    def chosen(self) -> dict[SubjectKind, Collection[Channel]]:
        """Return the ways of each kind; the form is valid."""
        return {kind: [Channel(channel) for channel in self.cleaned_data[kind]] for kind in SubjectKind}


class ChatForm(forms.Form):
    """A person's own chat; its address is never shown again."""

    name = forms.CharField(label=_("Name"), max_length=80)
    format = forms.ChoiceField(label=_("Kind"), choices=ChatFormat)
    url = forms.CharField(
        label=_("Address of its incoming webhook"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}),
    )

    def __init__(self, *args: Any, endpoint: ChatEndpoint | None = None, **kwargs: Any) -> None:
        if endpoint is not None:
            kwargs["initial"] = {"name": endpoint.name, "format": endpoint.format}
        super().__init__(*args, **kwargs)
        if endpoint is not None:
            self.fields["url"].help_text = _("One is kept, and not shown. Paste another to replace it.")
            self.fields["url"].widget.attrs["placeholder"] = "https://••••••••"
        else:
            self.fields["url"].help_text = _("The chat gives you one. Whoever knows it can write there.")
            self.fields["url"].required = True


class AbsenceForm(forms.Form):
    """When a person is away, and who is told meanwhile."""

    away_from = forms.DateField(
        label=_("Away from"),
        required=False,
        validators=[validate_plausible_date],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    away_until = forms.DateField(
        label=_("Away until"),
        required=False,
        validators=[validate_plausible_date],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day."),
    )
    delegate = forms.ModelChoiceField(
        label=_("Who stands in"),
        required=False,
        queryset=User.objects.none(),
        widget=forms.Select({"data-select": ""}),
        help_text=_("Without anyone, your reminders wait in your inbox."),
    )

    def __init__(self, *args: Any, preference: Preference, **kwargs: Any) -> None:
        names = ("away_from", "away_until", "delegate")
        kwargs["initial"] = {name: getattr(preference, name) for name in names}
        super().__init__(*args, **kwargs)
        colleagues = User.objects.filter(is_active=True).exclude(pk=preference.user_id)
        field_of(self, "delegate", forms.ModelChoiceField).queryset = colleagues.order_by("name", "pk")
