"""Callers of the API: a token of each kind of person."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from tests.accounts.factories import UserFactory


class Caller:
    """Somebody with a token, who sends JSON."""

    def __init__(self, user: Any, scope: TokenScope = TokenScope.WRITE) -> None:
        self.user = user
        _token, self.key = create_token(user=user, name="Test", scope=scope, expires_at=None, at=timezone.now())
        self.client = Client(raise_request_exception=True)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request to an address below /api/v1/ and return the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            path if path.startswith(("http", "/")) else f"/api/v1/{path}",
            body if isinstance(body, bytes | str) else "" if body is None else _json(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **named},
        )

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Create."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Change."""
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """Create or change."""
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """Delete."""
        return self.call("DELETE", path, **headers)


def _json(body: Any) -> str:
    return json.dumps(body)


@pytest.fixture
def caller_of() -> Callable[..., Caller]:
    """Make a caller with a role."""

    def make(role: Role = Role.BUSINESS_DEVELOPMENT, scope: TokenScope = TokenScope.WRITE) -> Caller:
        return Caller(UserFactory(role=role), scope)

    return make


@pytest.fixture
def bd(caller_of: Callable[..., Caller]) -> Caller:
    """A caller of business development."""
    return caller_of()


@pytest.fixture
def administrator(caller_of: Callable[..., Caller]) -> Caller:
    """A caller who sees everything."""
    return caller_of(Role.ADMINISTRATOR)
