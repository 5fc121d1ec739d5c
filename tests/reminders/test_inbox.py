"""The inbox and its panel on My day."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.enums import Role
from reminders.enums import ReminderStatus
from reminders.models import Mute, Reminder
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, DealFactory
from tests.reminders.factories import ReminderFactory, RuleFactory

pytestmark = pytest.mark.django_db
URL = "/inbox/"
ACT = "/inbox/act/"
HTMX = {"HX-Request": "true"}
DAY = dt.timedelta(days=1)


@pytest.fixture
def maria():
    return UserFactory(name="Maria Falk")


@pytest.fixture
def maria_client(client, maria):
    client.force_login(maria)
    return client


def told(user, **facts):
    return ReminderFactory(recipient=user, **facts)


def act(client, do, *reminders, **more):
    return client.post(ACT, {"do": do, "reminder": [reminder.pk for reminder in reminders]} | more, headers=HTMX)


def shown(response):
    return [
        [str(group.day or group.deal or ""), [reminder.pk for reminder in group.reminders]]
        for group in response.context["inbox"].groups
    ]


def unread(client):
    return client.get("/inbox/count/").json()


def test_inbox_groups_by_day_the_latest_first(maria_client, maria):
    early = told(maria, told_at=NOW - DAY)
    morning, noon = told(maria, told_at=NOW - dt.timedelta(hours=3)), told(maria)

    assert shown(maria_client.get(URL)) == [["2026-11-24", [noon.pk, morning.pk]], ["2026-11-23", [early.pk]]]


def test_inbox_groups_by_the_readers_day(maria_client, maria):
    maria.time_zone = "Asia/Shanghai"
    maria.save()
    told(maria, told_at=dt.datetime(2026, 11, 24, 16, 30, tzinfo=dt.UTC))

    [[day, _reminders]] = shown(maria_client.get(URL))

    assert day == "2026-11-25"


def test_inbox_groups_by_deal(maria_client, maria):
    deal = DealFactory(company=CompanyFactory(name="Larkspur & Co"))
    first, lone, second = told(maria, deal=deal), told(maria, deal=None, subject_id=1, url="/"), told(maria, deal=deal)

    response = maria_client.get(URL, {"group": "deal"})

    assert shown(response) == [[str(deal), [second.pk, first.pk]], ["", [lone.pk]]]
    html = response.content.decode()
    assert "Larkspur &amp; Co" in html
    assert "Not about one deal" in html


def test_inbox_holds_what_was_told_is_undone_and_still_exists_for_the_reader(maria_client, maria):
    mine = told(maria)
    stood_in = ReminderFactory(recipient=UserFactory(name="Wei Lin"), told_to=maria)
    told(UserFactory())
    ReminderFactory(recipient=maria, told_to=UserFactory())
    told(maria, done_at=NOW)
    told(maria, status=ReminderStatus.WAITING)
    told(maria, deal=DealFactory(is_confidential=True))

    response = maria_client.get(URL)

    assert shown(response) == [["2026-11-24", [stood_in.pk, mine.pk]]]
    assert "for Wei Lin" in response.content.decode()


def test_inbox_escapes_what_it_shows(maria_client, maria):
    told(maria, title="<b>Due</b>", detail="<i>why</i>")

    html = maria_client.get(URL).content.decode()

    assert "&lt;b&gt;Due&lt;/b&gt;" in html
    assert "<i>why</i>" not in html


def test_snoozed_and_done_have_views_of_their_own(maria_client, maria):
    told(maria)
    done = told(maria, done_at=NOW)
    later = timezone.now() + 3 * DAY
    snoozed = told(maria, status=ReminderStatus.WAITING, snoozed_until=later, send_at=later)

    assert [found for _day, found in shown(maria_client.get(URL, {"show": "snoozed"}))] == [[snoozed.pk]]
    assert [found for _day, found in shown(maria_client.get(URL, {"show": "done"}))] == [[done.pk]]


@pytest.mark.parametrize(
    ("show", "words"),
    [("", "Nothing waits for you"), ("snoozed", "Nothing is snoozed"), ("done", "Nothing is done yet")],
)
def test_empty_views_say_so(maria_client, show, words):
    assert words in maria_client.get(URL, {"show": show}).content.decode()


def test_inbox_shows_the_latest_hundred(maria_client, maria):
    deal, rule = DealFactory(), RuleFactory()
    for number in range(101):
        told(maria, deal=deal, rule=rule, subject_id=number)

    response = maria_client.get(URL)

    [[_day, found]] = shown(response)
    assert len(found) == 100
    assert "The first 100 are shown." in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("query", ["", "?group=deal", "?show=done"])
def test_inbox_takes_the_same_queries_for_many(
    maria_client, maria, count, query, django_assert_num_queries, fetch_raise
):
    for _number in range(count):
        told(maria)
        told(maria, done_at=NOW)
        ReminderFactory(told_to=maria)
    maria_client.get("/views/")  # The pinned views of the sidebar are then in the cache.

    with django_assert_num_queries(3):
        maria_client.get(URL + query)


def test_count_is_of_what_is_new_and_takes_one_query(maria_client, maria, django_assert_num_queries):
    told(maria)
    told(maria)
    told(maria, read_at=NOW)
    told(maria, done_at=NOW)
    told(maria, deal=DealFactory(is_confidential=True))
    told(UserFactory())

    # The other one is the user.
    with django_assert_num_queries(2):
        assert unread(maria_client) == {"unread": 2}


def test_opening_reads_and_leads_to_the_page(maria_client, maria):
    reminder = told(maria)

    maria_client.head(f"/inbox/{reminder.pk}/open/")
    assert unread(maria_client) == {"unread": 1}
    response = maria_client.get(f"/inbox/{reminder.pk}/open/")

    assert response.headers["Location"] == reminder.deal.get_absolute_url()
    assert unread(maria_client) == {"unread": 0}


def test_opening_what_somebody_else_was_told_is_not_found(maria_client):
    assert maria_client.get(f"/inbox/{told(UserFactory()).pk}/open/").status_code == 404


def test_done_for_many_is_shown_and_undone(maria_client, maria):
    first, second, third = told(maria), told(maria), told(maria)

    response = act(maria_client, "done", first, third)

    assert shown(response) == [["2026-11-24", [second.pk]]]
    html = response.content.decode()
    assert "2 reminders are done." in html
    assert 'value="undo"' in html
    assert shown(act(maria_client, "undo", first, third)) == [["2026-11-24", [third.pk, second.pk, first.pk]]]


def test_the_button_of_a_row_means_that_row_whatever_is_ticked(maria_client, maria):
    ticked, own = told(maria), told(maria)

    response = act(maria_client, f"done:{own.pk}", ticked)

    assert shown(response) == [["2026-11-24", [ticked.pk]]]
    assert response.headers["HX-Trigger"] == '{"inbox:changed": {}}'


def test_snooze_says_until_when(maria_client, maria):
    reminder = told(maria)

    response = act(
        maria_client, f"snooze:{reminder.pk}", **{f"until-{reminder.pk}": "2098-12-01", "until": "2000-01-01"}
    )

    reminder.refresh_from_db()
    assert reminder.snoozed_until == dt.datetime(2098, 12, 1, 8, tzinfo=dt.UTC)
    assert "Snoozed until Mon 1 Dec 2098, 08:00." in response.content.decode()


@pytest.mark.parametrize(("do", "at_least"), [("snooze_day", 1), ("snooze_week", 7)])
def test_snooze_for_a_day_or_a_week_ends_on_a_working_day(maria_client, maria, do, at_least):
    reminder = told(maria)

    act(maria_client, do, reminder)

    reminder.refresh_from_db()
    ahead = (reminder.snoozed_until.date() - timezone.localdate()).days
    assert at_least <= ahead <= at_least + 2
    assert reminder.snoozed_until.weekday() < 5


def test_mute_and_its_undo(maria_client, maria):
    reminder = told(maria, rule=RuleFactory(name="Tasks"), deal=DealFactory(company=CompanyFactory(name="Larkspur")))

    response = act(maria_client, "mute", reminder)
    assert "“Tasks” for Larkspur" in response.content.decode()
    assert Mute.objects.count() == 1

    assert shown(act(maria_client, "undo_mute", reminder)) == [["2026-11-24", [reminder.pk]]]
    assert not Mute.objects.exists()


def test_mark_as_read_keeps_it_in_the_inbox(maria_client, maria):
    reminder = told(maria)

    assert shown(act(maria_client, "read", reminder)) == [["2026-11-24", [reminder.pk]]]
    assert unread(maria_client) == {"unread": 0}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"do": "done"}, "Select at least one reminder."),
        ({"do": ""}, "Say what to do."),
        ({"do": "burn"}, "Say what to do."),
        ({"do": "snooze"}, "Say until which day."),
        ({"do": "snooze", "until": "32.13.2026"}, "Enter a valid date."),
        ({"do": "snooze", "until": "2000-01-01"}, "Choose a day to come."),
        ({"do": "done", "reminder": ["x", "-1", "9" * 30]}, "Select at least one reminder."),
    ],
)
@pytest.mark.parametrize("place", ["inbox", "day"])
def test_what_cannot_be_done_is_said_and_changes_nothing(maria_client, maria, asked, words, place):
    reminder = told(maria)
    chosen = {} if "Select" in words else {"reminder": [reminder.pk]}

    response = maria_client.post(ACT, {"place": place} | chosen | asked, headers=HTMX)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert list(Reminder.objects.in_inbox(maria).unread()) == [reminder]


def test_nobody_acts_on_what_somebody_else_was_told(maria_client, maria):
    own, foreign = told(maria), told(UserFactory())

    assert act(maria_client, "done", foreign).status_code == 404
    act(maria_client, "done", own, foreign)

    foreign.refresh_from_db()
    assert foreign.done_at is None


def test_without_scripts_the_inbox_says_what_was_done_and_takes_it_back(maria_client, maria):
    reminder = told(maria, title="Call them")

    response = maria_client.post(ACT, {"do": f"done:{reminder.pk}", "group": "deal"}, follow=True)

    assert response.redirect_chain == [("/inbox/?show=standing&group=deal", 302)]
    html = response.content.decode()
    assert "Done." in html
    assert "Call them" in html
    assert f'<input type="hidden" name="reminder" value="{reminder.pk}">' in html
    assert "Call them" not in maria_client.get(URL).content.decode()

    maria_client.post(ACT, {"do": "undo", "reminder": [reminder.pk]})
    assert "Call them" in maria_client.get(URL).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_acting_takes_the_same_queries_for_many(maria_client, maria, count, django_assert_num_queries, fetch_raise):
    chosen = [told(maria) for _number in range(count)]
    for _number in range(count):
        told(maria)

    # The user; what was chosen; a savepoint, the change and its end; the inbox and the hours of its menus.
    with django_assert_num_queries(7):
        act(maria_client, "done", *chosen)


def test_my_day_shows_the_inbox_with_the_same_actions(maria_client, maria):
    reminder, other = told(maria, title="Call them"), told(maria)
    assert "Call them" in maria_client.get("/").content.decode()

    response = act(maria_client, f"done:{reminder.pk}", place="day")

    html = response.content.decode()
    assert [one.pk for one in response.context["shown"]["inbox"].reminders] == [other.pk]
    assert html.lstrip().startswith('<section class="panel" id="day-inbox"')
    assert 'hx-target="#day-inbox"' in html


def test_my_day_shows_eight_and_leads_to_the_rest(maria_client, maria):
    for _number in range(9):
        told(maria)

    html = maria_client.get("/").content.decode()

    assert html.count("data-inbox-row") == 8
    assert "Show all" in html


@pytest.mark.parametrize("count", [1, 3])
def test_my_day_takes_the_same_queries_for_many(maria_client, maria, count, django_assert_num_queries, fetch_raise):
    for _number in range(count):
        told(maria)
    maria_client.get("/views/")  # The pinned views of the sidebar are then in the cache.

    with django_assert_num_queries(10):
        maria_client.get("/")


def test_every_page_leads_to_the_inbox_and_asks_for_its_count(maria_client):
    html = maria_client.get("/settings/").content.decode()

    assert 'data-unread="/inbox/count/"' in html
    assert html.count('data-counter="unread"') == 3


def test_inbox_is_everyones_and_refuses_wrong_methods(client, maria):
    assert client.get(URL).headers["Location"] == "/accounts/login/?next=/inbox/"
    for role in (*Role, False):
        client.force_login(UserFactory(role=role))
        assert client.get(URL).status_code == 200
        assert client.get(ACT).status_code == 405
        for path in (URL, "/inbox/count/", f"/inbox/{told(maria).pk}/open/"):
            assert client.post(path).status_code == 405
