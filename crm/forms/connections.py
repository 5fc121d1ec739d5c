"""The form of a connection, which depends on the kind of CRM."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.enums import CrmKind
from crm.models import CrmConnection
from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm

_SALESFORCE_ONLY = ("domain", "username", "consumer_key")


class UnshownText(forms.Textarea):
    """A text that is taken and never shown, not even to the person who has just typed it."""

    def format_value(self, value: Any) -> str:
        """Show nothing."""
        return ""


class ConnectionForm(VersionedForm):
    """A connection; its secret is written and never shown."""

    secret = forms.CharField(max_length=8000)

    class Meta:
        model = CrmConnection
        fields = [
            "name",
            *_SALESFORCE_ONLY,
            "acting_user",
            "conflict_rule",
            "company_direction",
            "contact_direction",
            "deal_direction",
            "currency",
            "carries_archiving",
        ]
        widgets = {"currency": forms.TextInput({"list": "currencies", "autocapitalize": "characters", "size": 3})}
        help_texts = {
            "acting_user": _("Changes here are made by this user, and only what the user sees goes there."),
            "conflict_rule": _("The log says of each conflict which rule decided it."),
            "currency": _("Amounts in other currencies stay here, unless a field of theirs holds the currency."),
            "domain": _("Such as acme.my, from https://acme.my.salesforce.com."),
            "username": _("Empty: the connected app signs in by itself (client credentials)."),
        }

    field_order = ["name", *_SALESFORCE_ONLY, "secret"]

    def __init__(self, *args: Any, kind: CrmKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("name", kind.label)
        secret = self.fields["secret"]
        if kind == CrmKind.SALESFORCE:
            secret.label = _("Consumer secret, or the user's private key")
            secret.widget = UnshownText({"rows": 3, "autocomplete": "off", "spellcheck": "false"})
            self.fields["domain"].required = self.fields["consumer_key"].required = True
        else:
            secret.label = _("Access token of a private app")
            secret.widget = forms.PasswordInput({"autocomplete": "off"})
            for name in _SALESFORCE_ONLY:
                del self.fields[name]
        secret.help_text = _("It is sealed in the database, and not shown again.")
        if self.instance.pk is not None:
            secret.required = False
            secret.help_text = _("It is kept, and not shown. Paste another one to change it.")
        people = User.objects.filter(is_active=True) | User.objects.filter(pk=self.instance.acting_user_id)
        field_of(self, "acting_user", forms.ModelChoiceField).queryset = people.order_by("name", "pk")
        self.fields["acting_user"].widget.attrs["data-select"] = ""

    def clean_currency(self) -> str:
        """Write the code in capitals."""
        return self.cleaned_data["currency"].upper()

    def _as_text(self, name: str, value: Any) -> str:
        return str(_("hidden")) if name == "secret" else super()._as_text(name, value)
