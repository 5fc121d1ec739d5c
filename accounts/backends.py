"""Checking e-mail address and password."""

from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Concat
from django.http import HttpRequest

from accounts.models import User
from lrs_tracker.prepared import Hole, Prepared


def _names(permissions: models.QuerySet[Permission]) -> ArraySubquery:
    name = Concat("content_type__app_label", models.Value("."), "codename", output_field=models.CharField())
    return ArraySubquery(permissions.order_by().values_list(name))


@cache
def _by_key() -> Prepared[User]:
    return Prepared(
        User.objects.filter(pk=Hole("pk")).annotate(
            of_groups=_names(Permission.objects.filter(group__user=models.OuterRef("pk"))),
            own=_names(Permission.objects.filter(user=models.OuterRef("pk"))),
        )
    )


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
        # Superusers have every permission, which Django looks up when someone asks for the list.
        if not user.is_superuser:
            # Where Django keeps them for the life of this object, which is one request.
            user._perm_cache = {*user.of_groups, *user.own}
        return user
