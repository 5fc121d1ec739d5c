"""Calendar feeds and what they gave out."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import not_blank
from lrs_tracker.versioned import VersionedModel
from reminders.models.people import OwnQuerySet


class CalendarFeed(VersionedModel):
    """A person's private calendar address; only the digest of its token is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    last_fetched_at = models.DateTimeField(_("last fetched"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [not_blank("digest")]
        triggers = [
            bump_version(ignoring=["last_fetched_at"]),
            ChangeTrigger("calendar-feed", hidden=("digest", "last_fetched_at")),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class CalendarEntry(models.Model):
    """An entry as a person's calendars know it: moved or cancelled, its sequence goes up (RFC 5545, 3.8.7.4)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(_("what"), max_length=60)
    on = models.DateField(_("date"))
    fingerprint = models.CharField(_("fingerprint of its text"), max_length=64)
    sequence = models.PositiveIntegerField(_("sequence"), default=0)
    changed_at = models.DateTimeField(_("changed"), db_default=Now())
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar entry")
        verbose_name_plural = _("calendar entries")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="%(app_label)s_%(class)s_unique")]

    def __str__(self) -> str:
        return self.key
