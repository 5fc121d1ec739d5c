"""The pages of rules, chats and operations in a browser."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import Role
from lrs_tracker.heartbeats import BEAT, REMINDERS, WORKER, note_heartbeat
from reminders.domain.default_rules import create_default_rules
from reminders.models import Notification, Reminder, ReminderRule, Scan
from tests.accounts.factories import UserFactory
from tests.browser import DESKTOP, PHONE
from tests.deals.factories import TaskFactory
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMINISTRATOR)


@pytest.fixture
def rule(admin):
    owner = UserFactory(name="Dana Ortiz")
    due_on = timezone.localdate() + dt.timedelta(days=14)
    TaskFactory(title="Sign the NDA", due_on=due_on, assignee=owner)
    return RuleFactory(name="Next steps", channels=["email"])


def test_preview_changes_while_a_rule_is_typed(open_page, admin, rule):
    page = open_page(admin, f"/settings/rules/{rule.pk}/")
    says = page.get_by_role("status").filter(has_text="sends")
    expect(says).to_have_text("In the next 30 days this sends 1 message to 1 person.")

    page.get_by_label("Days from the date").fill("-7, -1, 0")
    expect(says).to_have_text("In the next 30 days this sends 3 messages to 1 person.")
    expect(page.locator("#rule-when")).to_have_text("7 and 1 days before and on the day")

    page.get_by_label("Sentence", exact=True).fill("{what} for {company}")
    expect(page.locator("#rule-example")).to_contain_text("Sign the NDA for ")
    expect(page.locator(".foreseen li").first).to_contain_text("Dana Ortiz")

    page.get_by_label("Sentence", exact=True).fill("{wish}")
    expect(page.locator("#rule-preview")).to_contain_text("There is no field {wish}.")
    rule.refresh_from_db()
    assert (rule.offsets, rule.title) == ([0], "")

    page.get_by_label("Sentence", exact=True).fill("{what}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("“Next steps” is saved.")
    rule.refresh_from_db()
    assert (rule.offsets, rule.title) == ([-7, -1, 0], "{what}")


def test_role_person_and_chat_are_asked_for_where_they_are_chosen(open_page, admin, rule):
    page = open_page(admin, f"/settings/rules/{rule.pk}/")
    for choice, field in (("Everyone with a role", "Role"), ("One person", "Person"), ("Chat", "Chat")):
        asked = page.get_by_role("combobox", name=field, exact=True)
        expect(asked).to_be_hidden()
        page.get_by_role("checkbox", name=choice, exact=True).check()
        expect(asked).to_be_visible()


def test_list_tells_what_each_rule_sends_and_switches_it(open_page, admin, rule):
    page = open_page(admin, "/settings/rules/")
    row = page.locator(".rule-row")
    expect(row).to_contain_text("1 message")

    page.get_by_role("switch", name="Next steps").click()
    expect(page.get_by_role("switch", name="Next steps")).to_have_attribute("aria-checked", "false")
    expect(row).to_contain_text("off")
    assert not ReminderRule.objects.get().is_enabled


def test_what_is_held_is_sent_after_a_question(open_page, admin, rule):
    ReminderFactory.create_batch(3, rule=rule, status="held", told_at=None, told_to=None, title="")
    page = open_page(admin, f"/settings/rules/{rule.pk}/")
    expect(page.get_by_text("3 reminders wait for your decision.")).to_be_visible()

    page.get_by_role("button", name="Discard Next steps").click()
    expect(page.locator("#confirm")).to_contain_text("Discard 3 reminders? Nobody will be told of these.")
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    assert Reminder.objects.filter(status="held").count() == 3

    page.get_by_role("button", name="Send Next steps").click()
    expect(page.locator("#confirm")).to_contain_text("Send 3 reminders?")
    page.locator("#confirm").get_by_role("button", name="Send").click()
    expect(page.locator("#toasts")).to_contain_text("3 reminders will be sent.")
    assert Reminder.objects.filter(status="waiting").count() == 3


def test_chat_is_added_in_a_dialog(open_page, admin):
    page = open_page(admin, "/settings/chats/")
    page.get_by_role("link", name="New chat").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Name").fill("#deals")
    dialog.get_by_label("Kind").select_option("Slack")
    dialog.get_by_label("Address of its incoming webhook").fill("chat.example")
    dialog.get_by_role("button", name="Add chat").click()
    expect(dialog).to_contain_text("Paste an address that begins with https://")
    dialog.get_by_label("Address of its incoming webhook").fill("https://chat.example/hook")
    dialog.get_by_role("button", name="Add chat").click()
    expect(page.get_by_text("used by no rule")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible(open_page, axe, admin, rule, color_scheme, viewport):
    create_default_rules(today=timezone.localdate())
    off = RuleFactory(name="Off", is_enabled=False, is_urgent=True)
    told = ReminderFactory(rule=rule, told_to=UserFactory(name="Lee Marsh"))
    ReminderFactory(rule=rule, status="held", told_at=None, told_to=None)
    ReminderFactory(status="skipped", reason="closed", told_at=None, told_to=None)
    message = Notification.objects.create(
        channel="email",
        kind="single",
        recipient=told.recipient,
        status="failed",
        attempts=14,
        last_error="550 5.1.1 no such mailbox",
        next_attempt_at=timezone.now(),
    )
    message.reminders.add(told)
    ChatEndpointFactory()
    Scan.objects.create(
        at=timezone.now(), took_ms=12, seen=3, created=2, skipped={"too_late": 1}, errors={str(rule.pk): "DataError"}
    )
    note_heartbeat(REMINDERS, at=timezone.now() - dt.timedelta(hours=1))
    note_heartbeat(BEAT, at=timezone.now())
    note_heartbeat(WORKER, at=timezone.now())
    page = open_page(admin, "/", color_scheme=color_scheme, viewport=viewport, reduced_motion="reduce")
    found = []
    for path in (
        "/settings/rules/",
        f"/settings/rules/{rule.pk}/",
        f"/settings/rules/{off.pk}/",
        "/settings/rules/new/",
        "/settings/chats/",
        "/settings/operations/",
        "/settings/operations/ledger/",
        "/settings/operations/ledger/?deal=nowhere",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found += [f"{path}: {violation}" for violation in axe(page)]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], path
    assert not found, "\n".join(found)
