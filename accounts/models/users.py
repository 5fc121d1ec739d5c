"""The people who use the application."""

import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.currencies import validate_currency
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless `value` names a time zone of the IANA database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("Choose a time zone such as Europe/Berlin."), code="unknown_time_zone")


def language_choices() -> list[tuple[str, str]]:
    """Return the languages that the application speaks."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]


class UserManager(BaseUserManager["User"].from_queryset(StaffQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Create users, who log in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password, one who cannot log in until it is set."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything (`manage.py createsuperuser`)."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str) -> "User":
        """Return the user with this address in any letter case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin, VersionedModel):
    """A person, or a service account that only holds API tokens.

    An inactive user cannot log in and receives nothing, but stays the owner of their past.
    """

    email = models.EmailField(
        _("e-mail address"),
        max_length=254,
        unique=True,
        error_messages={"unique": _("A user with this e-mail address exists already.")},
    )
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    language = models.CharField(_("language"), max_length=10, default="en", choices=language_choices)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="USD",
        validators=[validate_currency],
        help_text=_("Totals are shown in this currency."),
    )
    manager = models.ForeignKey(
        "self", verbose_name=_("manager"), null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    last_looked_at = models.DateTimeField(_("last looked at My day"), null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="%(app_label)s_%(class)s_email_in_small_letters",
                violation_error_message=_("Write the e-mail address in small letters."),
            ),
            models.CheckConstraint(
                condition=~models.Q(manager=models.F("id")),
                name="%(app_label)s_%(class)s_not_own_manager",
                violation_error_message=_("Nobody is their own manager."),
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="%(app_label)s_%(class)s_currency_code"
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("user", hidden=("password", "last_login", "last_looked_at"))]

    def __str__(self) -> str:
        return self.name or self.email

    def get_absolute_url(self) -> str:
        """Return the deals that this person owns."""
        return f"{reverse('deals:table')}?owner={self.pk}"

    def get_full_name(self) -> str:
        """Return the name."""
        return self.name

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.name.split(" ")[0] if self.name else self.email
