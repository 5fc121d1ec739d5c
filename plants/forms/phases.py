"""The form of a building phase."""

from lrs_tracker.versioned_forms import VersionedForm
from plants.models import PlantPhase


class PhaseForm(VersionedForm):
    """A phase's fields."""

    class Meta:
        model = PlantPhase
        fields = ["number", "label", "nameplate_gwh"]
