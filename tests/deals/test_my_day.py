"""My day."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from deals.domain.my_day import (
    dates_ahead,
    desk_worries,
    looked_back_to,
    mark_read,
    mentions_of,
    my_steps,
    my_worries,
    news_since,
)
from deals.enums import ApprovalStatus, StageType
from deals.models import Deal, DealTeamMember, Task
from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    NOW,
    TODAY,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    NoteFactory,
    StageFactory,
    TaskFactory,
)

URL = "/"
DAY = dt.timedelta(days=1)
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
DATA = {"due_on": "2027-03-01", "version": "1"}


@pytest.fixture
def maria(db):
    return UserFactory(name="Maria Falk")


@pytest.fixture
def wei(db):
    return UserFactory(name="Wei Lin")


@pytest.fixture
def maria_client(client, maria):
    client.force_login(maria)
    return client


def test_my_day_address():
    assert reverse("deals:my_day") == URL


def test_my_steps_are_those_of_two_weeks_by_date(maria):
    deal = DealFactory(owner=maria)
    soon, late = TaskFactory(deal=deal, due_on=TODAY + DAY), TaskFactory(deal=deal, due_on=TODAY - 9 * DAY)
    TaskFactory(deal=deal, due_on=TODAY + 15 * DAY)
    TaskFactory(deal=deal, due_on=TODAY, done_at=NOW, done_by=maria)
    TaskFactory(deal=deal, due_on=TODAY, assignee=UserFactory())

    assert my_steps(maria, today=TODAY) == [late, soon]


def test_my_steps_leave_out_deals_that_became_invisible(maria):
    TaskFactory(deal=DealFactory(is_confidential=True), assignee=maria, due_on=TODAY)
    assert my_steps(maria, today=TODAY) == []


def test_my_worries_are_stuck_deals_and_those_without_a_step(maria):
    stage = StageFactory(rot_days=30)
    stuck = DealFactory(owner=maria, stage=stage, entered_stage_at=NOW - 31 * DAY)
    TaskFactory(deal=stuck)
    idle = DealFactory(stage=stage, entered_stage_at=NOW)
    DealTeamMember.objects.create(deal=idle, user=maria)
    TaskFactory(deal=DealFactory(owner=maria, stage=stage, entered_stage_at=NOW))
    DealFactory(owner=maria, stage=StageFactory(type=StageType.LOST))
    DealFactory(owner=maria, stage=StageFactory(type=StageType.HOLD))
    DealFactory()

    found = [(deal.pk, deal.is_stuck, deal.has_step, deal.days_in_stage) for deal in my_worries(maria, at=NOW)]
    assert found == [(stuck.pk, True, True, 31), (idle.pk, False, False, 0)]


def test_desk_worries_are_those_of_others(maria, wei):
    DealFactory(owner=maria)
    other = DealFactory(owner=wei)
    DealFactory(owner=wei, is_confidential=True)

    assert [deal.pk for deal in desk_worries(maria, at=NOW)] == [other.pk]


def test_dates_ahead_are_ndas_and_decisions_of_my_deals(maria):
    deal = DealFactory(owner=maria)
    nda = DocumentFactory(deal=deal, title="NDA", number=1, expires_on=TODAY + 3 * DAY)
    DocumentFactory(deal=deal, title="NDA", number=2, expires_on=TODAY + 30 * DAY)
    ApprovalFactory(deal=deal, regime="FDI", decision_due_on=TODAY - DAY)
    ApprovalFactory(deal=deal, regime="Late", decision_due_on=TODAY + 90 * DAY)
    ApprovalFactory(deal=deal, status=ApprovalStatus.GRANTED, decided_on=TODAY, decision_due_on=TODAY)
    DocumentFactory(expires_on=TODAY)

    assert [(date.deal_id, date.kind, date.title, date.on) for date in dates_ahead(maria, today=TODAY)] == [
        (deal.pk, "approval", "FDI", TODAY - DAY),
        (deal.pk, "nda", "NDA", TODAY + 30 * DAY),
    ]
    assert nda.expires_on < TODAY + 30 * DAY


def test_mentions_are_those_by_others_since(maria, wei):
    note = NoteFactory(author=wei)
    note.mentions.add(maria)
    own = NoteFactory(author=maria)
    own.mentions.add(maria)
    NoteFactory(author=wei)
    hidden = NoteFactory(deal=DealFactory(is_confidential=True), author=wei)
    hidden.mentions.add(maria)

    assert mentions_of(maria, since=LONG_AGO) == [note]
    assert mentions_of(maria, since=timezone.now() + DAY) == []


def test_news_tells_what_others_did_by_deal(maria, wei):
    deal, hidden = DealFactory(), DealFactory(is_confidential=True)
    with change_context(actor_id=wei.pk, channel="web"):
        Deal.objects.filter(pk__in=[deal.pk, hidden.pk]).update(region="europe")
    with change_context(actor_id=maria.pk, channel="web"):
        Deal.objects.filter(pk=deal.pk).update(chemistry="lfp")

    [told] = news_since(maria, since=LONG_AGO)

    assert told.pk == deal.pk
    assert [(item.who, item.line.text) for item in told.news] == [
        ("Wei Lin", 'set region to <b class="is" dir="auto">Europe</b>'),
        ("Someone, by SQL", "created this deal"),
    ]


def test_news_is_what_came_after(maria, wei):
    DealFactory()
    assert news_since(maria, since=timezone.now() + DAY) == []


def test_mark_read_moves_forward_only(maria):
    assert looked_back_to(maria, at=NOW) == NOW - 7 * DAY
    mark_read(user=maria, until=NOW, at=NOW)
    mark_read(user=maria, until=NOW - DAY, at=NOW)
    maria.refresh_from_db()
    assert maria.last_looked_at == looked_back_to(maria, at=NOW) == NOW


def test_mark_read_refuses_times_to_come(maria):
    with pytest.raises(DomainError):
        mark_read(user=maria, until=NOW + DAY, at=NOW)


def test_my_day_shows_everything(maria_client, maria, wei):
    deal = DealFactory(owner=maria, title="LFP & more")
    TaskFactory(deal=deal, title="Call <them>", due_on=timezone.localdate() - DAY)
    note = NoteFactory(author=wei, body="Ask @Maria", deal=deal)
    note.mentions.add(maria)
    with change_context(actor_id=wei.pk, channel="web"):
        Deal.objects.update(region="europe")

    html = maria_client.get(URL).content.decode()

    for words in ("Call &lt;them&gt;", "LFP &amp; more", "Overdue", "1 step is overdue", "Ask @Maria", "Europe"):
        assert words in html
    assert "On the desk" not in html


def test_my_day_of_a_newcomer_says_what_to_do(maria_client):
    html = maria_client.get(URL).content.decode()
    for words in ("No next step in the coming two weeks", "You are up to date", "None is stuck", "Nothing is overdue"):
        assert words in html


def test_my_day_of_a_manager_shows_the_desk(client, wei):
    deal = DealFactory(owner=wei)
    client.force_login(UserFactory(role=Role.MANAGER))
    response = client.get(URL)
    assert "On the desk" in response.content.decode()
    assert [found.pk for found in response.context["desk"]] == [deal.pk]


@pytest.mark.parametrize("count", [1, 3])
def test_my_day_asks_as_many_queries_for_more(client, wei, count, django_assert_num_queries, fetch_raise):
    boss = UserFactory(role=Role.MANAGER)
    client.force_login(boss)
    for number in range(count):
        deal = DealFactory(owner=boss)
        TaskFactory(deal=deal, due_on=TODAY)
        DealFactory(owner=wei)
        DocumentFactory(deal=deal, expires_on=timezone.localdate())
        note = NoteFactory(deal=deal, author=wei)
        note.mentions.add(boss)
        with change_context(actor_id=wei.pk, channel="web"):
            Deal.objects.filter(pk=deal.pk).update(title=f"New {number}", owner=wei)
            Deal.objects.filter(pk=deal.pk).update(owner=boss)

    client.get("/views/")  # The pinned views of the sidebar are then in the cache.
    with django_assert_num_queries(10):
        client.get(URL)


def test_my_day_is_for_those_who_may_see_deals(client, db):
    assert client.get(URL).headers["Location"] == "/accounts/login/?next=/"
    client.force_login(UserFactory(role=False))
    assert client.get(URL).status_code == 403
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 405


def test_reading_the_news_remembers_when(maria_client, maria):
    until = maria_client.get(URL).context["until"]

    response = maria_client.post("/my-day/read/", {"until": until})

    assert response.headers["Location"] == URL
    maria.refresh_from_db()
    assert maria.last_looked_at == dt.datetime.fromisoformat(until)


@pytest.mark.parametrize("until", ["", "x", "2099-01-01T00:00:00.000000+00:00"])
def test_reading_the_news_refuses_nonsense(maria_client, until):
    assert maria_client.post("/my-day/read/", {"until": until}).status_code == 400


@pytest.mark.parametrize("htmx", [True, False])
def test_a_step_is_done_and_undone_in_place(maria_client, maria, htmx):
    step = TaskFactory(deal=DealFactory(owner=maria))
    headers = {"HX-Request": "true"} if htmx else {}

    done = maria_client.post(f"/my-day/steps/{step.pk}/done/", headers=headers)
    step.refresh_from_db()
    assert (step.done_by, done.status_code) == (maria, 200 if htmx else 302)

    reopened = maria_client.post(f"/my-day/steps/{step.pk}/reopen/", headers=headers)
    step.refresh_from_db()
    assert step.done_at is None
    if htmx:
        assert "Undo" in done.content.decode()
        assert reopened.content.decode().lstrip().startswith(f'<li class="day-step" id="step-{step.pk}">')


def test_a_step_gets_another_date_in_place(maria_client, maria):
    step = TaskFactory(deal=DealFactory(owner=maria))

    response = maria_client.post(f"/my-day/steps/{step.pk}/date/", DATA, headers={"HX-Request": "true"})

    step.refresh_from_db()
    assert step.due_on == dt.date(2027, 3, 1)
    assert "moved" in response.content.decode()


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"due_on": ""}, "required"), ({"due_on": "1066-01-01"}, "plausible"), ({"version": "7"}, "Someone changed")],
)
def test_a_date_that_cannot_be_is_refused_in_words(maria_client, maria, changed, named):
    step = TaskFactory(deal=DealFactory(owner=maria))

    response = maria_client.post(f"/my-day/steps/{step.pk}/date/", DATA | changed, headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert named in response.content.decode()
    assert Task.objects.get(pk=step.pk).due_on == step.due_on


@pytest.mark.parametrize("action", ["done", "reopen", "date"])
def test_steps_are_guarded(client, maria, action):
    step = TaskFactory()
    url = f"/my-day/steps/{step.pk}/{action}/"
    assert client.post(url, DATA).headers["Location"].startswith("/accounts/login/")
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.post(url, DATA).status_code == 403
    client.force_login(maria)
    assert client.get(url).status_code == 405
    hidden = TaskFactory(deal=DealFactory(is_confidential=True))
    assert client.post(f"/my-day/steps/{hidden.pk}/{action}/", DATA).status_code == 404
    assert client.post(f"/my-day/steps/999999/{action}/", DATA).status_code == 404
