"""Reminders: who is to be told of what, when; and what became of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.models import Contact
from deals.models import Deal
from lrs_tracker.constraints import value_known
from lrs_tracker.references import ForeignKeyByStatement
from lrs_tracker.visibility import Viewer
from reminders.enums import ReminderStatus, SkipReason, SubjectKind
from reminders.models.people import OwnQuerySet
from reminders.models.rules import ReminderRule


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Queries over reminders."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the reminders of deals that exist for `user`, as the ledger lists them.

        Only administrators read the ledger of others; everyone reads what they were told themselves.
        """
        if not (user.is_authenticated and user.is_active):
            return self.none()
        seen = models.Q(deal__isnull=True) | models.Q(deal__in=Deal.objects.visible_to(user))
        if user.has_perm("reminders.view_reminder"):
            return self if user.has_perm("deals.see_confidential_deal") else self.filter(seen)
        return self.filter(seen).for_person(user)

    def for_person(self, user: Viewer) -> Self:
        """Return the reminders that `user` was told, for themselves or standing in for someone."""
        return self.filter(models.Q(told_to_id=user.pk))

    def in_inbox(self, user: Viewer) -> Self:
        """Return what stands in the user's inbox: told, not done, of deals that still exist for them."""
        return self.visible_to(user).for_person(user).filter(status=ReminderStatus.TOLD, done_at__isnull=True)

    def unread(self) -> Self:
        """Return the reminders that nobody has looked at."""
        return self.filter(read_at__isnull=True)


class Reminder(models.Model):
    """That a rule tells a person of a subject's date: once per rule, subject, date, offset and recipient.

    It waits until `send_at`. Then it is `told` (it stands in the inbox of `told_to`, and notifications carry it
    further) or `skipped`, with the reason. `title`, `detail` and `url` keep what was said. An escalation is a
    reminder of its own, which names the one that nobody acted on.
    """

    # Every index costs a scan that writes a hundred thousand: those of the constraints and the ledger serve foreign
    # keys too, and what is mostly empty is indexed only where it is not. Every foreign key costs it too: those that a
    # scan fills are checked once per statement.
    rule = models.ForeignKey(
        ReminderRule,
        verbose_name=_("rule"),
        on_delete=models.PROTECT,
        related_name="reminders",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(_("reminds of"), max_length=20, choices=SubjectKind)
    subject_id = models.BigIntegerField(_("subject"))
    deal = models.ForeignKey(
        Deal,
        verbose_name=_("deal"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="reminders",
        db_index=False,
        db_constraint=False,
    )
    due_on = models.DateField(_("date"))
    offset_days = models.SmallIntegerField(_("days from the date"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reminders",
        db_index=False,
        db_constraint=False,
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    escalates = models.ForeignKey(
        "self",
        verbose_name=_("escalates"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="escalations",
        db_index=False,
    )

    send_at = models.DateTimeField(_("to be told"))
    status = models.CharField(_("status"), max_length=8, choices=ReminderStatus, default=ReminderStatus.WAITING)
    reason = models.CharField(_("reason"), max_length=12, choices=SkipReason, blank=True)
    told_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("told to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="told_reminders",
        db_index=False,
    )
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    title = models.CharField(_("sentence"), max_length=300, blank=True)
    detail = models.CharField(_("why"), max_length=300, blank=True)
    url = models.CharField(_("page"), max_length=300, blank=True)

    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            *(
                ForeignKeyByStatement(field=field, name=f"%(app_label)s_%(class)s_{field}_exists")
                for field in ("rule", "deal", "recipient")
            ),
            # Once: whoever scans, however often.
            models.UniqueConstraint(
                fields=["rule", "subject_id", "due_on", "offset_days", "recipient", "contact", "escalates"],
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_once",
            ),
            # What nobody acted on is told to a manager once, however many reminders of it there were.
            models.UniqueConstraint(
                fields=["rule", "subject_id", "due_on", "recipient"],
                condition=models.Q(escalates__isnull=False),
                name="%(app_label)s_%(class)s_escalated_once",
            ),
            models.CheckConstraint(
                condition=models.Q(recipient__isnull=False, contact__isnull=True)
                | models.Q(recipient__isnull=True, contact__isnull=False),
                name="%(app_label)s_%(class)s_one_recipient",
            ),
            value_known("kind", SubjectKind),
            value_known("status", ReminderStatus),
            value_known("reason", SkipReason, blank=True),
            models.CheckConstraint(
                condition=models.Q(status=ReminderStatus.SKIPPED) & ~models.Q(reason="")
                | ~models.Q(status=ReminderStatus.SKIPPED) & models.Q(reason=""),
                name="%(app_label)s_%(class)s_skipped_with_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ReminderStatus.TOLD)
                | models.Q(told_at__isnull=False) & (models.Q(told_to__isnull=False) | models.Q(contact__isnull=False)),
                name="%(app_label)s_%(class)s_told_whole",
            ),
        ]
        indexes = [
            # What is due to be told.
            models.Index(fields=["send_at", "recipient"], name="reminders_due", condition=models.Q(status="waiting")),
            # The inbox of a person.
            models.Index(
                fields=["told_to", "-told_at"],
                name="reminders_inbox",
                condition=models.Q(status="told", done_at__isnull=True),
            ),
            # The ledger of a person, of a deal, of a subject.
            models.Index(fields=["recipient", "-send_at"], name="reminders_of_person"),
            models.Index(fields=["deal", "-send_at"], name="reminders_of_deal"),
            models.Index(fields=["kind", "subject_id"], name="reminders_of_subject"),
            *(
                models.Index(
                    fields=[field], name=f"reminders_by_{field}", condition=models.Q((f"{field}__isnull", False))
                )
                for field in ("contact", "escalates", "told_to")
            ),
            # What waits for an administrator's decision.
            models.Index(fields=["rule"], name="reminders_held", condition=models.Q(status="held")),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.due_on}"

    def get_absolute_url(self) -> str:
        """Return the page of what it reminds of."""
        return self.url or reverse("reminders:inbox")


class Mute(models.Model):
    """A person who does not want to hear of a rule any more: about one deal, or at all when `deal` is empty."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    rule = models.ForeignKey(ReminderRule, verbose_name=_("rule"), on_delete=models.CASCADE, related_name="mutes")
    deal = models.ForeignKey(
        Deal, verbose_name=_("deal"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(_("muted"), db_default=Now(), editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "rule", "deal"], nulls_distinct=False, name="%(app_label)s_%(class)s_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.rule_id}:{self.deal_id}"
