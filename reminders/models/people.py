"""How people want to be told."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import value_known
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer
from reminders.enums import SubjectKind
from reminders.models.rules import ChatEndpoint

DEFAULT_SEND_TIME = dt.time(8)
# Monday to Friday, as `date.weekday` counts them.
DEFAULT_WORKING_DAYS = (0, 1, 2, 3, 4)


def default_working_days() -> list[int]:
    """Return Monday to Friday."""
    return list(DEFAULT_WORKING_DAYS)


class OwnQuerySet(models.QuerySet):
    """Rows of one person, which nobody else sees."""

    def visible_to(self, user: Viewer) -> "OwnQuerySet":
        """Return the user's own rows."""
        return self.filter(user_id=user.pk) if user.is_authenticated and user.is_active else self.none()


class Preference(VersionedModel):
    """When and how a person is told; who has none is told by the defaults.

    From `away_from` through `away_until` the delegate is told instead.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="reminder_preference",
    )
    send_time = models.TimeField(_("time of day"), default=DEFAULT_SEND_TIME)
    working_days = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)]),
        verbose_name=_("working days"),
        default=default_working_days,
    )
    wants_digest = models.BooleanField(
        _("one mail a day"), default=False, help_text=_("Urgent reminders are sent at once all the same.")
    )
    chat_endpoint = models.ForeignKey(
        ChatEndpoint, verbose_name=_("own chat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    away_from = models.DateField(_("away from"), null=True, blank=True, validators=[validate_plausible_date])
    away_until = models.DateField(_("away until"), null=True, blank=True, validators=[validate_plausible_date])
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who stands in"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stands_in_for",
    )

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder preference")
        verbose_name_plural = _("reminder preferences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(working_days__len__range=(1, 7))
                & models.Q(working_days__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="%(app_label)s_%(class)s_some_working_day",
                violation_error_message=_("Choose at least one working day."),
            ),
            models.CheckConstraint(
                condition=models.Q(away_from__isnull=True, away_until__isnull=True, delegate__isnull=True)
                | models.Q(away_from__isnull=False, away_until__isnull=False, away_until__gte=models.F("away_from")),
                name="%(app_label)s_%(class)s_away_whole",
                violation_error_message=_("Give the first and the last day away, in order."),
            ),
            models.CheckConstraint(
                condition=~models.Q(delegate=models.F("user")),
                name="%(app_label)s_%(class)s_other_delegate",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
            models.CheckConstraint(
                condition=plausible_dates("away_from", "away_until"), name="%(app_label)s_%(class)s_dates_plausible"
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("reminder-preference")]

    def __str__(self) -> str:
        return str(self.user_id)


class KindPreference(VersionedModel):
    """By which ways a person wants reminders of a kind; who has none takes the rule's."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("reminds of"), max_length=20, choices=SubjectKind)
    by_email = models.BooleanField(_("e-mail"), default=True)
    by_chat = models.BooleanField(_("chat"), default=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("preference of a kind")
        verbose_name_plural = _("preferences of kinds")
        constraints = [
            value_known("kind", SubjectKind),
            models.UniqueConstraint(fields=["user", "kind"], name="%(app_label)s_%(class)s_unique"),
        ]
        triggers = [bump_version(), ChangeTrigger("reminder-kind-preference")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.kind}"
