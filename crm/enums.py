"""Kinds of CRM, what is kept in step and how, and what becomes of a record."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CrmKind(models.TextChoices):
    """The CRMs that a connector is written for; also the name of the system in external ids."""

    HUBSPOT = "hubspot", "HubSpot"
    SALESFORCE = "salesforce", "Salesforce"


class Resource(models.TextChoices):
    """What is kept in step, in the order of what needs what: a contact its company, a deal both."""

    COMPANY = "company", _("Company")
    CONTACT = "contact", _("Contact")
    DEAL = "deal", _("Deal")


class Direction(models.TextChoices):
    """Which way changes go."""

    BOTH = "both", _("Both ways")
    IN = "in", _("From the CRM only")
    OUT = "out", _("To the CRM only")
    OFF = "off", _("Not at all")


TAKES_IN = frozenset({Direction.BOTH, Direction.IN})
SENDS_OUT = frozenset({Direction.BOTH, Direction.OUT})


class ConflictRule(models.TextChoices):
    """Whose value is kept when both sides changed the same field."""

    NEWEST = "newest", _("The newest change wins")
    OURS = "ours", _("LRS Tracker wins")
    THEIRS = "theirs", _("The CRM wins")


class FieldKind(models.TextChoices):
    """How the values of a field are written."""

    TEXT = "text", _("Text")
    WEBSITE = "website", _("Website")
    COUNTRY = "country", _("Country")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")


class RunCause(models.TextChoices):
    """What started a run."""

    SCHEDULE = "schedule", _("On schedule")
    PERSON = "person", _("By hand")
    COMMAND = "command", _("Command line")


class RunStatus(models.TextChoices):
    """How far a run is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    PAUSED = "paused", _("Paused")
    FAILED = "failed", _("Failed")


UNFINISHED_RUNS = frozenset({RunStatus.WAITING, RunStatus.RUNNING})


class Way(models.TextChoices):
    """Where a value went."""

    IN = "in", _("to LRS Tracker")
    OUT = "out", _("to the CRM")


class Outcome(models.TextChoices):
    """What became of a record in a run."""

    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    ARCHIVED = "archived", _("Archived")
    SUGGESTED = "suggested", _("Pair suggested")
    HELD = "held", _("Held")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")


class Likeness(models.TextChoices):
    """Why two records may be the same one."""

    EMAIL = "email", _("the same e-mail address")
    DOMAIN = "domain", _("the same website")
    NAME = "name", _("a similar name")
