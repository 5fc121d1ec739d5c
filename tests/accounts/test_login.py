"""Logging in and out, the second factor, and forgotten passwords, as django-allauth does them here."""

import re
import time
import uuid

import pytest
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "secret-phrase-1"


@pytest.fixture
def client():
    """Return a visitor with an address of their own, so that no test uses up the attempts of another."""
    number = uuid.uuid4().int
    return Client(REMOTE_ADDR=f"10.{number % 250}.{number // 250 % 250}.{number // 62500 % 250}")


@pytest.fixture
def user():
    return UserFactory(email=f"{uuid.uuid4().hex}@example.com")


def log_in(client, user, **changes):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD} | changes)


def is_logged_in(client):
    return "_auth_user_id" in client.session


def totp_code(secret, *, at=None):
    return format_hotp_value(hotp_value(secret, int(time.time() if at is None else at) // TOTP_PERIOD))


@pytest.mark.parametrize("spell", [str, str.upper, str.title, lambda email: f" {email} "])
def test_login_takes_the_address_in_any_letter_case(client, user, spell):
    response = log_in(client, user, login=spell(user.email))

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert is_logged_in(client)


def test_login_goes_where_one_wanted_to_go(client, user):
    assert log_in(client, user, next="/board/?mine=1").headers["Location"] == "/board/?mine=1"


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_login_never_leads_to_another_host(client, user, next_url):
    assert log_in(client, user, next=next_url).headers["Location"] == "/"


def test_login_answers_the_same_to_strangers_wrong_passwords_and_inactive_users(client, user):
    inactive = UserFactory(email=f"{uuid.uuid4().hex}@example.com", is_active=False)

    answers = [
        log_in(client, user, password="wrong"),
        log_in(client, user, login=f"{uuid.uuid4().hex}@example.com"),
        log_in(client, inactive),
    ]

    errors = {tuple(answer.context["form"].non_field_errors()) for answer in answers}
    assert {answer.status_code for answer in answers} == {200}
    assert errors == {("The email address and/or password you specified are not correct.",)}
    assert not is_logged_in(client)


def test_login_is_throttled_after_five_failures_even_with_the_right_password(client, user):
    for _attempt in range(5):
        log_in(client, user, password="wrong")

    response = log_in(client, user)

    assert response.context["form"].non_field_errors() == ["Too many failed login attempts. Try again later."]
    assert not is_logged_in(client)


def test_logout_asks_first_and_ends_the_session(client, user):
    log_in(client, user)

    client.get("/accounts/logout/")
    assert is_logged_in(client)

    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert not is_logged_in(client)


def test_nobody_can_sign_up(client):
    response = client.post(
        "/accounts/signup/", {"email": "new@example.com", "password1": "a-good-phrase", "password2": "a-good-phrase"}
    )

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")


def test_addresses_are_not_managed_by_their_owners(client, user):
    log_in(client, user)

    assert client.get("/accounts/email/").headers["Location"] == "/settings/"


def reset_link(client, user):
    client.post("/accounts/password/reset/", {"email": user.email.upper()})
    (message,) = mail.outbox
    assert message.to == [user.email]
    return re.search(r"http://testserver(/accounts/password/reset/key/\S+)", message.body)[1]


def test_password_reset_link_sets_a_password_once_only(client, user):
    link = reset_link(client, user)
    form = client.get(link, follow=True)
    passwords = {"password1": "another-phrase-2", "password2": "another-phrase-2"}

    done = client.post(form.redirect_chain[-1][0], passwords)
    again = Client().get(link, follow=True)

    assert done.headers["Location"] == "/accounts/password/reset/key/done/"
    assert again.context["token_fail"] is True
    user.refresh_from_db()
    assert user.check_password("another-phrase-2")


def test_password_reset_mail_is_short_and_names_the_product(client, user):
    link = reset_link(client, user)

    (message,) = mail.outbox
    assert message.subject == "LRS Tracker: choose a new password"
    assert message.body == (
        f"Hello {user.get_short_name()},\n\n"
        "choose a new password for LRS Tracker here:\n\n"
        f"http://testserver{link}\n\n"
        "The link works once, for three days. If you did not ask for it, ignore this mail: "
        "your password stays as it is."
    )


def test_password_reset_refuses_a_poor_password(client, user):
    form = client.get(reset_link(client, user), follow=True)

    response = client.post(form.redirect_chain[-1][0], {"password1": "12345678", "password2": "12345678"})

    assert response.context["form"].errors["password1"] == [
        "This password is too common.",
        "This password is entirely numeric.",
    ]


@pytest.mark.parametrize("exists", [True, False])
def test_password_reset_does_not_tell_who_has_an_account(client, exists):
    user = UserFactory(email=f"{uuid.uuid4().hex}@example.com", is_active=exists)

    response = client.post("/accounts/password/reset/", {"email": user.email})

    assert response.headers["Location"] == "/accounts/password/reset/done/"
    assert len(mail.outbox) == exists


@pytest.fixture
def secret(user):
    secret = TOTP.activate(user, "JBSWY3DPEHPK3PXP").instance.data["secret"]
    return get_mfa_adapter().decrypt(secret)


def test_totp_is_asked_for_after_the_password(client, user, secret):
    asked = log_in(client, user, next="/board/")
    assert asked.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_logged_in(client)

    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.context["form"].errors["code"] == ["Incorrect code."]

    done = client.post("/accounts/2fa/authenticate/", {"code": totp_code(secret)})
    assert done.headers["Location"] == "/board/"
    assert is_logged_in(client)


@pytest.mark.parametrize(("seconds_ago", "counts"), [(TOTP_PERIOD, True), (3 * TOTP_PERIOD, False)])
def test_totp_code_counts_a_little_late_only(client, user, secret, seconds_ago, counts):
    log_in(client, user)

    client.post("/accounts/2fa/authenticate/", {"code": totp_code(secret, at=time.time() - seconds_ago)})

    assert is_logged_in(client) is counts


def test_totp_code_works_once(client, user, secret):
    code = totp_code(secret)
    log_in(client, user)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    client.post("/accounts/logout/")
    log_in(client, user)

    client.post("/accounts/2fa/authenticate/", {"code": code})

    assert not is_logged_in(client)


def test_recovery_code_works_once(client, user, secret):
    code = RecoveryCodes.activate(user).get_unused_codes()[0]

    log_in(client, user)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_logged_in(client)

    client.post("/accounts/logout/")
    log_in(client, user)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_logged_in(client)


def test_totp_is_set_up_after_the_password_with_a_code_of_the_new_secret_and_gives_recovery_codes(client, user):
    log_in(client, user)
    asked = client.get("/accounts/2fa/totp/activate/").headers["Location"]
    page = client.post(asked, {"password": PASSWORD}, follow=True)

    done = client.post("/accounts/2fa/totp/activate/", {"code": totp_code(page.context["form"].secret)})

    assert done.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert set(Authenticator.objects.filter(user=user).values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_admin_login_asks_for_the_second_factor_too(client, user, secret):
    assert client.get("/admin/login/?next=/admin/").headers["Location"].startswith("/accounts/login/")
