"""Messages that carry reminders out of the application, and the links in them that were used."""

import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from companies.models import Contact
from lrs_tracker.constraints import not_blank, value_known
from lrs_tracker.visibility import StaffQuerySet, Viewer
from reminders.enums import Channel, LinkAction, MessageKind, MessageStatus
from reminders.models.reminders import Reminder
from reminders.models.rules import ChatEndpoint

# What a message may come to; one that failed may be sent again, and come to something once more.
OUTCOMES = (MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.SKIPPED)


def _count_outcome() -> pgtrigger.Trigger:
    """Return the trigger that counts what becomes of messages, with the message itself or not at all.

    A connection counts in one of 64 slots, so that senders hardly ever wait for each other's row.
    """
    return pgtrigger.Trigger(
        name="count_outcome",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("status"),
        condition=pgtrigger.Q(new__status__in=[outcome.value for outcome in OUTCOMES])
        & pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
        func=(
            "INSERT INTO reminders_messagetotal AS total (channel, outcome, slot, count) "
            "VALUES (NEW.channel, NEW.status, pg_backend_pid() % 64, 1) "
            "ON CONFLICT (channel, outcome, slot) DO UPDATE SET count = total.count + 1; RETURN NULL;"
        ),
    )


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Queries over notifications."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the own messages, or all for those who read the ledger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self if user.has_perm("reminders.view_notification") else self.filter(recipient_id=user.pk)


class Notification(models.Model):
    """One message to one person by one way, with one or more reminders.

    `uid` makes its `Message-ID`, the same at each attempt. A sender holds it until `leased_until`: one that was
    killed lets go by itself. `last_error` is what the server answered, without addresses or secrets.
    """

    uid = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(_("way"), max_length=8, choices=Channel)
    kind = models.CharField(_("kind"), max_length=8, choices=MessageKind)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notifications",
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("contact"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    chat_endpoint = models.ForeignKey(
        ChatEndpoint, verbose_name=_("chat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reminders = models.ManyToManyField(
        Reminder, verbose_name=_("reminders"), through="NotificationItem", related_name="notifications"
    )

    status = models.CharField(_("status"), max_length=8, choices=MessageStatus, default=MessageStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    leased_until = models.DateTimeField(_("being sent until"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    address = models.CharField(_("sent to"), max_length=254, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            value_known("channel", Channel),
            value_known("kind", MessageKind),
            value_known("status", MessageStatus),
            models.CheckConstraint(
                condition=models.Q(status=MessageStatus.SENT, sent_at__isnull=False)
                | ~models.Q(status=MessageStatus.SENT) & models.Q(sent_at__isnull=True),
                name="%(app_label)s_%(class)s_sent_whole",
            ),
        ]
        indexes = [
            # What is to be sent.
            models.Index(
                fields=["next_attempt_at", "id"], name="reminders_to_send", condition=models.Q(status="pending")
            ),
            # What is older than the ledger keeps.
            models.Index(fields=["created_at"], name="reminders_notified"),
            # What failed, and the ledger of a person.
            models.Index(fields=["-created_at"], name="reminders_failed", condition=models.Q(status="failed")),
            models.Index(fields=["recipient", "-created_at"], name="reminders_sent_to"),
        ]
        triggers = [_count_outcome()]

    def __str__(self) -> str:
        return str(self.uid)


class MessageTotal(models.Model):
    """How many messages ever came to an outcome by one way: the sum over the slots; what is purged stays counted."""

    channel = models.CharField(_("way"), max_length=8, choices=Channel)
    outcome = models.CharField(_("became of it"), max_length=8, choices=MessageStatus)
    slot = models.SmallIntegerField(_("slot"))
    count = models.PositiveBigIntegerField(_("count"))

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("total of messages")
        verbose_name_plural = _("totals of messages")
        constraints = [
            value_known("channel", Channel),
            value_known("outcome", MessageStatus),
            models.UniqueConstraint(fields=["channel", "outcome", "slot"], name="%(app_label)s_%(class)s_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.outcome}: {self.count}"


class ReminderPartQuerySet(models.QuerySet):
    """Rows that belong to a reminder, and exist for whoever the reminder exists for."""

    def visible_to(self, user: Viewer) -> "ReminderPartQuerySet":
        """Return the rows of reminders that exist for the user."""
        return self.filter(reminder__in=Reminder.objects.visible_to(user))


class NotificationItem(models.Model):
    """That a notification carries a reminder."""

    notification = models.ForeignKey(
        Notification, verbose_name=_("notification"), on_delete=models.CASCADE, related_name="items"
    )
    reminder = models.ForeignKey(Reminder, verbose_name=_("reminder"), on_delete=models.CASCADE, related_name="items")

    objects = ReminderPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder of a notification")
        verbose_name_plural = _("reminders of notifications")
        constraints = [
            models.UniqueConstraint(fields=["notification", "reminder"], name="%(app_label)s_%(class)s_unique")
        ]

    def __str__(self) -> str:
        return f"{self.notification_id}:{self.reminder_id}"


class UsedLink(models.Model):
    """A link of a mail that was used: it does nothing a second time."""

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    reminder = models.ForeignKey(Reminder, verbose_name=_("reminder"), on_delete=models.CASCADE, related_name="+")
    action = models.CharField(_("did"), max_length=12, choices=LinkAction)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    objects = ReminderPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("used link")
        verbose_name_plural = _("used links")
        constraints = [not_blank("digest"), value_known("action", LinkAction)]

    def __str__(self) -> str:
        return self.action
