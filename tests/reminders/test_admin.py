"""Rules and chats in the admin: by the rules of their pages; secrets are taken and never shown."""

import pytest
from django.contrib.auth.models import Permission

from accounts.enums import Role
from reminders.enums import ReminderStatus
from reminders.models import ChatEndpoint, Preference, Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
CHATS = "/admin/reminders/chatendpoint/"
RULES = "/admin/reminders/reminderrule/"
SECRET = "https://chat.example/hooks/very-secret"
RULE = {
    "name": "Tasks of tomorrow",
    "kind": "task_due",
    "offsets": "-1,0",
    "day_count": "business",
    "recipients": ["owner"],
    "channels": ["email"],
    "title": "",
    "grace_days": "7",
}


@pytest.fixture
def staff(client):
    staff = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(staff)
    return staff


def test_rule_is_added_and_changed(client, staff):
    client.post(f"{RULES}add/", RULE)
    rule = ReminderRule.objects.get(name="Tasks of tomorrow")
    assert (rule.offsets, rule.recipients, rule.channels, rule.is_enabled) == ([-1, 0], ["owner"], ["email"], True)

    client.post(f"{RULES}{rule.pk}/change/", RULE | {"offsets": "-2", "expected_version": rule.version})

    rule.refresh_from_db()
    assert rule.offsets == [-2]


def test_rule_that_changes_takes_back_what_waits(client, staff):
    rule = RuleFactory()
    waiting, told = ReminderFactory(rule=rule, status=ReminderStatus.WAITING), ReminderFactory(rule=rule)

    client.post(f"{RULES}{rule.pk}/change/", RULE | {"expected_version": rule.version})

    assert list(Reminder.objects.filter(pk__in=[waiting.pk, told.pk])) == [told]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title": "{nonsense} is due"}, "nonsense"),
        ({"offsets": "x"}, "Enter a whole number"),
        ({"recipients": ["role"]}, "Name the role that is told"),
        ({"channels": ["pigeon"]}, "Select a valid choice"),
    ],
)
def test_rule_that_cannot_be_is_refused_in_words(client, staff, typed, words):
    response = client.post(f"{RULES}add/", RULE | typed)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not ReminderRule.objects.filter(name="Tasks of tomorrow").exists()


def test_chat_is_added_and_its_address_never_shown_again(client, staff):
    client.post(f"{CHATS}add/", {"name": "Desk", "format": "slack", "url": SECRET})
    endpoint = ChatEndpoint.objects.get()
    assert endpoint.url == SECRET

    form = client.get(f"{CHATS}{endpoint.pk}/change/").content.decode()
    history = client.get(f"{CHATS}{endpoint.pk}/history/").content.decode()
    assert "very-secret" not in form + history

    client.post(f"{CHATS}{endpoint.pk}/change/", {"name": "Renamed", "format": "slack", "url": ""})
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.url) == ("Renamed", SECRET)


@pytest.mark.parametrize("url", ["", "http://chat.example/x"])
def test_chat_needs_a_safe_address(client, staff, url):
    response = client.post(f"{CHATS}add/", {"name": "Desk", "format": "slack", "url": url})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["url"]
    assert not ChatEndpoint.objects.exists()


def test_chats_and_settings_of_others_do_not_exist(client, staff):
    other = UserFactory()
    endpoint, preference = ChatEndpointFactory(owner=other), Preference.objects.create(user=other)

    assert client.get(f"{CHATS}{endpoint.pk}/change/").status_code == 302
    assert client.get(f"/admin/reminders/preference/{preference.pk}/change/").status_code == 302


def test_who_may_only_look_sees_no_address(client):
    viewer = UserFactory(role=False, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_chatendpoint"))
    endpoint = ChatEndpointFactory(name="Desk", url=SECRET)
    client.force_login(viewer)

    html = client.get(f"{CHATS}{endpoint.pk}/change/").content.decode()

    assert "Desk" in html
    assert "very-secret" not in html
