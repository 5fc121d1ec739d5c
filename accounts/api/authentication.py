"""Who calls the API: the user of a token."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.domain.tokens import find_token
from accounts.models import ApiToken, User

_SCHEME = "bearer"
_CHALLENGE = 'Bearer realm="LRS Tracker"'


class BearerAuthentication(BaseAuthentication):
    """Authenticate by `Authorization: Bearer <key>` (RFC 6750); the token is then `request.auth`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token and its user, None without a bearer header; raise AuthenticationFailed for a wrong one."""
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        token = find_token(key=key.strip(), at=timezone.now())
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked, or its user is not active."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401; it names an error only to those who sent a token (RFC 6750, 3.1)."""
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        return f'{_CHALLENGE}, error="invalid_token"' if scheme.lower() == _SCHEME else _CHALLENGE
