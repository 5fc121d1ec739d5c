"""How the timeline names what belongs to a plant."""

from django.db.models import Case, CharField, F, Value, When

from plants.enums import MilestoneKind
from sync.domain.change_labels import register_name


def register_names() -> None:
    """Name milestones by their kind and the facts of a plant by their metric."""
    kinds = (When(kind=kind, then=Value(kind.label, output_field=CharField())) for kind in MilestoneKind)
    register_name("plant-milestone", Case(*kinds))
    register_name("plant-fact", F("fact__metric"))
