"""Operations and channels of the change log."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Operation(models.TextChoices):
    """What happened to a row."""

    INSERT = "insert", _("Added")
    UPDATE = "update", _("Changed")
    DELETE = "delete", _("Deleted")


class Channel(models.TextChoices):
    """Where a change came from."""

    WEB = "web", _("Browser")
    API = "api", _("API")
    ADMIN = "admin", _("Admin")
    IMPORT = "import", _("Import")
    TASK = "task", _("Background task")
    COMMAND = "command", _("Command line")
    SQL = "sql", _("SQL")
