"""Who looks at the pages of plants."""

import pytest

from accounts.enums import Role
from tests.accounts.factories import UserFactory


@pytest.fixture
def bd(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def viewer(client):
    user = UserFactory(role=Role.READ_ONLY)
    client.force_login(user)
    return user
