"""Checking e-mail address and password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest


class EmailBackend(AuthenticationBackend):
    """Log in by e-mail address in any letter case; an inactive user is a stranger."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Return the active user with this address and password, or None."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        # allauth sets an inactive user with the right password aside, to say so: that would tell that they exist.
        self.unstash_authenticated_user()
        return user
