"""The mails of development, read in the application."""

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, mailers
from django.urls import reverse

from accounts.enums import Role
from reminders.domain.mail_folder import find_mail, list_mails
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    """The folder that mails are written to."""
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(tmp_path)},
        }
    }
    return tmp_path


@pytest.fixture
def reader(client):
    user = UserFactory()
    client.force_login(user)
    return user


def write(subject="Fällig: 電池", html="<h1>Hello</h1>"):
    mail = EmailMultiAlternatives(subject=subject, body="Hello in text", to=["maria@example.com"])
    mail.attach_alternative(html, "text/html")
    mail.send()


def test_list_has_every_mail_the_newest_first(client, reader, folder):
    mailers["default"].send_messages([EmailMessage(subject=each, body="", to=["a@example.com"]) for each in "AB"])
    (file,) = folder.iterdir()
    file.rename(folder / "20261124-090000-1.log")
    write("C")
    assert [mail.subject for mail in list_mails(folder)] == ["C", "B", "A"]
    page = client.get(reverse("reminders:dev_mails")).content.decode()
    assert page.index(">C</a>") < page.index(">B</a>") < page.index(">A</a>")


def test_mail_is_shown_with_text_headers_and_a_frame_that_may_do_nothing(client, reader, folder):
    write()
    (mail,) = list_mails(folder)
    response = client.get(reverse("reminders:dev_mail", args=[mail.key]))
    page = response.content.decode()
    assert "Fällig: 電池" in page
    assert "Hello in text" in page
    assert "maria@example.com" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<h1>Hello</h1>" not in page
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_body_has_a_policy_of_its_own(client, reader, folder):
    write(html="<script>alert(1)</script><p style='color:red'>Hello</p>\n")
    (mail,) = list_mails(folder)
    response = client.get(reverse("reminders:dev_mail_body", args=[mail.key]))
    assert response.content.decode() == "<script>alert(1)</script><p style='color:red'>Hello</p>\n"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy


def test_empty_folder_says_what_will_stand_there(client, reader, folder):
    assert "No mails yet" in client.get(reverse("reminders:dev_mails")).content.decode()


@pytest.mark.parametrize("key", ["20261124-090000-1-0", "20261124-090000-1-7", "secret_key", "settings-0"])
def test_unknown_keys_lead_nowhere(client, reader, folder, key):
    (folder / "secret_key").write_text("secret")
    assert client.get(reverse("reminders:dev_mail", args=[key])).status_code == 404
    assert find_mail(folder, f"../{key}") is None


def test_mail_that_is_being_written_waits(folder):
    write()
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-10])
    assert list_mails(folder) == []


ADDRESSES = [
    reverse("reminders:dev_mails"),
    reverse("reminders:dev_mail", args=["20261124-090000-1-0"]),
    reverse("reminders:dev_mail_body", args=["20261124-090000-1-0"]),
]


def with_a_mail(folder):
    write()
    (file,) = folder.iterdir()
    file.rename(folder / "20261124-090000-1.log")


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_exist_in_development_for_those_who_are_logged_in_alone(client, folder, settings, address):
    with_a_mail(folder)
    assert client.get(address)["Location"].startswith(reverse("account_login"))
    client.force_login(UserFactory())
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405
    settings.PRODUCTION = True
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_do_not_exist_where_mails_are_sent(client, reader, smtp, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(("role", "is_linked"), [(Role.ADMINISTRATOR, True), (Role.MANAGER, False)])
def test_settings_lead_administrators_to_the_mails(client, folder, role, is_linked):
    client.force_login(UserFactory(role=role))
    page = client.get(reverse("accounts:profile")).content.decode()
    assert ('href="/dev/mail/"' in page) is is_linked


def test_settings_do_not_lead_there_where_mails_are_sent(client, smtp):
    client.force_login(UserFactory(role=Role.ADMINISTRATOR))
    assert "/dev/mail/" not in client.get(reverse("accounts:profile")).content.decode()
