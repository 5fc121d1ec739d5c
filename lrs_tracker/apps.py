"""The project as a Django app: it holds the commands, checks and tags that belong to no other app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Register the project's own management commands."""

    name = "lrs_tracker"
