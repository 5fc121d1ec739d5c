"""The pages where administrators shape reminder rules."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.enums import Role
from reminders.domain.default_rules import create_default_rules
from reminders.domain.preview import preview_rule
from reminders.models import Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, TaskFactory
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
RULES, NEW = "/settings/rules/", "/settings/rules/new/"
TYPED = {
    "name": "Before the day",
    "kind": "task_due",
    "offsets": "-1, 0",
    "day_count": "business",
    "recipients": ["owner"],
    "channels": ["email"],
    "title": "{what} is due {when}",
    "grace_days": "7",
}


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def admin(client):
    admin = UserFactory(role=Role.ADMINISTRATOR, time_zone="UTC")
    client.force_login(admin)
    return admin


@pytest.fixture
def rule():
    return RuleFactory(name="Next steps", channels=["email"])


def says(response):
    """The texts of a page, in one line."""
    return " ".join(response.content.decode().split())


GET = [RULES, NEW, "/settings/rules/{rule}/", "/settings/rules/{rule}/foreseen/"]
POST = [
    "/settings/rules/new/preview/",
    *(
        f"/settings/rules/{{rule}}/{action}/"
        for action in ("preview", "switch", "archive", "held/send", "held/discard")
    ),
]


@pytest.mark.parametrize(("method", "path"), [("get", path) for path in GET] + [("post", path) for path in POST])
@pytest.mark.parametrize("role", [None, *Role])
def test_pages_are_for_administrators(client, rule, method, path, role):
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = getattr(client, method)(path.format(rule=rule.pk))

    expected = {None: {302}, Role.ADMINISTRATOR: {200, 302}}.get(role, {403})
    assert response.status_code in expected
    if role is None:
        assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", POST)
def test_actions_refuse_get(client, admin, rule, path):
    assert client.get(path.format(rule=rule.pk)).status_code == 405


def test_an_archived_rule_has_no_page(client, admin):
    archived = RuleFactory(archived_at=NOW, is_enabled=False)

    assert client.get(f"/settings/rules/{archived.pk}/").status_code == 404
    assert client.post(f"/settings/rules/{archived.pk}/switch/", {"on": "1"}).status_code == 404
    assert archived.name in says(client.get(RULES))


def test_list_says_each_rule_in_words_and_what_has_none(client, admin):
    create_default_rules(today=TODAY)
    ReminderRule.objects.filter(kind="weekly_digest").update(archived_at=NOW, is_enabled=False)

    page = says(client.get(RULES))

    assert "5 business days before, on the day and 5 business days after, to the owner, by e-mail" in page
    assert "to the manager after 2 business days" in page
    assert '<a href="/settings/rules/new/?kind=weekly_digest">Weekly digest</a>' in page
    assert client.get(f"{NEW}?kind=weekly_digest").context["form"]["kind"].value() == "weekly_digest"


def test_row_says_how_many_messages_are_to_come(client, admin, rule):
    TaskFactory.create_batch(2, due_on=TODAY + dt.timedelta(days=3))
    path = f"/settings/rules/{rule.pk}/foreseen/"

    assert says(client.get(path)) == "2 messages"
    RuleFactory(name="Other", kind="invoice_due")
    assert says(client.get(f"/settings/rules/{ReminderRule.objects.get(name='Other').pk}/foreseen/")) == "nothing"


def test_rule_is_added_and_on_from_today(client, admin):
    response = client.post(NEW, TYPED | {"recipients": ["owner", "role"], "role": "Finance", "is_urgent": "on"})

    rule = ReminderRule.objects.get()
    assert response.headers["Location"] == RULES
    assert (rule.offsets, rule.day_count, rule.recipients, rule.role) == (
        [-1, 0],
        "business",
        ["owner", "role"],
        "Finance",
    )
    assert (rule.is_enabled, rule.is_urgent, rule.enabled_on) == (True, True, TODAY)


def test_rule_is_changed_and_drops_what_belongs_to_no_choice(client, admin):
    rule = RuleFactory(
        recipients=["person"], person=UserFactory(), channels=["chat"], chat_endpoint=ChatEndpointFactory()
    )

    client.post(
        f"/settings/rules/{rule.pk}/",
        TYPED | {"version": rule.version, "person": rule.person_id, "chat_endpoint": rule.chat_endpoint_id},
    )

    rule.refresh_from_db()
    assert (rule.name, rule.recipients, rule.person, rule.channels, rule.chat_endpoint) == (
        "Before the day",
        ["owner"],
        None,
        ["email"],
        None,
    )


MISTAKES = [
    ({"name": ""}, "name", "This field is required."),
    ({"name": "x" * 5000}, "name", "Ensure this value has at most 120 characters (it has 5000)."),
    ({"name": "next STEPS"}, "__all__", "There is a rule of this name already."),
    ({"kind": "dream"}, "kind", "Select a valid choice. dream is not one of the available choices."),
    ({"offsets": ""}, "offsets", "This field is required."),
    ({"offsets": "abc"}, "offsets", "“abc” is no whole number of days."),
    ({"offsets": "1e9"}, "offsets", "“1e9” is no whole number of days."),
    ({"offsets": "1.5"}, "offsets", "“1.5” is no whole number of days."),
    ({"offsets": "٣"}, "offsets", "“٣” is no whole number of days."),
    ({"offsets": "9" * 5000}, "offsets", f"“{'9' * 20}…” is no whole number of days."),
    ({"offsets": "-401"}, "offsets", "-401 is too far: at most 400 days before or after."),
    ({"offsets": "0, 1, 1"}, "offsets", "The same day is given twice."),
    ({"offsets": ",".join(map(str, range(13)))}, "offsets", "Give at most 12 days."),
    ({"recipients": []}, "recipients", "This field is required."),
    ({"recipients": ["role"]}, "role", "Name the role that is told."),
    ({"recipients": ["person"]}, "person", "Name the person who is told."),
    (
        {"title": "{owner} has to act"},
        "title",
        "There is no field {owner}. Use {what}, {company}, {deal}, {date}, {when}.",
    ),
    (
        {"title": "{what.__class__}"},
        "title",
        "There is no field {what.__class__}. Use {what}, {company}, {deal}, {date}, {when}.",
    ),
    ({"title": "{what"}, "title", "Write each field as {what}: one brace on each side."),
    ({"title": "x" * 5000}, "title", "Ensure this value has at most 200 characters (it has 5000)."),
    ({"escalate_after_days": "0"}, "escalate_after_days", "Ensure this value is greater than or equal to 1."),
    ({"grace_days": "91"}, "grace_days", "Ensure this value is less than or equal to 90."),
]


@pytest.mark.parametrize(("changes", "field", "message"), MISTAKES)
def test_mistakes_are_named_beside_their_field(client, admin, rule, changes, field, message):
    added = client.post(NEW, TYPED | changes)
    changed = RuleFactory(name="Mine")
    edited = client.post(f"/settings/rules/{changed.pk}/", TYPED | {"version": changed.version} | changes)

    assert (added.status_code, edited.status_code) == (422, 422)
    assert added.context["form"].errors == edited.context["form"].errors == {field: [message]}
    assert ReminderRule.objects.count() == 2


@pytest.mark.parametrize("typed", ["-7, 0, 3", "−7 0 +3", "3;0;-7", " - 7,0 ,3 "])
def test_days_are_read_however_they_are_typed(client, admin, typed):
    client.post(NEW, TYPED | {"offsets": typed})

    assert ReminderRule.objects.get().offsets == [-7, 0, 3]


def test_rule_that_another_has_overtaken_shows_both_versions_once(client, admin, rule):
    path = f"/settings/rules/{rule.pk}/"
    shown = client.get(path).context["form"]["version"].value()
    ReminderRule.objects.filter(pk=rule.pk).update(offsets=[-3, 1], recipients=["team"])

    refused = client.post(path, TYPED | {"version": shown})
    form = refused.context["form"]
    again = client.post(path, TYPED | {"version": form["version"].value()})

    rule.refresh_from_db()
    assert (refused.status_code, again.status_code) == (422, 302)
    differences = {(each.label, each.stored, each.typed) for each in form.differences}
    assert {("Days from the date", "-3, 1", "-1, 0"), ("Who is told", "Team of the deal", "Owner")} <= differences
    assert (rule.offsets, rule.recipients) == ([-1, 0], ["owner"])


def test_preview_says_what_is_typed_and_saves_nothing(client, admin, rule):
    owner = UserFactory(name="Dana Ortiz", time_zone="UTC")
    task = TaskFactory(title="Sign the NDA", due_on=TODAY + dt.timedelta(days=10), assignee=owner)

    response = client.post(f"/settings/rules/{rule.pk}/preview/", TYPED | {"name": "", "offsets": "-7, -1"})

    page = says(response)
    assert "In the next 30 days this sends 2 messages to 1 person." in page
    assert 'id="rule-when" hx-swap-oob="true">7 and 1 business days before</p>' in page
    assert "Sign the NDA is due in 10 days" in page.replace("in 1 week", "in 10 days")
    assert "Dana Ortiz" in page
    assert task.deal.get_absolute_url() in page
    rule.refresh_from_db()
    assert (rule.name, rule.offsets, Reminder.objects.count()) == ("Next steps", [0], 0)


def test_preview_of_a_new_rule_needs_no_name(client, admin):
    page = says(client.post(f"{NEW}preview/", TYPED | {"name": "", "title": "{deal}: {what}"}))

    assert "In the next 30 days this sends nothing." in page
    assert 'hx-swap-oob="true">LRS-0042: NDA</p>' in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"offsets": "soon"}, "Days from the date: “soon” is no whole number of days."),
        ({"title": "{x}"}, "Sentence: There is no field {x}."),
        ({"offsets": "1 1"}, "Days from the date: The same day is given twice."),
        ({"recipients": ["role"]}, "Role: Name the role that is told."),
    ],
)
def test_preview_says_what_is_wrong(client, admin, changes, message):
    response = client.post(f"{NEW}preview/", TYPED | changes)

    assert response.status_code == 200
    assert "Nothing can be foreseen yet:" in says(response)
    assert message in says(response)


def test_preview_counts_what_the_viewer_may_not_see_and_does_not_show_it(client, rule):
    viewer = UserFactory(time_zone="UTC")
    viewer.user_permissions.add(Permission.objects.get(codename="change_reminderrule"))
    owner = UserFactory(name="Dana Ortiz")
    deal = DealFactory(is_confidential=True, owner=owner)
    TaskFactory(deal=deal, title="Zyxomma", due_on=TODAY + dt.timedelta(days=3), assignee=owner)
    TaskFactory(title="Open", due_on=TODAY + dt.timedelta(days=3), assignee=owner)
    client.force_login(viewer)

    page = says(client.get(f"/settings/rules/{rule.pk}/"))

    assert "this sends 2 messages to 1 person." in page
    assert "1 more is counted and not listed here" in page
    assert "Open" in page
    assert "Zyxomma" not in page
    assert deal.code not in page


def test_rule_is_switched_off_and_on(client, admin, rule):
    ReminderFactory(rule=rule, status="waiting", told_at=None, told_to=None)

    client.post(f"/settings/rules/{rule.pk}/switch/", {"on": "0"})
    rule.refresh_from_db()
    assert (rule.is_enabled, Reminder.objects.count()) == (False, 0)
    assert "This rule is off" in says(client.get(f"/settings/rules/{rule.pk}/"))

    client.post(f"/settings/rules/{rule.pk}/switch/", {"on": "1"})
    rule.refresh_from_db()
    assert (rule.is_enabled, rule.enabled_on) == (True, timezone.now().date())


def test_rule_is_archived(client, admin, rule):
    client.post(f"/settings/rules/{rule.pk}/archive/")

    rule.refresh_from_db()
    assert (rule.archived_at, rule.is_enabled) == (NOW, False)


@pytest.mark.parametrize(
    ("action", "said", "became"),
    [
        ("send", "3 reminders will be sent.", ("waiting", "")),
        ("discard", "3 reminders are discarded.", ("skipped", "discarded")),
    ],
)
def test_held_reminders_wait_for_a_decision(client, admin, rule, action, said, became):
    ReminderFactory.create_batch(3, rule=rule, status="held", told_at=None, told_to=None, title="")
    waiting = "<b>Next steps:</b> 3 reminders wait for your decision."
    assert waiting in says(client.get(RULES))
    assert waiting in says(client.get(f"/settings/rules/{rule.pk}/"))

    response = client.post(f"/settings/rules/{rule.pk}/held/{action}/", follow=True)

    assert [str(message) for message in response.context["messages"]] == [said]
    assert set(Reminder.objects.values_list("status", "reason")) == {became}
    assert "wait for your decision" not in says(client.get(RULES))


@pytest.mark.parametrize("readers", [1, 3])
def test_preview_takes_the_same_queries_for_many_readers(rule, readers, django_assert_num_queries):
    for _each in range(readers):
        owner = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
        TaskFactory(assignee=owner, due_on=TODAY + dt.timedelta(days=2), deal__is_confidential=True, deal__owner=owner)
        # Nothing that they may see.
        TaskFactory(assignee=owner, due_on=TODAY + dt.timedelta(days=2), deal__is_confidential=True)
    # People, the candidates in a transaction with their plan, readers, their deals, their tasks, and the words.
    with django_assert_num_queries(10):
        found = preview_rule(rule=rule, days=30, viewer=None, at=NOW)

    assert (found.messages, found.people) == (readers, readers)


def test_pages_take_the_same_queries_for_many(client, admin, fetch_raise, django_assert_num_queries):
    owner = UserFactory()
    rule = RuleFactory(recipients=["person"], person=owner, channels=["chat"], chat_endpoint=ChatEndpointFactory())
    client.get(RULES)
    for count in (1, 3):
        for _each in range(count):
            RuleFactory(recipients=["person"], person=owner, channels=["chat"], chat_endpoint=ChatEndpointFactory())
        TaskFactory.create_batch(count, assignee=owner, due_on=TODAY + dt.timedelta(days=2))
        ReminderFactory.create_batch(count, rule=rule, status="held", told_at=None, told_to=None)
        with django_assert_num_queries(3):
            client.get(RULES)
        with django_assert_num_queries(17):
            client.get(f"/settings/rules/{rule.pk}/")
        with django_assert_num_queries(14):
            client.get(f"/settings/rules/{rule.pk}/foreseen/")
