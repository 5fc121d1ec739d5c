"""Inviting, changing and deactivating users, and the pages for it."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.domain import users
from accounts.domain.roles import role_of, set_role
from accounts.domain.tokens import create_token, find_token
from accounts.enums import Role, TokenScope
from accounts.models import User
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR, name="Ada Admin")


def invite(by, **changes):
    asked = {"email": "new@example.com", "name": "New", "role": Role.FINANCE, "manager": None} | changes
    return users.invite_user(**asked, by=by)


def change(user, by, **changes):
    known = {"email": user.email, "name": user.name, "role": role_of(user), "manager": user.manager} | changes
    return users.change_user(user=user, **known, by=by)


def test_invite_user_makes_one_who_cannot_log_in_yet(admin):
    user = invite(admin, email=" New@Example.COM ", manager=admin)

    user.refresh_from_db()
    assert (user.email, user.manager, role_of(user)) == ("new@example.com", admin, Role.FINANCE)
    assert not user.has_usable_password()
    assert not user.is_staff


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"email": "Taken@example.com"}, "email"), ({"email": "nobody"}, "email"), ({"name": " "}, "name")],
)
def test_invite_user_refuses(admin, changes, field):
    UserFactory(email="taken@example.com")

    with pytest.raises(DomainError) as refused:
        invite(admin, **changes)

    assert refused.value.field == field


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_users_are_for_administrators(role):
    by, other = UserFactory(role=role), UserFactory()

    for action in (
        lambda: invite(by),
        lambda: users.send_invitation(user=other, url="", by=by),
        lambda: change(other, by, role=Role.MANAGER),
        lambda: set_role(user=by, role=Role.ADMINISTRATOR, by=by),
        lambda: users.deactivate_user(user=other, by=by, at=NOW),
        lambda: users.activate_user(user=other, by=by),
        lambda: users.reset_second_factor(user=other, by=by),
    ):
        with pytest.raises(PermissionRefusedError):
            action()


def test_change_user_gives_one_role_and_the_admin_site_to_administrators(admin):
    user = UserFactory(role=Role.READ_ONLY)

    change(user, admin, role=Role.ADMINISTRATOR)
    user.refresh_from_db()
    assert (role_of(user), user.is_staff) == (Role.ADMINISTRATOR, True)

    change(user, admin, role=Role.MANAGER)
    user.refresh_from_db()
    assert (role_of(user), user.is_staff) == (Role.MANAGER, False)


def test_change_user_with_a_new_address_forgets_the_old_one(admin):
    user = UserFactory(email="old@example.com")
    EmailAddress.objects.create(user=user, email="old@example.com", verified=True, primary=True)

    change(user, admin, email="New@example.com")

    user.refresh_from_db()
    assert (user.email, EmailAddress.objects.count()) == ("new@example.com", 0)


def test_change_user_refuses_a_circle_of_managers(admin):
    top = UserFactory()
    middle = UserFactory(manager=top)

    with pytest.raises(DomainError, match="reports to the user"):
        change(top, admin, manager=UserFactory(manager=middle))


@pytest.mark.parametrize("action", [lambda user: change(user, user, role=Role.MANAGER)])
def test_the_last_administrator_stays_one(admin, action):
    UserFactory(role=Role.ADMINISTRATOR, is_active=False)

    with pytest.raises(DomainError, match="the last one"):
        action(admin)


def test_deactivate_user_locks_out_at_once_with_tokens(client, admin):
    user = UserFactory()
    client.force_login(user)
    _token, key = create_token(user=user, name="CRM", scope=TokenScope.READ, expires_at=None, at=NOW)

    users.deactivate_user(user=user, by=admin, at=NOW)

    assert client.get("/settings/").status_code == 302
    assert find_token(key=key, at=NOW) is None


def test_deactivate_user_refuses_oneself_and_the_last_administrator(admin):
    boss = UserFactory(role=False, is_superuser=True)

    with pytest.raises(DomainError, match="yourself"):
        users.deactivate_user(user=admin, by=admin, at=NOW)
    with pytest.raises(DomainError, match="the last one"):
        users.deactivate_user(user=admin, by=boss, at=NOW)


PAGES = [("get", "/settings/users/"), ("get", "/settings/users/invite/"), ("get", "/settings/users/{pk}/")] + [
    ("post", f"/settings/users/{{pk}}/{action}/")
    for action in ("deactivate", "activate", "reset-second-factor", "send-invitation")
]


@pytest.mark.parametrize(("method", "path"), PAGES)
@pytest.mark.parametrize("role", [None, *Role])
def test_user_pages_are_for_administrators(client, method, path, role):
    other = UserFactory()
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = getattr(client, method)(path.format(pk=other.pk))

    expected = {None: {302}, Role.ADMINISTRATOR: {200, 302}}.get(role, {403})
    assert response.status_code in expected
    if role is None:
        assert response.headers["Location"].startswith("/accounts/login/")


def test_actions_on_users_refuse_get(client, admin):
    client.force_login(admin)

    for action in ("deactivate", "activate", "reset-second-factor", "send-invitation"):
        assert client.get(f"/settings/users/{admin.pk}/{action}/").status_code == 405
    assert client.post("/settings/users/").status_code == 405
    assert client.get("/settings/users/999999/").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ada Admin", "Bob", "Cleo"]),
        ("q=cle", ["Cleo"]),
        ("q=%25", []),
        ("role=Manager", ["Cleo"]),
        ("role=nonsense", ["Ada Admin", "Bob", "Cleo"]),
        ("state=inactive", ["Gone"]),
        ("state=all", ["Ada Admin", "Bob", "Cleo", "Gone"]),
    ],
)
def test_list_users_is_narrowed(client, admin, query, expected):
    UserFactory(name="Bob")
    UserFactory(name="Cleo", role=Role.MANAGER)
    UserFactory(name="Gone", is_active=False)
    client.force_login(admin)

    response = client.get(f"/settings/users/?{query}")

    assert [user.name for user, _role in response.context["rows"]] == expected


def test_list_users_takes_the_same_queries_for_many(client, admin, fetch_raise, django_assert_num_queries):
    client.force_login(admin)
    client.get("/settings/users/")
    for count in (1, 3):
        UserFactory.create_batch(count, manager=admin)
        with django_assert_num_queries(4):
            client.get("/settings/users/")


def test_invited_user_gets_a_link_that_sets_a_password_once(client, admin):
    client.force_login(admin)
    client.post(reverse("accounts:user_invite"), {"email": "new@example.com", "name": "Nora New", "role": "Finance"})

    (message,) = mail.outbox
    assert (message.to, message.subject) == (["new@example.com"], "LRS Tracker: set your password")
    assert message.body.startswith("Hello Nora,\n\nAda Admin has made an account for you")
    link = re.search(r"http://testserver(\S+)", message.body)[1]
    client.logout()
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "quite-a-phrase-3", "password2": "quite-a-phrase-3"})

    assert User.objects.get(email="new@example.com").check_password("quite-a-phrase-3")
    assert client.get(link, follow=True).context["token_fail"] is True


def test_invite_page_shows_what_is_wrong_beside_the_field(client, admin):
    client.force_login(admin)

    response = client.post(
        reverse("accounts:user_invite"), {"email": admin.email.upper(), "name": "Twin", "role": "Finance"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {"email": ["A user with this e-mail address exists already."]}
    assert response.context["form"]["name"].value() == "Twin"


def test_edit_page_changes_a_user_and_removes_a_lost_second_factor(client, admin):
    user = UserFactory(name="Ben")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client.force_login(admin)
    assert client.get(f"/settings/users/{user.pk}/").context["has_second_factor"]

    client.post(f"/settings/users/{user.pk}/", {"email": user.email, "name": "Benno", "role": "Manager", "manager": ""})
    client.post(f"/settings/users/{user.pk}/reset-second-factor/")

    user.refresh_from_db()
    assert (user.name, role_of(user)) == ("Benno", Role.MANAGER)
    assert not client.get(f"/settings/users/{user.pk}/").context["has_second_factor"]


def test_actions_say_why_not(client, admin):
    client.force_login(admin)

    response = client.post(f"/settings/users/{admin.pk}/deactivate/", follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "You cannot deactivate yourself. Ask another administrator."
    ]


def test_export_holds_the_users_that_the_page_shows(client, admin):
    client.force_login(admin)
    UserFactory(name="Ute", email="ute@example.com", role=Role.FINANCE)
    UserFactory(name="Zoe")

    lines = b"".join(client.get("/settings/users/?q=ute&export=csv").streaming_content).decode("utf-8-sig").splitlines()

    assert lines == [
        '"Name","E-mail address","Role","Manager","Active","Two-factor","Last login"',
        '"Ute","ute@example.com","Finance",,"1","0",',
    ]
