"""Inviting, changing and deactivating the people who use the application."""

import datetime as dt

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.domain.hand_over import hand_over, work_of
from accounts.domain.roles import refuse_losing_administrator, set_role
from accounts.enums import Role
from accounts.models import User
from lrs_tracker.problems import DomainError, PermissionRefusedError


@transaction.atomic
def invite_user(*, email: str, name: str, role: Role, manager: User | None, by: User) -> User:
    """Create a user who sets a password by the link that `send_invitation` sends.

    Raise DomainError for an address that is taken or none.
    """
    _refuse_unless(by, "accounts.add_user")
    user = User.objects.create_user(
        _free_email(email), name=_given_name(name), manager=manager, time_zone=by.time_zone, currency=by.currency
    )
    return set_role(user=user, role=role, by=by)


def set_password_path(user: User) -> str:
    """Return the address that lets its holder set the user's password, once."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def send_invitation(*, user: User, url: str, by: User) -> None:
    """Send an active user the link to set a password, in the user's language.

    Raise DomainError for an inactive user, PermissionRefusedError without the right to invite.
    """
    _refuse_unless(by, "accounts.add_user")
    if not user.is_active:
        raise DomainError(_("Activate the user first: an inactive one cannot log in."))
    with translation.override(user.language):
        subject = str(_("LRS Tracker: set your password"))
        body = render_to_string("accounts/email/invitation.txt", {"user": user, "url": url, "by": by})
    send_mail(subject, body, None, [user.email])


@transaction.atomic
def change_user(*, user: User, email: str, name: str, role: Role, manager: User | None, by: User) -> User:
    """Change who a user is, what they may do and whom they report to.

    Raise DomainError for an address that is taken, a manager who reports to the user, or the last administrator.
    """
    _refuse_unless(by, "accounts.change_user")
    user = User.objects.select_for_update().get(pk=user.pk)
    _refuse_circle(user, manager)
    if user.email != email.strip().lower():
        user.email = _free_email(email)
        # django-allauth would let the old address log in.
        EmailAddress.objects.filter(user=user).delete()
    user.name = _given_name(name)
    user.manager = manager
    user.save(update_fields=["email", "name", "manager"])
    return set_role(user=user, role=role, by=by)


@transaction.atomic
def deactivate_user(*, user: User, by: User, at: dt.datetime, to: User | None = None) -> User:
    """Lock a user out, tokens included, at once, and give their open work to `to`; their past stays.

    Raise DomainError for oneself, for the last administrator, and for open work that nobody takes over.
    """
    _refuse_unless(by, "accounts.change_user")
    if user.pk == by.pk:
        raise DomainError(_("You cannot deactivate yourself. Ask another administrator."))
    refuse_losing_administrator(user)
    if to is not None:
        hand_over(user=user, to=to, at=at)
    elif work := work_of(user):
        message = _("%(name)s has %(work)s. On the settings page of the user, choose who takes over.")
        raise DomainError(message % {"name": user, "work": ", ".join(work)}, field="to")
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def activate_user(*, user: User, by: User) -> User:
    """Let a user in again, with the same role."""
    _refuse_unless(by, "accounts.change_user")
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def reset_second_factor(*, user: User, by: User) -> int:
    """Remove a user's second factor and recovery codes, as after a lost phone; return how many there were."""
    _refuse_unless(by, "accounts.change_user")
    count, _by_model = Authenticator.objects.filter(user=user).delete()
    return count


def _refuse_unless(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise PermissionRefusedError(_("Only administrators can change users."))


def _free_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise DomainError(_("Enter an e-mail address such as name@example.com."), field="email") from None
    if User.objects.filter(email=email).exists():
        raise DomainError(_("A user with this e-mail address exists already."), field="email", code="unique")
    return email


def _given_name(name: str) -> str:
    if not name.strip():
        raise DomainError(_("Give a name."), field="name", code="required")
    return name.strip()


def _refuse_circle(user: User, manager: User | None) -> None:
    managers = dict(User.objects.filter(manager__isnull=False).values_list("pk", "manager_id"))
    above, seen = manager.pk if manager else None, set[int]()
    while above is not None and above not in seen:
        if above == user.pk:
            raise DomainError(_("This person reports to the user, directly or through others."), field="manager")
        seen.add(above)
        above = managers.get(above)
