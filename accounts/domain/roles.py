"""Roles: groups whose permissions are kept in step with the documented table."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import ROLE_PERMISSIONS, Role
from accounts.models import User
from lrs_tracker.problems import DomainError, PermissionRefusedError


@transaction.atomic
def sync_roles(**_signal: Any) -> None:
    """Create the role groups and set their permissions to the documented ones.

    Runs after every migration; a permission whose model is not installed yet is left out until it is.
    """
    permissions = {
        f"{app_label}.{codename}": pk
        for pk, app_label, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role in Role:
        group, _created = Group.objects.get_or_create(name=role.value)
        wanted = ROLE_PERMISSIONS.get(role, permissions.keys())
        group.permissions.set([permissions[name] for name in wanted if name in permissions])


@transaction.atomic
def set_role(*, user: User, role: Role, by: User | None) -> User:
    """Give a user one role in place of any other; administrators may use the admin site.

    `by` is None for commands. Raise PermissionRefusedError without the right to change users, DomainError when
    the last active administrator would lose that role.
    """
    if by is not None and not by.has_perm("accounts.change_user"):
        raise PermissionRefusedError(_("Only administrators can change users."))
    if role != Role.ADMINISTRATOR:
        refuse_losing_administrator(user)
    user.groups.set(Group.objects.filter(name=role.value))
    user.is_staff = user.is_superuser or role == Role.ADMINISTRATOR
    user.save(update_fields=["is_staff"])
    return user


def refuse_losing_administrator(user: User) -> None:
    """Lock the active administrators and raise DomainError when `user` is the last one."""
    admins = User.objects.select_for_update().filter(groups__name=Role.ADMINISTRATOR, is_active=True)
    if [admin.pk for admin in admins] == [user.pk]:
        raise DomainError(_("Name another administrator first: this is the last one."), field="role")


def role_of(user: User) -> Role | None:
    """Return the user's role, from prefetched groups where there are any."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in Role if role.value in names), None)
