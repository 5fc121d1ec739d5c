"""Answers kept for requests that may be sent again."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import Viewer


class IdempotentAnswerQuerySet(models.QuerySet["IdempotentAnswer"]):
    """Queries over kept answers."""

    def visible_to(self, user: Viewer) -> Self:
        """Return a user's own answers; nobody sees another's."""
        return self.filter(user_id=user.pk) if user.is_authenticated and user.is_active else self.none()


class IdempotentAnswer(models.Model):
    """The first answer to a request with an `Idempotency-Key`, given again to the same request for a day.

    `request_digest` is the SHA-256 of method, address and body, by which another request with the same key is known.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(_("key"), max_length=200)
    request_digest = models.CharField(_("SHA-256 of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    headers = models.JSONField(_("headers"), default=dict)
    body = models.BinaryField(_("body"))
    created_at = models.DateTimeField(_("answered"))

    objects = IdempotentAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="%(app_label)s_%(class)s_once")]
        # What is old enough to be forgotten.
        indexes = [models.Index(fields=["created_at"], name="sync_idempotent_old")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.key}"
