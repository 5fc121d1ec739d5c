"""Forms of milestones."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lrs_tracker.form_fields import field_of
from lrs_tracker.versioned_forms import VersionedForm
from plants.domain.milestones import MilestoneDates
from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone


class MilestoneForm(VersionedForm):
    """The dates of a milestone, and why its forecast moves."""

    reason = forms.CharField(
        label=_("Why the forecast moves"),
        max_length=500,
        required=False,
        help_text=_("Kept with the move: from when to when, by whom."),
    )

    class Meta:
        model = PlantMilestone
        fields = ["baseline_on", "forecast_on", "actual_on", "note"]
        widgets = {
            name: forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            for name in ("baseline_on", "forecast_on", "actual_on")
        }

    field_order = ["baseline_on", "forecast_on", "reason", "actual_on", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        baseline = self.fields["baseline_on"]
        if self.instance.baseline_on is not None:
            baseline.widget.attrs["readonly"] = True
            baseline.help_text = _("Set once and kept.")
            self.fields["forecast_on"].widget.attrs["autofocus"] = True
        else:
            baseline.help_text = _("Set once: it cannot be changed later.")

    @property
    def dates(self) -> MilestoneDates:
        """The three dates."""
        cleaned = self.cleaned_data
        return MilestoneDates(cleaned["baseline_on"], cleaned["forecast_on"], cleaned["actual_on"])


class NewMilestoneForm(forms.Form):
    """One of the kinds that a plant lacks."""

    kind = forms.ChoiceField(label=_("Milestone"))

    def __init__(self, *args: Any, plant: Plant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = set(plant.milestones.values_list("kind", flat=True))
        choices = [choice for choice in MilestoneKind.choices if choice[0] not in known]
        field_of(self, "kind", forms.ChoiceField).choices = choices
