"""Messages to chats, in the shape that each takes."""

import datetime as dt
import json
import socket

import pytest

from accounts.enums import Role
from deals.models import Deal
from reminders.domain.chat import MOST_SHOWN, ChatError, chat_payload, post
from reminders.enums import Channel, ChatFormat, MessageKind, SubjectKind
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory
from tests.reminders.factories import ChatEndpointFactory, NotificationFactory, ReminderFactory, RuleFactory
from tests.web_server import say

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def base_url(settings):
    settings.BASE_URL = "https://lrs.example.com"


@pytest.fixture
def reminder():
    return ReminderFactory(title="Call the plant is due today", detail="Task of yours", deal__company__name="Aster")


def payload(format_, *reminders):
    return chat_payload(ChatEndpointFactory(format=format_), reminders, "en")


def test_slack_message_has_blocks_and_says_the_same_as_text(reminder):
    message = payload(ChatFormat.SLACK, reminder)
    line = (
        f"<https://lrs.example.com/deals/{reminder.deal.code}/|Call the plant is due today>\n"
        f"{reminder.deal.code} · Aster · Tue 24 Nov 2026\nTask of yours"
    )
    assert message["text"] == f"1 reminder\n{line}"
    assert [block["text"] for block in message["blocks"]] == [
        {"type": "mrkdwn", "text": "*1 reminder*"},
        {"type": "mrkdwn", "text": line},
    ]


def test_slack_message_mentions_nobody_and_links_nowhere_else(reminder):
    reminder.title = "<!channel> <https://evil.example|click> & *now*\n<@U123>"
    text = payload(ChatFormat.SLACK, reminder)["blocks"][1]["text"]["text"]
    title = text.partition("\n")[0].partition("|")[2].removesuffix(">")
    joiner = "\N{WORD JOINER}"
    assert title == (
        f"&lt;!channel&gt; &lt;https://evil.example|{joiner}click&gt; &amp; *{joiner}now*{joiner} &lt;@U123&gt;"
    )


def test_teams_message_is_a_card_that_reads_no_markdown(reminder):
    reminder.title = "[click](https://evil.example) **now**"
    message = payload(ChatFormat.TEAMS, reminder)
    (attachment,) = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    title, about, detail = card["body"][1]["inlines"]
    assert title["text"] == "[click](https://evil.example) **now**"
    assert title["selectAction"]["url"] == f"https://lrs.example.com/deals/{reminder.deal.code}/"
    assert about["text"] == f"\n{reminder.deal.code} · Aster · Tue 24 Nov 2026"
    assert detail["text"] == "\nTask of yours"


def test_plain_message_tells_a_program_everything(reminder):
    assert payload(ChatFormat.JSON, reminder) == {
        "text": "1 reminder",
        "entries": [
            {
                "id": reminder.pk,
                "kind": "task_due",
                "due_on": "2026-11-24",
                "deal": reminder.deal.code,
                "title": "Call the plant is due today",
                "about": f"{reminder.deal.code} · Aster · Tue 24 Nov 2026",
                "detail": "Task of yours",
                "url": f"https://lrs.example.com/deals/{reminder.deal.code}/",
            }
        ],
    }


def test_long_messages_fit_what_chats_take():
    deal = DealFactory(company__name="電" * 190)
    reminders = [ReminderFactory(deal=deal, title="電" * 300, detail="池" * 300) for _ in range(MOST_SHOWN + 3)]
    slack, teams = payload(ChatFormat.SLACK, *reminders), payload(ChatFormat.TEAMS, *reminders)
    assert len(slack["blocks"]) == MOST_SHOWN + 2
    assert slack["blocks"][-1]["text"]["text"] == "<https://lrs.example.com/inbox/|and 3 more>"
    assert teams["attachments"][0]["content"]["body"][-1]["inlines"][0]["text"] == "and 3 more"
    assert len(json.dumps(teams, ensure_ascii=False).encode()) < 28 * 1024
    assert max(len(block["text"]["text"]) for block in slack["blocks"]) < 3000


def message_of(reminder, **facts):
    return NotificationFactory(channel=Channel.CHAT, recipient=reminder.told_to, reminders=[reminder], **facts)


def test_message_is_posted_to_the_endpoint(reminder, web_server):
    endpoint = ChatEndpointFactory(url=web_server.url)
    post(endpoint, [reminder], message_of(reminder))
    ((path, _headers, document),) = web_server.posts
    assert (path, document) == ("/hooks/secret?key=1", chat_payload(endpoint, [reminder], "en"))


def test_week_of_a_manager_is_posted_as_it_was_when_told(web_server):
    manager = UserFactory(role=Role.MANAGER)
    deal = DealFactory(company__name="Aster", stage__name="NDA", stage__rot_days=10)
    Deal.objects.update(entered_stage_at=NOW - dt.timedelta(days=12))
    rule = RuleFactory(kind=SubjectKind.WEEKLY_DIGEST)
    reminder = ReminderFactory(recipient=manager, rule=rule, deal=None, subject_id=manager.pk, url="/")
    endpoint = ChatEndpointFactory(url=web_server.url)
    post(endpoint, [reminder], message_of(reminder, kind=MessageKind.WEEKLY))
    ((_path, _headers, document),) = web_server.posts
    assert [block["text"]["text"] for block in document["blocks"]] == [
        "*Your week: 1 stuck*",
        f"<https://lrs.example.com/deals/{deal.code}/|{deal.code} · Aster>\nGot stuck: 12 days in NDA",
    ]


@pytest.mark.parametrize(
    ("status", "said", "told", "is_final"),
    [
        (404, "no_service", "The chat answered 404. (no_service)", True),
        (302, "", "The chat answered 302.", True),
        (429, "rate_limited", "The chat answered 429. (rate_limited)", False),
        (500, "see http://127.0.0.1/hooks/secret", "The chat answered 500.", False),
    ],
)
def test_refusal_is_told_without_the_address(web_server, reminder, status, said, told, is_final):
    web_server.answer = say(status, said)
    with pytest.raises(ChatError) as refused:
        post(ChatEndpointFactory(url=web_server.url), [reminder], message_of(reminder))
    assert (str(refused.value), refused.value.is_final) == (told, is_final)


def test_endpoint_in_a_private_network_is_given_up(reminder):
    with pytest.raises(ChatError, match="private network") as refused:
        post(ChatEndpointFactory(url="https://10.0.0.5/hooks/secret"), [reminder], message_of(reminder))
    assert "10.0.0.5" not in str(refused.value)
    assert refused.value.is_final


def test_chat_that_does_not_answer_may_be_tried_again(reminder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ChatError, match="did not answer") as refused:
        post(ChatEndpointFactory(url=f"http://127.0.0.1:{port}/hooks/secret"), [reminder], message_of(reminder))
    assert not refused.value.is_final
