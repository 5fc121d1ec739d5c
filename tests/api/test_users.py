"""Users over the API."""

import pytest

from accounts.enums import Role
from tests.accounts.factories import UserFactory
from tests.api.test_objects import problem

pytestmark = pytest.mark.django_db


def test_user_is_read_without_secrets(bd):
    manager = UserFactory(name="Maya", role=Role.MANAGER)
    user = UserFactory(name="Uwe", manager=manager, role=Role.FINANCE, time_zone="Asia/Tokyo")
    found = bd.get(f"users/{user.pk}?include=manager").json()
    assert {name: value for name, value in found.items() if name != "embedded"} == {
        "id": str(user.pk),
        "name": "Uwe",
        "email": user.email,
        "role": "Finance",
        "is_active": True,
        "manager": str(manager.pk),
        "time_zone": "Asia/Tokyo",
    }
    assert found["embedded"]["manager"]["name"] == "Maya"


@pytest.mark.parametrize(("method", "path"), [("POST", "users"), ("PATCH", "users/1"), ("DELETE", "users/1")])
def test_users_are_not_written(administrator, method, path):
    assert problem(administrator.call(method, path, {"name": "X"}), 405) == []


def test_users_are_narrowed(bd):
    manager = UserFactory(name="Maya", role=Role.MANAGER)
    user = UserFactory(name="Uwe Inactive", manager=manager, role=Role.READ_ONLY, is_active=False)

    def names(query):
        return [one["name"] for one in bd.get(f"users?{query}").json()["results"]]

    assert names("q=uwe") == names(f"q={user.email}") == names("is_active=false") == names("role=Read-only")
    assert names(f"manager={manager.pk}") == ["Uwe Inactive"]
    assert names("role=Manager") == ["Maya"]
    assert names("ordering=-name&limit=1") == [max(bd.user.name, "Uwe Inactive", "Maya")]
    assert problem(bd.get("users?fields=password"), 400) == [("fields", "invalid")]
    assert problem(bd.get("users?manager=x"), 400) == [("manager", "invalid_choice")]
