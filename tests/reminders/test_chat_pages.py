"""The pages where administrators keep the chats that rules may use."""

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from reminders.domain.chat_endpoints import add_chat
from reminders.models import ChatEndpoint, Notification, Reminder
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.reminders.factories import ChatEndpointFactory, RuleFactory
from tests.web_server import say

pytestmark = pytest.mark.django_db
CHATS, NEW = "/settings/chats/", "/settings/chats/new/"
SECRET = "https://hooks.slack.example/services/T0/B0/secret"
TYPED = {"name": "#deals", "format": "slack", "url": SECRET}


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(admin)
    return admin


@pytest.fixture
def chat():
    return ChatEndpointFactory(name="#general", url=SECRET)


def said(response):
    """What the page said when it was done."""
    return [str(message) for message in response.context["messages"]]


PAGES = [("get", CHATS), ("get", NEW), ("get", "/settings/chats/{chat}/")] + [
    ("post", f"/settings/chats/{{chat}}/{action}/") for action in ("test", "archive")
]


@pytest.mark.parametrize(("method", "path"), PAGES)
@pytest.mark.parametrize("role", [None, *(role for role in Role if role != Role.ADMINISTRATOR)])
def test_pages_are_for_administrators(client, chat, method, path, role):
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = getattr(client, method)(path.format(chat=chat.pk))

    assert response.status_code == (302 if role is None else 403)


@pytest.mark.parametrize("action", ["test", "archive"])
def test_actions_refuse_get(client, admin, chat, action):
    assert client.get(f"/settings/chats/{chat.pk}/{action}/").status_code == 405


def test_address_is_kept_and_never_shown(client, admin):
    client.post(NEW, TYPED)
    chat = ChatEndpoint.objects.get()
    assert (chat.name, chat.format, chat.url, chat.owner) == ("#deals", "slack", SECRET, None)

    client.post(
        f"/settings/chats/{chat.pk}/", {"name": "#rights", "format": "teams", "url": "", "version": chat.version}
    )

    chat.refresh_from_db()
    assert (chat.name, chat.format, chat.url) == ("#rights", "teams", SECRET)
    for path in (CHATS, f"/settings/chats/{chat.pk}/"):
        assert "hooks.slack.example" not in client.get(path).content.decode()
    assert "hooks.slack.example" not in str(list(Change.objects.values_list("fields", flat=True)))


def test_another_address_takes_the_place_of_the_old_one(client, admin, chat):
    client.post(f"/settings/chats/{chat.pk}/", TYPED | {"url": "https://chat.example/new", "version": chat.version})

    chat.refresh_from_db()
    assert chat.url == "https://chat.example/new"


@pytest.mark.parametrize(
    "url",
    [
        "http://chat.example/hook",
        "chat.example",
        "ftp://chat.example",
        "https://",
        "javascript:alert(1)",
        "https://user:pass@chat.example/hook",
    ],
)
def test_only_whole_https_addresses_are_taken(client, admin, chat, url):
    added = client.post(NEW, TYPED | {"url": url})
    changed = client.post(f"/settings/chats/{chat.pk}/", TYPED | {"url": url, "version": chat.version})

    expected = {"url": ["Paste an address that begins with https://, as the chat gives it."]}
    assert (added.status_code, changed.status_code) == (422, 422)
    assert added.context["form"].errors == changed.context["form"].errors == expected
    assert ChatEndpoint.objects.get().url == SECRET


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 5000}, "name"),
        ({"url": "https://" + "x" * 5000}, "url"),
        ({"format": "irc"}, "format"),
    ],
)
def test_mistakes_are_named_beside_their_field(client, admin, changes, field):
    response = client.post(NEW, TYPED | changes)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_test_message_is_posted_and_the_answer_told(client, admin, web_server):
    chat = ChatEndpointFactory(name="#deals", url=web_server.url)
    path = f"/settings/chats/{chat.pk}/test/"

    assert said(client.post(path, follow=True)) == ["“#deals” took the message."]
    ((_path, _headers, posted),) = web_server.posts
    assert "This is a test of LRS Tracker: reminders arrive here." in posted["text"]

    web_server.answer = say(404, "no_service")
    assert said(client.post(path, follow=True)) == ["The chat answered 404. (no_service)"]
    assert (Reminder.objects.count(), Notification.objects.count()) == (0, 0)


def test_chat_in_use_is_not_archived(client, admin, chat):
    RuleFactory(name="Next steps", channels=["chat"], chat_endpoint=chat)

    refused = client.post(f"/settings/chats/{chat.pk}/archive/", follow=True)
    assert said(refused) == ["The rule “Next steps” uses this chat. Choose another one there first."]
    assert "used by 1 rule" in refused.content.decode()

    chat.rules.update(archived_at=NOW)
    client.post(f"/settings/chats/{chat.pk}/archive/")
    chat.refresh_from_db()
    assert chat.archived_at is not None
    assert client.get(f"/settings/chats/{chat.pk}/").status_code == 404


def test_form_that_another_has_overtaken_shows_both_versions_without_the_address(client, admin, chat):
    shown = chat.version
    ChatEndpoint.objects.filter(pk=chat.pk).update(name="#other")

    refused = client.post(f"/settings/chats/{chat.pk}/", TYPED | {"version": shown})

    assert refused.status_code == 422
    differences = {(each.label, each.stored, each.typed) for each in refused.context["form"].differences}
    assert ("Name", "#other", "#deals") in differences
    assert "hooks.slack.example" not in str(differences)


def test_own_chats_of_people_are_not_among_those_of_everyone(client, admin):
    own = ChatEndpointFactory(owner=admin, name="Mine")

    assert "Mine" not in client.get(CHATS).content.decode()
    assert client.get(f"/settings/chats/{own.pk}/").status_code == 404


def test_list_takes_the_same_queries_for_many(client, admin, fetch_raise, django_assert_num_queries):
    client.get(CHATS)
    for count in (1, 3):
        for chat in ChatEndpointFactory.create_batch(count):
            RuleFactory(channels=["chat"], chat_endpoint=chat)
        with django_assert_num_queries(2):
            client.get(CHATS)


def test_adding_is_refused_without_the_permission():
    with pytest.raises(DomainError):
        add_chat(by=UserFactory(role=Role.MANAGER), **TYPED)
