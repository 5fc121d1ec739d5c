"""Checking e-mail address and password."""

from collections.abc import Collection
from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.http import HttpRequest

from accounts.models import User
from lrs_tracker.prepared import Hole, Prepared

# By key. A key never gets another name while a process runs: migrations add permissions, and rename them for the
# version that comes with them.
_names: dict[int, str] = {}


def with_permissions[Rows: models.QuerySet[Any]](rows: Rows, user: str = "pk") -> Rows:
    """Return rows with the keys of the user's permissions in columns, for `keep_permissions`."""
    groups = User.groups.through.objects.filter(user=models.OuterRef(models.OuterRef(user))).values("group")
    of_groups = Group.permissions.through.objects.filter(group__in=groups)
    own = User.user_permissions.through.objects.filter(user=models.OuterRef(user))
    return rows.annotate(
        of_groups=ArraySubquery(of_groups.values("permission")), own=ArraySubquery(own.values("permission"))
    )


def keep_permissions(user: Any, row: Any) -> None:
    """Have a user keep the permissions that came with a row, so that nothing asks for them again."""
    # Superusers have every permission, which Django looks up when someone asks for the list.
    if not user.is_superuser:
        # Where Django keeps them for the life of this object, which is one request.
        user._perm_cache = _names_of([*row.of_groups, *row.own])


def _names_of(keys: Collection[int]) -> set[str]:
    # To join a hundred names to the user of each request would take longer than all else that is read of them.
    if not _names.keys() >= set(keys):
        permissions = Permission.objects.order_by().values_list("pk", "content_type__app_label", "codename")
        _names.update({key: f"{app}.{codename}" for key, app, codename in permissions})
    return {_names[key] for key in keys}


@cache
def _by_key() -> Prepared[User]:
    return Prepared(with_permissions(User.objects.filter(pk=Hole("pk"))))


def users_with_permissions(ids: Collection[int]) -> dict[int, User]:
    """Return users by key, whose permissions came with them in the same query."""
    users = {user.pk: user for user in with_permissions(User.objects.filter(pk__in=ids)).order_by("pk")}
    for user in users.values():
        keep_permissions(user, user)
    return users


class EmailBackend(AuthenticationBackend):
    """Log in by e-mail address in any letter case; an inactive user is a stranger."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Return the active user with this address and password, or None."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        # allauth sets an inactive user with the right password aside, to say so: that would tell that they exist.
        self.unstash_authenticated_user()
        return user

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """Return the active user with this key, whose permissions came with them in the same query."""
        user: Any = next(iter(_by_key().run(pk=user_id)), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        keep_permissions(user, user)
        return user
