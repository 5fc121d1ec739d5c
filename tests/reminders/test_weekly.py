"""The week of a manager: what changed, nothing else, and nothing of deals that are not theirs to see."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from deals.enums import MoveKind
from deals.models import DealPlant, StageTransition, Waiver
from plants.models import MilestoneForecast
from reminders.domain.weekly import MOST_LINES, weekly_digest
from royalties.enums import AllocationKind, InvoiceStatus
from royalties.models import Allocation
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, StageFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory
from tests.royalties.factories import InvoiceFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def manager():
    return UserFactory(role=Role.MANAGER)


def told(user, at=NOW):
    """Return what a digest says, by heading."""
    digest = weekly_digest(user, at=at)
    return {section.heading: [(line.what, line.path) for line in section.lines] for section in digest.sections}


def move(deal, *, at, to=None, came_from=None, **facts):
    return StageTransition.objects.create(
        deal=deal,
        from_stage=came_from,
        to_stage=to or deal.stage,
        kind=MoveKind.FORWARD,
        entered_at=at - DAY if came_from else None,
        at=at,
        **facts,
    )


def slip(deal, *, at=NOW - DAY, previous_on=dt.date(2027, 3, 1), forecast_on=dt.date(2027, 3, 31), **facts):
    plant = PlantFactory()
    DealPlant.objects.create(deal=deal, plant=plant)
    milestone = PlantMilestoneFactory(plant=plant, forecast_on=forecast_on, **facts)
    return MilestoneForecast.objects.create(
        milestone=milestone, previous_on=previous_on, forecast_on=forecast_on, at=at, reason="Grid connection"
    )


def waive(deal, *, at=NOW - DAY):
    transition = move(deal, at=at)
    return Waiver.objects.create(
        transition=transition,
        deal=deal,
        gate=GateFactory(stage=deal.stage),
        label="Counsel's memo",
        reason="Follows by post",
        by=UserFactory(name="Maria Falk"),
        at=at,
    )


def invoice(deal, due_on, **facts):
    return InvoiceFactory(statement__agreement__deal=deal, issued_on=due_on - 30 * DAY, due_on=due_on, **facts)


def test_quiet_week_is_empty(manager):
    DealFactory(entered_stage_at=NOW - 300 * DAY)
    assert weekly_digest(manager, at=NOW).is_empty


def test_moved_deal_is_told_with_where_it_came_from_and_went_to(manager):
    first, second, third = StageFactory(name="NDA"), StageFactory(name="Feasibility"), StageFactory(name="Term sheet")
    deal = DealFactory(stage=third)
    move(deal, at=NOW - 9 * DAY, to=first)
    move(deal, at=NOW - 6 * DAY, came_from=first, to=second)
    move(deal, at=NOW - 2 * DAY, came_from=second, to=third)
    assert told(manager) == {"Moved": [("NDA → Term sheet", deal.get_absolute_url())]}


def test_deal_that_moved_and_came_back_is_not_told(manager):
    there, back = StageFactory(), StageFactory()
    deal = DealFactory(stage=there)
    move(deal, at=NOW - 3 * DAY, came_from=there, to=back)
    move(deal, at=NOW - 2 * DAY, came_from=back, to=there)
    assert told(manager) == {}


def test_new_deal_is_told_with_its_stage(manager):
    deal = DealFactory(stage__name="First contact")
    move(deal, at=NOW - DAY)
    assert told(manager) == {"Moved": [("New, in First contact", deal.get_absolute_url())]}


@pytest.mark.parametrize(("days", "is_told"), [(9, False), (11, True), (16, True), (18, False)])
def test_stuck_deal_is_told_in_the_week_in_which_it_got_stuck(manager, days, is_told):
    deal = DealFactory(stage__name="Feasibility", stage__rot_days=10, entered_stage_at=NOW - days * DAY)
    expected = {"Got stuck": [(f"{days} days in Feasibility", deal.get_absolute_url())]} if is_told else {}
    assert told(manager) == expected


def test_slipped_milestone_is_told_with_both_dates_and_why(manager):
    moved = slip(DealFactory())
    line = weekly_digest(manager, at=NOW).sections[0].lines[0]
    assert line.what == f"{moved.milestone}: 1 Mar 2027 → 31 Mar 2027, 30 days later"
    assert line.why == "Grid connection"
    assert line.path == moved.milestone.plant.get_absolute_url()


@pytest.mark.parametrize(
    "facts",
    [
        {"at": NOW - 8 * DAY},
        {"forecast_on": dt.date(2027, 2, 1)},
        {"forecast_on": None},
        {"actual_on": TODAY},
    ],
)
def test_milestone_that_did_not_slip_this_week_is_not_told(manager, facts):
    slip(DealFactory(), **facts)
    assert told(manager) == {}


def test_waiver_is_told_with_who_and_why(manager):
    deal = DealFactory()
    waive(deal)
    sections = {section.heading: section for section in weekly_digest(manager, at=NOW).sections}
    line = sections["Waived"].lines[0]
    assert (line.what, line.why) == ("Counsel's memo, by Maria Falk", "Follows by post")
    assert line.path == deal.get_absolute_url()


@pytest.mark.parametrize(
    ("days", "heading"),
    [
        (-8, None),
        (-7, "Overdue since last week"),
        (-1, "Overdue since last week"),
        (0, "Due within a week"),
        (6, "Due within a week"),
        (7, None),
    ],
)
def test_invoice_is_told_once_when_it_comes_due_and_once_when_it_is_overdue(manager, days, heading):
    claim = invoice(DealFactory(), TODAY + days * DAY, amount=Decimal(1500), currency="EUR")
    due = f"{(TODAY + days * DAY).day} {(TODAY + days * DAY):%b}"
    words = f"{claim.code}, EUR\N{NO-BREAK SPACE}1,500.00, due {due}"
    assert told(manager) == ({heading: [(words, claim.get_absolute_url())]} if heading else {})


@pytest.mark.parametrize("status", [InvoiceStatus.CANCELLED, InvoiceStatus.DISPUTED])
def test_invoice_that_nobody_waits_for_is_not_told(manager, status):
    invoice(DealFactory(), TODAY - DAY, status=status)
    assert told(manager) == {}


def test_settled_part_of_an_invoice_is_not_told(manager):
    claim = invoice(DealFactory(), TODAY - DAY, amount=Decimal(1500), currency="EUR")
    Allocation.objects.create(
        invoice=claim, kind=AllocationKind.WRITE_OFF, on=TODAY, amount=Decimal(500), note="Agreed"
    )
    ((what, _path),) = told(manager)["Overdue since last week"]
    assert "EUR\N{NO-BREAK SPACE}1,000.00" in what


def test_nothing_is_told_of_deals_that_do_not_exist_for_the_reader():
    deal = DealFactory(
        is_confidential=True, stage__rot_days=10, entered_stage_at=NOW - 12 * DAY, company__name="Zyxomma"
    )
    slip(deal)
    waive(deal)
    move(deal, at=NOW - DAY, came_from=StageFactory())
    invoice(deal, TODAY)
    outsider, owner = UserFactory(), deal.owner
    assert told(outsider) == {}
    assert set(told(owner)) == {"Moved", "Got stuck", "Slipped", "Waived", "Due within a week"}


def test_inactive_reader_is_told_nothing(manager):
    waive(DealFactory())
    manager.is_active = False
    manager.save()
    assert told(manager) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_digest_takes_the_same_queries_for_any_number_of_changes(
    manager, count, django_assert_num_queries, fetch_raise
):
    for _ in range(count):
        deal = DealFactory(stage__rot_days=10, entered_stage_at=NOW - 12 * DAY)
        slip(deal)
        waive(deal)
        invoice(deal, TODAY)
        invoice(deal, TODAY - DAY)
    manager = type(manager).objects.get(pk=manager.pk)
    manager.has_perm("deals.view_deal")
    with django_assert_num_queries(6):
        digest = weekly_digest(manager, at=NOW)
    assert [section.count for section in digest.sections] == [count] * 6


def test_long_sections_are_cut_and_counted(manager):
    stage = StageFactory(rot_days=10)
    for _ in range(MOST_LINES + 2):
        DealFactory(stage=stage, entered_stage_at=NOW - 12 * DAY)
    (section,) = weekly_digest(manager, at=NOW).sections
    assert (len(section.lines), section.more) == (MOST_LINES, 2)


def test_week_ends_on_the_readers_day(manager):
    manager.time_zone = "Asia/Shanghai"
    digest = weekly_digest(manager, at=dt.datetime(2026, 11, 29, 22, 0, tzinfo=dt.UTC))
    assert (digest.since, digest.until) == (dt.date(2026, 11, 23), dt.date(2026, 11, 30))
