"""Reminders as mails: headers, text and HTML, as a mail program receives them."""

import datetime as dt
import re
from email import message_from_bytes, policy

import pytest
from django.utils import translation

from lrs_tracker.problems import DomainError
from reminders.domain.links import open_link
from reminders.domain.mails import NothingToTellError, build_mail
from reminders.enums import LinkAction, MessageKind, SubjectKind
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory
from tests.deals.factories import NOW, TODAY, DealFactory
from tests.reminders.factories import NotificationFactory, ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def base_url(settings):
    settings.BASE_URL = "https://lrs.example.com"


@pytest.fixture
def maria():
    return UserFactory(name="Maria Falk", email="maria@example.com", time_zone="Europe/Berlin")


def told(maria, **facts):
    return ReminderFactory(recipient=maria, **facts)


def mail_of(*reminders, kind=MessageKind.SINGLE, **facts):
    """Return a mail as it is read from the wire."""
    message = NotificationFactory(kind=kind, recipient=reminders[0].told_to, reminders=reminders, **facts)
    return read(build_mail(message, reminders, at=NOW))


def read(mail):
    return message_from_bytes(mail.message().as_bytes(), policy=policy.default)


def part(mail, kind):
    return mail.get_body((kind,)).get_content()


def links_in(text):
    return re.findall(r"https://lrs\.example\.com/from-mail/([^/\s\"]+)/", text)


def test_single_mail_says_what_when_and_of_which_deal(maria):
    deal = DealFactory(company__name="Aster Motors", title="Cells for vans")
    mail = mail_of(
        told(
            maria,
            deal=deal,
            title="Call the plant is due today",
            detail="Task of yours",
            rule__name="Tasks on their day",
        )
    )
    assert mail["Subject"] == "Call the plant is due today"
    assert mail["To"] == "maria@example.com"
    for text in (part(mail, "plain"), part(mail, "html")):
        assert "Call the plant is due today" in text
        assert "Task of yours" in text
        assert f"{deal.code} · Aster Motors · Cells for vans" in text
        assert "Tue 24 Nov 2026" in text
        assert f"https://lrs.example.com/deals/{deal.code}/" in text
        assert "Rule: Tasks on their day" in text


def test_links_of_a_mail_do_what_they_say(maria):
    reminder = told(maria)
    mail = mail_of(reminder)
    expected = [
        LinkAction.DONE, LinkAction.SNOOZE_DAY, LinkAction.SNOOZE_WEEK, LinkAction.MUTE, LinkAction.UNSUBSCRIBE
    ]  # fmt: skip
    for text in (part(mail, "plain"), part(mail, "html")):
        opened = [open_link(token, at=NOW) for token in links_in(text)]
        assert [link.action for link in opened] == expected
        assert {link.reminder for link in opened} == {reminder}


def test_unsubscribing_by_one_click_is_offered_as_rfc_8058_asks(maria):
    mail = mail_of(told(maria))
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<https://lrs\.example\.com/from-mail/([^/]+)/>", mail["List-Unsubscribe"])
    assert open_link(address[1], at=NOW).action == LinkAction.UNSUBSCRIBE


@pytest.mark.parametrize("sent_by", [policy.default, policy.SMTP])
def test_address_to_unsubscribe_is_sent_as_it_is(maria, sent_by):
    """However long it is, it is no encoded word: mail programs look for the address itself."""
    reminder = told(maria)
    mail = build_mail(NotificationFactory(recipient=maria, reminders=[reminder]), [reminder], at=NOW)

    lines = mail.message(policy=sent_by).as_bytes().splitlines()

    (line,) = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://lrs\.example\.com/from-mail/[\w.-]+/>", line)


def test_message_id_is_the_same_at_each_attempt(maria):
    reminder = told(maria)
    message = NotificationFactory(recipient=maria, reminders=[reminder])
    first, second = (build_mail(message, [reminder], at=NOW + dt.timedelta(hours=n)).message() for n in (0, 5))
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.uid}@lrs.example.com>"


def test_line_breaks_in_titles_make_no_headers(maria):
    mail = mail_of(told(maria, title="Pay\r\nBcc: thief@example.com\r\n\r\n<b>now</b>", detail="a\nb"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Pay Bcc: thief@example.com <b>now</b>"
    assert "<b>now" not in part(mail, "html")
    assert "&lt;b&gt;now" in part(mail, "html")
    assert "Pay Bcc: thief@example.com <b>now</b>" in part(mail, "plain").splitlines()


def test_any_script_and_letter_arrives(maria):
    title = "تذكير: 電池工場 „Ampère“ 🔋 – Überfällig & <fällig>"
    mail = mail_of(told(maria, title=title, deal__company__name="Škoda 株式会社"))
    assert mail["Subject"] == title
    assert title in part(mail, "plain")
    assert "Škoda 株式会社" in part(mail, "html")


@pytest.mark.parametrize("sent_by", [policy.default, policy.SMTP])
def test_text_that_looks_like_the_end_of_a_part_stays_in_its_part(maria, sent_by):
    reminder = told(maria, title="--=_reminder", detail="--=_reminder--")
    mail = build_mail(NotificationFactory(recipient=maria, reminders=[reminder]), [reminder], at=NOW)

    read = message_from_bytes(mail.message(policy=sent_by).as_bytes(), policy=policy.default)

    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert part(read, "plain").replace("\r\n", "\n") == mail.body
    assert part(read, "html").replace("\r\n", "\n").rstrip() == mail.alternatives[0].content.rstrip()


def test_long_subject_is_cut(maria):
    message = NotificationFactory(recipient=maria)
    mail = build_mail(message, [told(maria, title="Very " * 59 + "long")], at=NOW)
    assert mail.subject == ("Very " * 30).strip() + "…"


def test_digest_groups_by_deal_the_earliest_first(maria):
    late, soon = DealFactory(company__name="Late Motors"), DealFactory(company__name="Soon Motors")
    reminders = [
        told(maria, deal=soon, title="Soon one"),
        told(maria, deal=late, title="Late one", due_on=TODAY - 3 * DAY),
        told(maria, deal=None, subject_id=1, url="/", title="Of no deal", due_on=TODAY - 9 * DAY),
        told(maria, deal=soon, title="Soon two", due_on=TODAY + DAY),
    ]
    mail = mail_of(*reminders, kind=MessageKind.DIGEST)
    assert mail["Subject"] == "4 reminders for 24 Nov, 2 late"
    order = ["Late Motors", "Late one", "Soon Motors", "Soon one", "Soon two", "Without a deal", "Of no deal"]
    for text in (part(mail, "plain"), part(mail, "html").partition("<h2")[2]):
        assert sorted(order, key=text.index) == order


def test_forty_reminders_stay_below_what_mail_programs_cut_off(maria):
    deals = [DealFactory(title="Cells for vans in Europe") for _ in range(8)]
    reminders = [told(maria, deal=deals[n % 8], title=f"Task number {n} " + "long " * 12) for n in range(40)]
    html = part(mail_of(*reminders, kind=MessageKind.DIGEST), "html")
    assert len(html.encode()) < 100 * 1024
    assert len(links_in(html)) == 40 * 4 + 1


def test_html_fetches_nothing_and_has_no_scripts(maria):
    html = part(mail_of(told(maria)), "html")
    assert re.findall(r"<(?:img|link|script|iframe|form|base)\b|url\(|@import|src=", html) == []
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme:dark)" in html


def test_reader_who_stands_in_is_told_for_whom(maria):
    reminder = ReminderFactory(recipient__name="Wei Lin", told_to=maria)
    mail = mail_of(reminder)
    assert "You stand in for Wei Lin." in part(mail, "plain")
    assert "You stand in for Wei Lin." in part(mail, "html")


def test_only_what_can_be_late_is_called_late(maria):
    stuck = told(maria, rule=RuleFactory(kind=SubjectKind.DEAL_STUCK), due_on=TODAY - DAY)
    assert "late" not in mail_of(stuck, told(maria), kind=MessageKind.DIGEST)["Subject"]


def test_day_is_the_readers(maria):
    reminder = told(maria, due_on=TODAY + DAY)
    message = NotificationFactory(recipient=maria, reminders=[reminder])
    evening = dt.datetime(2026, 11, 24, 23, 30, tzinfo=dt.UTC)
    assert "Wed 25 Nov 2026 (today)" in build_mail(message, [reminder], at=evening).body


def test_language_of_the_caller_stays(maria):
    with translation.override("de"):
        mail_of(told(maria))
        assert translation.get_language() == "de"


def test_contact_of_a_licensee_gets_no_links_and_nothing_of_the_deal():
    contact = ContactFactory(email="ada@aster.example")
    reminder = ReminderFactory(
        recipient=None, told_to=None, contact=contact, title="Your report for Q3 is due", detail="Due on 30 Nov",
        deal__title="Secret plan",
    )  # fmt: skip
    message = NotificationFactory(recipient=None, contact=contact, reminders=[reminder])
    mail = read(build_mail(message, [reminder], at=NOW))
    assert mail["To"] == "ada@aster.example"
    assert mail["Subject"] == "Your report for Q3 is due"
    assert mail["List-Unsubscribe"] is None
    for text in (part(mail, "plain"), part(mail, "html")):
        assert "Due on 30 Nov" in text
        assert "Secret plan" not in text
        assert reminder.deal.code not in text
        assert "https://" not in text


def test_contact_without_an_address_is_refused():
    contact = ContactFactory(email="")
    reminder = ReminderFactory(recipient=None, told_to=None, contact=contact)
    with pytest.raises(DomainError) as refused:
        build_mail(NotificationFactory(recipient=None, contact=contact), [reminder], at=NOW)
    assert refused.value.code == "no-address"


def weekly_of(maria):
    rule = RuleFactory(kind=SubjectKind.WEEKLY_DIGEST)
    return told(maria, rule=rule, deal=None, subject_id=maria.pk, url="/")


def test_weekly_mail_tells_what_changed_each_with_a_link(maria):
    deal = DealFactory(company__name="Aster Motors", stage__rot_days=10, entered_stage_at=NOW - 12 * DAY)
    mail = mail_of(weekly_of(maria), kind=MessageKind.WEEKLY)
    assert mail["Subject"] == "Your week: 1 stuck"
    for text in (part(mail, "plain"), part(mail, "html")):
        assert "What changed from Tue 17 Nov to Tue 24 Nov 2026" in text
        assert "Got stuck (1)" in text
        assert f"12 days in {deal.stage.name}" in text
        assert f"https://lrs.example.com/deals/{deal.code}/" in text
        assert [open_link(token, at=NOW).action for token in links_in(text)] == [LinkAction.UNSUBSCRIBE]


def test_weekly_mail_of_a_quiet_week_is_refused(maria):
    with pytest.raises(NothingToTellError):
        mail_of(weekly_of(maria), kind=MessageKind.WEEKLY)


def test_mail_arrives_at_a_mail_server_as_it_was_built(maria, smtp):
    reminder = told(maria, title="Überfällig: 電池")
    message = NotificationFactory(recipient=maria, reminders=[reminder])
    build_mail(message, [reminder], at=NOW).send()
    (arrived,) = smtp.messages
    arrived = message_from_bytes(arrived.as_bytes(), policy=policy.default)
    assert arrived["Subject"] == "Überfällig: 電池"
    assert arrived["Message-ID"] == f"<{message.uid}@lrs.example.com>"
    assert arrived.get_content_type() == "multipart/alternative"
