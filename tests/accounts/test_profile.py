"""The page of a person's own settings."""

import pytest

from accounts.enums import Role
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db
FACTS = {"name": "Maria Falk", "time_zone": "Europe/Berlin", "language": "en", "currency": "EUR"}


def test_profile_saves_name_time_zone_and_currency(client):
    user = UserFactory()
    client.force_login(user)

    response = client.post("/settings/", FACTS)

    user.refresh_from_db()
    assert response.headers["Location"] == "/settings/"
    assert {name: getattr(user, name) for name in FACTS} == FACTS


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 121), ("time_zone", "Mars/Base"), ("language", "xx"), ("currency", "QQQ")],
)
def test_profile_says_what_is_wrong_and_saves_nothing(client, field, value):
    user = UserFactory()
    client.force_login(user)

    response = client.post("/settings/", FACTS | {field: value})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    user.refresh_from_db()
    assert user.currency == "USD"


def test_profile_never_changes_role_or_address(client):
    user = UserFactory(role=Role.READ_ONLY)
    client.force_login(user)

    client.post("/settings/", FACTS | {"email": "other@example.com", "is_staff": "on", "groups": "1"})

    before = user.email
    user.refresh_from_db()
    assert (user.email, user.is_staff, user.groups.get().name) == (before, False, "Read-only")


@pytest.mark.parametrize("role", [False, *Role])
def test_profile_is_for_everyone_who_is_logged_in(client, role):
    client.force_login(UserFactory(role=role))

    assert client.get("/settings/").status_code == 200


def test_profile_sends_strangers_to_the_login(client):
    assert client.get("/settings/").headers["Location"] == "/accounts/login/?next=/settings/"
