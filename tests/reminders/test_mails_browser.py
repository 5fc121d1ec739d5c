"""Mails and the pages behind their links in a browser, on a telephone and in a reading pane, light and dark."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.enums import Role
from reminders.domain.links import LINK_AGE, make_token
from reminders.domain.mails import build_mail
from reminders.enums import LinkAction, MessageKind, SubjectKind
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.companies.factories import ContactFactory
from tests.deals.factories import NOW, TODAY, DealFactory
from tests.reminders.factories import NotificationFactory, ReminderFactory, RuleFactory
from tests.reminders.test_weekly import invoice, move, slip, waive

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)
READING_PANE = {"width": 700, "height": 900}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
ARABIC = "موعد تقديم تقرير الإنتاج للربع الثالث غدًا"


def single(maria):
    deal = DealFactory(company__name="Aster Motors", title="Cells for vans in Europe")
    title = "Task “Call the plant about the grid connection” is due tomorrow"
    reminder = ReminderFactory(
        recipient=maria, deal=deal, title=title, detail="You have to do it.", due_on=TODAY + DAY,
        rule__name="Tasks: the day before",
    )  # fmt: skip
    return [reminder], MessageKind.SINGLE


def digest(maria):
    rules = [RuleFactory(kind=kind) for kind in (SubjectKind.TASK_DUE, SubjectKind.DOCUMENT_EXPIRY)]
    deals = [DealFactory(company__name=name) for name in ("Aster Motors", "Škoda 株式会社", LONG, "شركة النجمة")]
    titles = ["Task “Send the term sheet” is due", "The NDA “Mutual NDA” expires", LONG, ARABIC]
    reminders = [
        ReminderFactory(
            recipient=maria, rule=rules[n % 2], deal=deals[n % 4], title=titles[n % 4], detail="You own the deal.",
            subject_id=n, due_on=TODAY + (n - 3) * DAY,
        )
        for n in range(40)
    ]  # fmt: skip
    reminders.append(
        ReminderFactory(recipient__name="Wei Lin", told_to=maria, rule=rules[0], deal=None, subject_id=99, url="/")
    )
    return reminders, MessageKind.DIGEST


def weekly(maria):
    deal = DealFactory(
        company__name="Aster Motors", stage__name="Feasibility", stage__rot_days=10, entered_stage_at=NOW - 12 * DAY
    )
    slip(deal)
    waive(deal)
    move(deal, at=NOW - 2 * DAY, came_from=DealFactory(stage__name="NDA & qualification").stage)
    move(DealFactory(company__name=LONG, stage__name="First contact"), at=NOW - DAY)
    invoice(deal, TODAY - 2 * DAY)
    invoice(deal, TODAY + 2 * DAY)
    rule = RuleFactory(kind=SubjectKind.WEEKLY_DIGEST)
    reminder = ReminderFactory(recipient=maria, rule=rule, deal=None, subject_id=maria.pk, url="/")
    return [reminder], MessageKind.WEEKLY


def mail_of(make):
    """Return the HTML of a mail that `make` made up."""
    maria = UserFactory(role=Role.MANAGER, name="Maria Falk", email="maria@example.com")
    reminders, kind = make(maria)
    message = NotificationFactory(kind=kind, recipient=maria, reminders=reminders)
    return build_mail(message, reminders, at=NOW)


def contact_mail():
    contact = ContactFactory(email="ada@aster.example")
    reminder = ReminderFactory(
        recipient=None, told_to=None, contact=contact, title="Your production report for Q3 2026 is due on 30 Nov",
        detail="Please send it by the link that you got from us.",
    )  # fmt: skip
    return build_mail(NotificationFactory(recipient=None, contact=contact), [reminder], at=NOW)


def html_of(mail):
    return mail.alternatives[0].content


@pytest.mark.parametrize("make", [single, digest, weekly])
def test_mail_fits_and_is_accessible_in_each_width_and_theme(open_page, axe, make):
    html = html_of(mail_of(make))
    for viewport in (PHONE, READING_PANE):
        for scheme in ("light", "dark"):
            page = open_page(None, "/accounts/login/", viewport=viewport, color_scheme=scheme)
            page.goto("about:blank")
            page.set_content(html)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], (viewport, scheme)
            assert axe(page) == [], (viewport, scheme)


def address_of(reminder, action, *, at):
    message = NotificationFactory(recipient=reminder.told_to, reminders=[reminder])
    token = make_token(notification=message, reminder=reminder, action=action, at=at)
    return f"/from-mail/{token}/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("action", LinkAction)
def test_link_acts_when_its_button_is_pressed_by_someone_logged_out(open_page, axe, action, scheme):
    reminder = ReminderFactory(title="Call the plant is due today")
    page = open_page(None, address_of(reminder, action, at=timezone.now()), viewport=PHONE, color_scheme=scheme)
    assert axe(page) == []
    (button,) = page.get_by_role("main").get_by_role("button").all()
    button.click()
    page.get_by_role("link", name="Open your inbox").wait_for()
    assert axe(page) == []
    page.reload()
    page.get_by_role("heading", name="This was done already").wait_for()
    assert axe(page) == []


def test_expired_link_says_so_and_nothing_else(open_page, axe):
    reminder = ReminderFactory(title="Call the plant is due today")
    page = open_page(None, address_of(reminder, LinkAction.SNOOZE_DAY, at=timezone.now() - LINK_AGE), viewport=PHONE)
    page.get_by_role("heading", name="This link does not work any more").wait_for()
    assert page.get_by_text("Call the plant").count() == 0
    assert axe(page) == []


def test_mails_of_development_are_read_in_a_frame(open_page, axe, settings, tmp_path):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(tmp_path)},
        }
    }
    mail_of(single).send()
    page = open_page(UserFactory(role=Role.ADMINISTRATOR), "/dev/mail/")
    assert axe(page) == []
    page.get_by_role("link", name="Task “Call the plant").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Task “Call the plant").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    page.get_by_role("link", name="390 px").click()
    frame.get_by_role("link", name="Snooze 1 day").wait_for()
    assert page.locator("iframe").bounding_box()["width"] == 390
