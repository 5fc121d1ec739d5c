"""Roles: groups whose permissions are kept in step with the documented table."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.enums import ROLE_PERMISSIONS, Role
from accounts.models import User
from lrs_tracker.problems import DomainError


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

    Raise DomainError when the last active administrator would lose that role.
    """
    admins = User.objects.select_for_update().filter(groups__name=Role.ADMINISTRATOR, is_active=True)
    if role != Role.ADMINISTRATOR and [admin.pk for admin in admins] == [user.pk]:
        raise DomainError("Name another administrator first: this is the last one.", field="role")
    user.groups.set(Group.objects.filter(name=role.value))
    user.is_staff = user.is_superuser or role == Role.ADMINISTRATOR
    user.save(update_fields=["is_staff"])
    return user
