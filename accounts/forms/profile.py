"""A person's own settings."""

import zoneinfo

from django import forms

from accounts.models import User
from lrs_tracker.currencies import currency_choices


def time_zone_choices() -> list[tuple[str, str]]:
    """Return the time zones of the world that are named for a place, and UTC, in order."""
    zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in zones)]


class ProfileForm(forms.ModelForm):
    """Name, time zone, language and currency."""

    class Meta:
        model = User
        fields = ["name", "time_zone", "language", "currency"]
        widgets = {
            "name": forms.TextInput({"autocomplete": "name"}),
            "time_zone": forms.Select({"data-select": ""}, choices=time_zone_choices),  # type: ignore[arg-type]  # the stubs know no function here
            "currency": forms.Select({"data-select": ""}, choices=currency_choices),  # type: ignore[arg-type]  # the stubs know no function here
        }
