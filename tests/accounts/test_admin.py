"""Users and tokens in the admin."""

import pytest

from accounts.domain.roles import role_of
from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from accounts.models import ApiToken, User
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW

pytestmark = pytest.mark.django_db
FACTS = {
    "email": "New@Example.com",
    "name": "Nora",
    "role": "Manager",
    "manager": "",
    "time_zone": "Asia/Tokyo",
    "language": "en",
    "currency": "JPY",
}


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


def test_user_is_added_with_a_role_and_no_password(client, admin):
    client.post("/admin/accounts/user/add/", FACTS)

    user = User.objects.get(email="new@example.com")
    assert (role_of(user), user.currency, user.has_usable_password()) == (Role.MANAGER, "JPY", False)


def test_user_with_a_taken_address_is_refused(client, admin):
    response = client.post("/admin/accounts/user/add/", FACTS | {"email": admin.email.upper()})

    assert list(response.context["adminform"].form.errors) == ["email"]


def test_the_last_administrator_keeps_the_role_and_the_access(client, admin):
    changed = client.post(f"/admin/accounts/user/{admin.pk}/change/", FACTS | {"email": admin.email})
    acted = client.post("/admin/accounts/user/", {"action": "deactivate", "_selected_action": [admin.pk]}, follow=True)

    assert changed.context["adminform"].form.errors == {
        "role": ["Name another administrator first: this is the last one."]
    }
    assert "You cannot deactivate yourself" in str(next(iter(acted.context["messages"])))
    admin.refresh_from_db()
    assert (admin.is_active, admin.name) == (True, admin.name)


def test_user_is_changed_deactivated_and_activated(client, admin):
    user = UserFactory()

    client.post(f"/admin/accounts/user/{user.pk}/change/", FACTS)
    client.post("/admin/accounts/user/", {"action": "deactivate", "_selected_action": [user.pk]})
    user.refresh_from_db()
    assert (user.name, user.email, role_of(user), user.is_active) == ("Nora", "new@example.com", Role.MANAGER, False)

    client.post("/admin/accounts/user/", {"action": "activate", "_selected_action": [user.pk]})
    user.refresh_from_db()
    assert user.is_active


def test_user_form_shows_no_password(client, admin):
    page = client.get(f"/admin/accounts/user/{admin.pk}/change/").content.decode()

    assert admin.password not in page
    assert "md5$" not in page


def test_tokens_are_ones_own_and_show_no_digest(client, admin):
    own, _key = create_token(user=admin, name="Mine", scope=TokenScope.READ, expires_at=None, at=NOW)
    other, _key = create_token(user=UserFactory(), name="Theirs", scope=TokenScope.READ, expires_at=None, at=NOW)

    listed = client.get("/admin/accounts/apitoken/").content.decode()
    shown = client.get(f"/admin/accounts/apitoken/{own.pk}/change/").content.decode()

    assert "Mine" in listed
    assert "Theirs" not in listed
    assert own.digest not in listed + shown
    assert client.get(f"/admin/accounts/apitoken/{other.pk}/change/").status_code == 302


def test_token_is_revoked_by_action(client, admin):
    own, _key = create_token(user=admin, name="Mine", scope=TokenScope.READ, expires_at=None, at=NOW)

    client.post("/admin/accounts/apitoken/", {"action": "revoke", "_selected_action": [own.pk]})

    assert ApiToken.objects.get().revoked_at is not None
