"""The form of a new version of a ramp."""

from django import forms

from lrs_tracker.versioned_forms import VersionedForm
from plants.models import RampScenario


class RampForm(VersionedForm):
    """A scenario's fields; its number is given by the plant."""

    class Meta:
        model = RampScenario
        fields = ["label", "sop_on", "months_to_nameplate", "utilisation_percent", "yield_percent"]
        widgets = {"sop_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
