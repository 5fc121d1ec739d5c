"""API tokens."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import TokenScope
from lrs_tracker.visibility import Viewer


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Queries over tokens."""

    def visible_to(self, user: Viewer) -> Self:
        """Return a user's own tokens; nobody sees another's."""
        return self.filter(user_id=user.pk) if user.is_authenticated and user.is_active else self.none()

    def usable_at(self, at: dt.datetime | models.Expression) -> Self:
        """Return the tokens that open the API at an instant."""
        return self.filter(
            models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=at),
            revoked_at__isnull=True,
            user__is_active=True,
        )


class ApiToken(models.Model):
    """A key to the API that acts as its user. Only its SHA-256 is stored; the key is shown once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("What uses this token, such as “CRM sync”."))
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    scope = models.CharField(_("scope"), max_length=8, choices=TokenScope, default=TokenScope.READ)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="%(app_label)s_%(class)s_digest_unique"),
            models.CheckConstraint(
                condition=models.Q(scope__in=TokenScope.values), name="%(app_label)s_%(class)s_scope_known"
            ),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="%(app_label)s_%(class)s_digest_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
