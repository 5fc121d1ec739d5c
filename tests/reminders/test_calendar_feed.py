"""Calendars: what stands in them, in which words, how they follow changes, and that they keep to RFC 5545."""

import datetime as dt

import pytest
from icalendar import Calendar

from accounts.enums import Role
from deals.domain.tasks import finish_task
from deals.enums import ApprovalStatus, StageType
from deals.models import Approval, Deal, DealPlant, DealTeamMember, Task
from plants.models import PlantMilestone
from reminders.domain.calendar_feed import deal_calendar, feed_of, write_calendar
from reminders.models import CalendarEntry
from royalties.enums import InvoiceStatus
from royalties.models import Agreement
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    NOW,
    TODAY,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory, PlantMilestoneFactory
from tests.reminders.rfc5545 import problems_of
from tests.royalties.factories import AgreementFactory, InvoiceFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
HOST = "https://lrs.example"
# Far more than 75 octets, of every kind that has to be folded, escaped or left out.
HARD = "磷酸铁锂电池许可合同的起草🔋👩‍🔬, שלום; ‏مرحبا \\ back\\n “quoted”: " * 3


@pytest.fixture(autouse=True)
def _host(settings):
    settings.BASE_URL = HOST


@pytest.fixture
def owner():
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT, name="Mei Lin")


@pytest.fixture
def deal(owner):
    return DealFactory(owner=owner, company__name="Aurora Motors", title="Cells")


def fetch(user, at=NOW):
    content = feed_of(user, at=at)
    assert problems_of(content) == []
    return {str(event["uid"]).split("@")[0]: event for event in Calendar.from_ical(content).walk("VEVENT")}


def summaries(events):
    return sorted(str(event["summary"]) for event in events.values())


def fill(deal):
    """Give a deal something of every dated kind; return what its calendar says."""
    GateFactory(stage=deal.stage, due_after_days=30)
    TaskFactory(deal=deal, title="Send the draft")
    ApprovalFactory(deal=deal, regime="Export", file_by_on=TODAY + DAY)
    ApprovalFactory(
        deal=deal, regime="Import", status=ApprovalStatus.FILED, filed_on=TODAY, decision_due_on=TODAY + 90 * DAY
    )
    ApprovalFactory(
        deal=deal,
        regime="Transfer",
        status=ApprovalStatus.GRANTED,
        filed_on=TODAY - DAY,
        decided_on=TODAY,
        expires_on=TODAY + 900 * DAY,
    )
    DocumentFactory(deal=deal, title="Mutual NDA", expires_on=TODAY + 400 * DAY)
    plant = PlantFactory()
    DealPlant.objects.create(deal=deal, plant=plant)
    PlantMilestoneFactory(plant=plant)
    agreement = AgreementFactory(
        deal=deal,
        title="Licence",
        reporting_period="year",
        notice_on=dt.date(2027, 6, 30),
        expires_on=dt.date(2027, 12, 31),
        licensee=deal.company,
    )
    RoyaltyTermFactory(agreement=agreement)
    invoice = InvoiceFactory(statement__agreement=agreement)
    return [
        f"{deal.company}: items of “{deal.stage.name}” due",
        "Send the draft",
        "Export: to be filed",
        "Import: decision due",
        "Transfer: approval expires",
        "Mutual NDA: expires",
        f"Start of production (SOP), {plant}",
        f"{agreement.code} Licence: last day for notice",
        f"{agreement.code} Licence: expires",
        f"Invoice {invoice}, {deal.company}: due",
    ]


def test_feed_has_everything_dated_of_own_deals(owner, deal):
    said = fill(deal)

    events = fetch(owner)

    kinds = {key.split("-")[0] for key in events}
    assert kinds >= {"report_due", "statement_due"}
    rest = {key: event for key, event in events.items() if not key.startswith(("report_due", "statement_due"))}
    assert summaries(rest) == sorted(said)


def test_feed_drops_nothing_however_old_or_far_off(owner, deal):
    TaskFactory(deal=deal, title="Old", due_on=TODAY - 4000 * DAY)
    TaskFactory(deal=deal, title="Far", due_on=TODAY + 9000 * DAY)

    assert summaries(fetch(owner)) == ["Far", "Old"]


def test_feed_has_reports_that_are_overdue_and_those_of_the_next_two_years(owner, deal):
    agreement = AgreementFactory(deal=deal, effective_on=dt.date(2024, 1, 1), signed_on=dt.date(2023, 12, 1))
    RoyaltyTermFactory(agreement=agreement, effective_from=dt.date(2024, 1, 1))

    ends = [key[-10:] for key in fetch(owner) if key.startswith(f"report_due-{agreement.pk}-")]

    assert len(ends) == 9
    assert (min(ends), max(ends)) == ("2024-07-30", "2028-07-30")


def test_entry_is_a_day_without_time_that_takes_none_and_says_what_and_where(owner, deal):
    task = TaskFactory(deal=deal, title="Send the draft", due_on=dt.date(2026, 12, 1))

    (event,) = fetch(owner).values()

    assert str(event["uid"]) == f"task_due-{task.pk}@lrs.example"
    assert (event["dtstart"].dt, event["dtend"].dt) == (dt.date(2026, 12, 1), dt.date(2026, 12, 2))
    assert (event["transp"], event["status"], event["sequence"]) == ("TRANSPARENT", "CONFIRMED", 0)
    assert event["dtstamp"].dt == event["last-modified"].dt == NOW
    url = f"{HOST}/deals/{deal.code}/?tab=tasks"
    assert event["url"] == url
    assert event["description"] == f"Aurora Motors ({deal.code})\nDue Tue 1 Dec 2026\n{url}"
    assert event["categories"].cats == ["Task due"]
    (alarm,) = event.walk("VALARM")
    assert (alarm["action"], alarm["trigger"].dt) == ("DISPLAY", dt.timedelta(hours=-15))
    assert alarm["description"] == "Send the draft"


def test_texts_in_every_script_are_folded_and_escaped(owner, deal):
    Deal.objects.filter(pk=deal.pk).update(title="")
    deal.company.name = "極光, 汽車; מנועים\\"
    deal.company.save()
    TaskFactory(deal=deal, title=HARD[:200])

    (event,) = fetch(owner).values()

    assert event["summary"] == HARD[:200]
    assert event["description"].startswith(f"極光, 汽車; מנועים\\ ({deal.code})\n")


def test_control_characters_are_left_out_and_lines_kept(owner, deal):
    TaskFactory(deal=deal, title="bell\x07 tab\t line\nnext\x1b[0m")

    (event,) = fetch(owner).values()

    assert event["summary"] == "bell tab\t line\nnext[0m"


def test_empty_calendar_is_one(owner):
    assert fetch(owner) == {}
    assert problems_of(write_calendar([], name="Nothing")) == []


def test_own_tasks_in_deals_of_others_are_in_it_and_nothing_else_of_those(owner):
    other = DealFactory(title="Other")
    TaskFactory(deal=other, title="Mine", assignee=owner)
    TaskFactory(deal=other, title="Theirs")
    joined = DealFactory(title="Joined")
    DealTeamMember.objects.create(deal=joined, user=owner)
    TaskFactory(deal=joined, title="Of my team")

    assert summaries(fetch(owner)) == ["Mine", "Of my team"]


def test_finance_has_reports_statements_and_invoices_of_every_deal_it_sees(deal):
    finance = UserFactory(role=Role.FINANCE)
    TaskFactory(deal=deal)
    agreement = AgreementFactory(deal=deal)
    RoyaltyTermFactory(agreement=agreement)
    hidden = AgreementFactory(deal=DealFactory(is_confidential=True))
    RoyaltyTermFactory(agreement=hidden)
    for one in (agreement, hidden):
        InvoiceFactory(statement__agreement=one)

    keys = [key.rsplit("-", 3)[0] if key.count("-") > 1 else key for key in fetch(finance)]

    assert {key.split("-")[0] for key in keys} == {"report_due", "statement_due", "invoice_due"}
    assert {key for key in keys if not key.startswith("invoice")} == {
        f"report_due-{agreement.pk}",
        f"statement_due-{agreement.pk}",
    }
    assert len([key for key in keys if key.startswith("invoice")]) == 1


def test_milestone_that_moves_raises_its_sequence(owner, deal):
    plant = PlantFactory()
    DealPlant.objects.create(deal=deal, plant=plant)
    milestone = PlantMilestoneFactory(plant=plant)
    key = f"milestone_due-{milestone.pk}"
    before = fetch(owner)[key]
    PlantMilestone.objects.filter(pk=milestone.pk).update(forecast_on=dt.date(2028, 3, 1))

    after = fetch(owner, at=NOW + DAY)[key]

    assert (before["dtstart"].dt, before["sequence"]) == (dt.date(2028, 1, 15), 0)
    assert (after["dtstart"].dt, after["sequence"]) == (dt.date(2028, 3, 1), 1)
    assert after["uid"] == before["uid"]
    assert after["last-modified"].dt == NOW + DAY


def test_entry_that_stays_is_given_unchanged(owner, deal):
    TaskFactory(deal=deal)
    first = feed_of(owner, at=NOW)

    assert feed_of(owner, at=NOW + DAY) == first


def test_other_words_are_a_change_but_no_new_sequence(owner, deal):
    task = TaskFactory(deal=deal, title="Send the draft")
    fetch(owner)
    Task.objects.filter(pk=task.pk).update(title="Send the second draft")

    (event,) = fetch(owner, at=NOW + DAY).values()

    assert (event["summary"], event["sequence"]) == ("Send the second draft", 0)
    assert event["last-modified"].dt == NOW + DAY


def test_milestone_of_several_deals_stands_once(owner, deal):
    plant = PlantFactory()
    for one in (deal, DealFactory(owner=owner)):
        DealPlant.objects.create(deal=one, plant=plant)
    PlantMilestoneFactory(plant=plant)

    (event,) = fetch(owner).values()

    assert deal.code in event["description"]


def test_task_that_is_done_is_cancelled_and_comes_back_when_it_is_reopened(owner, deal):
    task = TaskFactory(deal=deal, title="Send the draft")
    fetch(owner)
    finish_task(task=task, by=owner, at=NOW)

    (cancelled,) = fetch(owner, at=NOW + DAY).values()
    assert (cancelled["status"], cancelled["sequence"], cancelled["summary"]) == ("CANCELLED", 1, "Cancelled")
    assert cancelled.walk("VALARM") == []
    Task.objects.filter(pk=task.pk).update(done_at=None, done_by=None)
    (again,) = fetch(owner, at=NOW + 2 * DAY).values()
    assert (again["status"], again["sequence"], again["summary"]) == ("CONFIRMED", 2, "Send the draft")


def test_cancelled_entry_leaves_the_feed_after_sixty_days_and_its_sequence_goes_on(owner, deal):
    task = TaskFactory(deal=deal)
    fetch(owner)
    Task.objects.filter(pk=task.pk).update(done_at=NOW, done_by=owner)
    fetch(owner)

    assert len(fetch(owner, at=NOW + 59 * DAY)) == 1
    assert fetch(owner, at=NOW + 60 * DAY) == {}
    Task.objects.filter(pk=task.pk).update(done_at=None, done_by=None)
    (again,) = fetch(owner, at=NOW + 61 * DAY).values()
    assert again["sequence"] == 2


def test_deal_that_closes_is_cancelled_with_all_its_dates(owner, deal):
    fill(deal)
    fetch(owner)
    lost = StageFactory(pipeline=deal.stage.pipeline, type=StageType.LOST)
    Deal.objects.filter(pk=deal.pk).update(stage=lost, closed_on=TODAY, outcome_reason="Price")

    events = fetch(owner, at=NOW + DAY)

    assert {str(event["status"]) for key, event in events.items() if key.startswith(("task", "approval"))} == {
        "CANCELLED"
    }


def test_deal_made_confidential_leaves_no_word_in_the_calendars_of_outsiders(owner, deal):
    finance = UserFactory(role=Role.FINANCE)
    outsider = UserFactory(role=Role.BUSINESS_DEVELOPMENT)
    fill(deal)
    TaskFactory(deal=deal, title="Ask for prices", assignee=outsider)
    agreement = Agreement.objects.get()
    words = ["Aurora", deal.code, agreement.title, "Ask for prices", deal.get_absolute_url()]
    assert "Aurora Motors" in feed_of(finance, at=NOW).decode()
    assert "Ask for prices" in feed_of(outsider, at=NOW).decode()
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)

    for user in (finance, outsider):
        events = fetch(user, at=NOW + DAY)
        text = feed_of(user, at=NOW + DAY).decode().replace("\r\n ", "")
        assert {(str(event["status"]), event["sequence"]) for event in events.values()} == {("CANCELLED", 1)}
        assert [word for word in words if word in text] == []
        assert set(CalendarEntry.objects.filter(user=user).values_list("fingerprint", flat=True)) == {""}
    assert "CANCELLED" not in {str(event["status"]) for event in fetch(owner, at=NOW + DAY).values()}


def test_feed_speaks_the_language_that_is_active_and_tells_people_apart(owner, deal):
    TaskFactory(deal=deal)
    stranger = UserFactory()

    assert len(fetch(owner)) == 1
    assert fetch(stranger) == {}
    assert list(CalendarEntry.objects.values_list("user", flat=True)) == [owner.pk]


def test_calendar_of_a_deal_has_its_dates_alone_for_whoever_sees_it(deal):
    reader = UserFactory(role=Role.READ_ONLY)
    said = fill(deal)
    TaskFactory(title="Of another deal")

    content = deal_calendar(reader, deal, at=NOW)

    assert problems_of(content) == []
    found = {str(event["summary"]) for event in Calendar.from_ical(content).walk("VEVENT")}
    assert found >= set(said)
    assert "Of another deal" not in found


def test_calendar_of_a_deal_and_a_feed_name_entries_alike_and_do_not_cancel_each_other(owner, deal):
    task = TaskFactory(deal=deal)
    fetch(owner)
    Task.objects.filter(pk=task.pk).update(due_on=TODAY + 9 * DAY)
    fetch(owner)

    content = deal_calendar(owner, deal, at=NOW)

    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert (event["uid"], event["status"]) == (f"task_due-{task.pk}@lrs.example", "CONFIRMED")
    (kept,) = fetch(owner).values()
    assert (kept["status"], kept["sequence"]) == ("CONFIRMED", 1)


@pytest.mark.parametrize("deals", [1, 3])
def test_query_count_does_not_grow_with_what_is_dated(django_assert_num_queries, owner, deals):
    for _number in range(deals):
        fill(DealFactory(owner=owner))

    with django_assert_num_queries(47):
        feed_of(owner, at=NOW)


def test_approval_whose_clock_stands_still_is_in_no_calendar(owner, deal):
    approval = ApprovalFactory(deal=deal, status=ApprovalStatus.FILED, filed_on=TODAY, decision_due_on=TODAY + 90 * DAY)
    fetch(owner)
    Approval.objects.filter(pk=approval.pk).update(status=ApprovalStatus.INFORMATION_REQUESTED)

    assert [str(event["status"]) for event in fetch(owner).values()] == ["CANCELLED"]


def test_invoice_in_dispute_goes(owner, deal):
    agreement = AgreementFactory(deal=deal)
    invoice = InvoiceFactory(statement__agreement=agreement)
    assert f"invoice_due-{invoice.pk}" in fetch(owner)
    type(invoice).objects.filter(pk=invoice.pk).update(status=InvoiceStatus.DISPUTED)

    assert str(fetch(owner)[f"invoice_due-{invoice.pk}"]["status"]) == "CANCELLED"
