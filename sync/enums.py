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


class DeliveryStatus(models.TextChoices):
    """What became of a delivery. One that failed for now still waits; only the test of an endpoint fails for good."""

    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")


class DisabledReason(models.TextChoices):
    """Why nothing is sent to an endpoint any more."""

    BY_HAND = "by_hand", _("Switched off")
    GONE = "gone", _("It answered 410 Gone")
    FAILING = "failing", _("It took nothing for three days")
    CURSOR_GONE = "cursor_gone", _("The changes that it missed are not kept any more")
    OTHER_SIGHT = "other_sight", _("What its owner may see is not what it was")


class EndpointState(models.TextChoices):
    """How an endpoint does."""

    HEALTHY = "healthy", _("Healthy")
    FAILING = "failing", _("Failing")
    DISABLED = "disabled", _("Disabled")
