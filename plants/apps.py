"""Configuration of the plants app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlantsConfig(AppConfig):
    """Plants, their milestones and ramps."""

    name = "plants"
    verbose_name = _("Plants")

    def ready(self) -> None:
        """Register the resources of the change log."""
        from plants import panels, timeline_names
        from plants.models import Plant, PlantMilestone
        from sync import registry

        registry.register("plant", label=_("Plant"), visible_to=Plant.objects.visible_to)
        registry.register_synced("plant", Plant, parts=("plant-phase", "plant-fact", "external-ref"))
        registry.register_synced("plant-milestone", PlantMilestone)
        panels.register_panels()
        timeline_names.register_names()
