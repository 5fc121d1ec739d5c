"""Rules in words."""

import pytest

from accounts.enums import Role
from accounts.models import User
from reminders.domain.rule_words import example_sentence, offsets_in_words, rule_in_words
from reminders.domain.subjects import subjects
from reminders.enums import SubjectKind
from reminders.models import ChatEndpoint, ReminderRule
from tests.deals.factories import TODAY


@pytest.mark.parametrize(
    ("offsets", "day_count", "words"),
    [
        ([0], "calendar", "on the day"),
        ([-1], "business", "1 business day before"),
        ([-1, 0], "business", "1 business day before and on the day"),
        ([3, -7, 0, -30], "calendar", "30 and 7 days before, on the day and 3 days after"),
        ([1], "calendar", "1 day after"),
        ([15, 1, 5], "business", "1, 5 and 15 business days after"),
    ],
)
def test_offsets_are_said_in_order(offsets, day_count, words):
    assert offsets_in_words(offsets, day_count) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"recipients": ["owner"], "channels": []}, "On the day, to the owner, in the inbox alone"),
        (
            {"recipients": ["owner", "team"], "channels": ["email"]},
            "On the day, to the owner and the team of the deal, by e-mail",
        ),
        (
            {"recipients": ["manager", "role", "licensee"], "role": Role.FINANCE, "channels": ["email", "chat"]},
            (
                "On the day, to the owner's manager, everyone with the role Finance and the licensee's contacts for "
                "finance, by e-mail and in their own chats"
            ),
        ),
        (
            {
                "recipients": ["person"],
                "person": User(name="Dana Ortiz"),
                "channels": ["chat"],
                "chat_endpoint": ChatEndpoint(name="#deals"),
            },
            "On the day, to Dana Ortiz, in the chat #deals",
        ),
    ],
)
def test_rule_says_whom_it_tells_and_how(values, words):
    assert rule_in_words(ReminderRule(offsets=[0], day_count="calendar", **values)) == words


def test_every_kind_has_an_example_of_its_sentence():
    assert example_sentence("task_due", "{what}: {when} ({deal})", today=TODAY) == "NDA: today (LRS-0042)"
    for kind in SubjectKind:
        assert "{" not in example_sentence(kind, "", today=TODAY)
    assert set(subjects()) == set(SubjectKind)
