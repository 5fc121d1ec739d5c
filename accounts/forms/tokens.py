"""Creating an API token."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import TokenScope
from accounts.models import ApiToken

LIFETIMES = (
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("1 year")),
    ("", _("Never")),
)


class TokenForm(forms.ModelForm):
    """What uses the token, what it may do, and for how long."""

    scope = forms.ChoiceField(label=_("May"), choices=TokenScope, initial=TokenScope.READ)
    lifetime = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES, initial="365", required=False)

    class Meta:
        model = ApiToken
        fields = ["name", "scope"]
        widgets = {"name": forms.TextInput({"autocomplete": "off"})}

    def token_facts(self, *, at: dt.datetime) -> dict[str, Any]:
        """Return what `create_token` takes besides the user, for a token made at an instant."""
        days = self.cleaned_data["lifetime"]
        return {
            "name": self.cleaned_data["name"],
            "scope": TokenScope(self.cleaned_data["scope"]),
            "expires_at": at + dt.timedelta(days=int(days)) if days else None,
        }
