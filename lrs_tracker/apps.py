"""The project as a Django app: it holds the commands, checks and tags that belong to no other app."""

from importlib import import_module

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Register the project's own management commands."""

    name = "lrs_tracker"

    def ready(self) -> None:
        """Set up Celery in every process: a task that a page sends must find the configured broker."""
        import_module("lrs_tracker.celery")
