"""Rules, and the chat endpoints that they may use."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import not_blank, value_known
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet, Viewer
from reminders.enums import Channel, ChatFormat, DayCount, RecipientKind, SubjectKind

# The furthest from its date that a rule may remind of something, in days, and how often at most.
MAX_OFFSET_DAYS = 400
MAX_OFFSETS = 12


class ChatEndpointQuerySet(models.QuerySet["ChatEndpoint"]):
    """Queries over chat endpoints."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the endpoints of everyone, and the user's own."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(models.Q(owner__isnull=True) | models.Q(owner_id=user.pk))


class ChatEndpoint(VersionedModel):
    """An incoming webhook of a chat, for everyone's rules or one person's own reminders.

    Its address is a secret: whoever knows it can post. It is never shown again nor logged.
    """

    name = models.CharField(_("name"), max_length=80)
    format = models.CharField(_("kind"), max_length=8, choices=ChatFormat)
    url = models.CharField(_("address"), max_length=500)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("for"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="chat_endpoints",
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = ChatEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat endpoint")
        verbose_name_plural = _("chat endpoints")
        constraints = [not_blank("name"), not_blank("url"), value_known("format", ChatFormat)]
        triggers = [bump_version(), ChangeTrigger("chat-endpoint", hidden=("url",))]

    def __str__(self) -> str:
        return self.name


class ReminderRule(VersionedModel):
    """When, of what and whom to remind.

    `offsets` are days from the subject's date, negative before it, counted as `day_count` says. Nothing is
    owed for days before `enabled_on`; what is more than `grace_days` late is recorded as skipped. `title` is
    the sentence of the reminder, with the fields of `reminders.domain.wording`; empty takes the kind's own.
    """

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("reminds of"), max_length=20, choices=SubjectKind)
    offsets = ArrayField(
        models.SmallIntegerField(
            validators=[MinValueValidator(-MAX_OFFSET_DAYS), MaxValueValidator(MAX_OFFSET_DAYS)],
        ),
        verbose_name=_("days from the date"),
    )
    day_count = models.CharField(_("days are"), max_length=8, choices=DayCount, default=DayCount.CALENDAR)
    recipients = ArrayField(models.CharField(max_length=8, choices=RecipientKind), verbose_name=_("who is told"))
    role = models.CharField(_("role"), max_length=40, choices=Role, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    channels = ArrayField(
        models.CharField(max_length=8, choices=Channel),
        verbose_name=_("besides the inbox"),
        default=list,
        blank=True,
    )
    chat_endpoint = models.ForeignKey(
        ChatEndpoint,
        verbose_name=_("chat"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rules",
        help_text=_("Empty: the own chat of each person who has one."),
    )
    title = models.CharField(_("sentence"), max_length=200, blank=True)
    is_urgent = models.BooleanField(
        _("urgent"), default=False, help_text=_("Sent at once, also to those who take a digest.")
    )
    escalate_after_days = models.PositiveSmallIntegerField(
        _("tell the manager after, business days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    grace_days = models.PositiveSmallIntegerField(
        _("not sent when later than, days"), default=7, validators=[MaxValueValidator(90)]
    )
    is_enabled = models.BooleanField(_("on"), default=True)
    enabled_on = models.DateField(_("on since"), editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        constraints = [
            not_blank("name"),
            value_known("kind", SubjectKind),
            value_known("day_count", DayCount),
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(archived_at__isnull=True),
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a rule of this name already."),
            ),
            models.CheckConstraint(
                condition=models.Q(offsets__len__range=(1, MAX_OFFSETS)), name="%(app_label)s_%(class)s_offsets_some"
            ),
            models.CheckConstraint(
                condition=models.Q(recipients__len__gte=1, recipients__contained_by=RecipientKind.values),
                name="%(app_label)s_%(class)s_recipients_known",
            ),
            models.CheckConstraint(
                condition=models.Q(channels__contained_by=Channel.values), name="%(app_label)s_%(class)s_channels_known"
            ),
            models.CheckConstraint(
                condition=models.Q(recipients__contains=[RecipientKind.ROLE.value], role__in=Role.values)
                | ~models.Q(recipients__contains=[RecipientKind.ROLE.value]) & models.Q(role=""),
                name="%(app_label)s_%(class)s_role_given",
                violation_error_message=_("Name the role that is told, or tell no role."),
            ),
            models.CheckConstraint(
                condition=models.Q(recipients__contains=[RecipientKind.PERSON.value], person__isnull=False)
                | ~models.Q(recipients__contains=[RecipientKind.PERSON.value]) & models.Q(person__isnull=True),
                name="%(app_label)s_%(class)s_person_given",
                violation_error_message=_("Name the person who is told, or tell no person."),
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("reminder-rule")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page that edits the rule."""
        return reverse("reminders:rule", args=[self.pk])
